import type { Result } from "../support/checkout";
import { addressOf, inside, SWAP } from "./machine";
import { openPorts } from "./scan";

/** What a prepared machine promises, whatever system it has. */

const done = ({ code, text }: Result) => expect({ code, text }).toMatchObject({ code: 0 });

export function preparedAll(result: Result, steps: readonly string[]): void {
    done(result);
    for (const step of steps) expect(result.text).toContain(`${step}: done`);
}

export function nothingToDo(result: Result): void {
    done(result);
    expect(result.text).not.toMatch(/\d+ (created|updated|replaced|deleted)|put back|(?<!Preview): done/);
}

/** A container that publishes 5432 on all addresses, made from an image that the machine has, answers there and nowhere else. */
export async function strayIsShut(machine: string, { run, image, ask, answer, open }: Stray): Promise<void> {
    const found = `$(docker images --format '{{.Repository}}:{{.Tag}}' | grep ${image} | head -n 1)`;
    inside(machine, `docker run --detach --name stray --restart always --publish 5432:${run.replace("IMAGE", `"${found}"`)}`);
    expect(inside(machine, ask).trim()).toBe(answer);
    expect(await openPorts(addressOf(machine))).toEqual(open);
    // The proxy's ports were asked for on IPv4 addresses.
    expect(inside(machine, "ss -Hltn")).toContain("[::]:5432");
    expect(await openPorts(addressOf(machine, 6), 1, 20_000)).toEqual([22]);
}

export interface Stray {
    /** Its inner port, and the words after it; IMAGE is the image. */
    readonly run: string;
    /** Part of the image's name. */
    readonly image: string;
    /** A command there that asks it, and what it answers. */
    readonly ask: string;
    readonly answer: string;
    /** Ports that the outside may see on the IPv4 address. */
    readonly open: readonly number[];
}

export function updatesItself(machine: string, rebootAt: string | undefined): void {
    const set = inside(machine, "apt-config dump");
    const restart = ['Unattended-Upgrade::Automatic-Reboot "true";', `Unattended-Upgrade::Automatic-Reboot-Time "${rebootAt}";`];
    for (const line of [
        'APT::Periodic::Update-Package-Lists "1";',
        'APT::Periodic::Unattended-Upgrade "1";',
        ...(rebootAt === undefined ? ['Unattended-Upgrade::Automatic-Reboot "false";'] : restart),
    ]) {
        expect(set).toContain(line);
    }
    expect(inside(machine, "unattended-upgrade --dry-run && systemctl is-active apt-daily-upgrade.timer")).toMatch(/active\n$/);
}

/** @param size in bytes */
export function swaps(machine: string, size: number): void {
    expect(inside(machine, "cat /proc/swaps")).toMatch(new RegExp(`quai\\.swap +file\\s+${size / 1024 - 4}`));
    expect(inside(machine, `stat -c '%s %a' ${SWAP}; grep quai.swap /etc/fstab`)).toBe(`${size} 600\n${SWAP} none swap sw 0 0\n`);
}
