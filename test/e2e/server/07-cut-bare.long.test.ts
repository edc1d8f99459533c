import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "../support/ask";
import { checkout, defaults, offsite, quai, type Running, start, type StackConfig } from "../support/checkout";
import { addressOf, attempt, cut, hold, hostKeyOf, inside, isHeld, letGo, login, removeMachine, startMachine } from "./machine";
import { nothingToDo } from "./promises";
import { openPorts } from "./scan";
import { key } from "./stack";

/** A machine with an address of its own, and a stack on the usual ports, which are those of this machine, too: its names lead there. */
const MACHINE = "quai-server-cut";
const SSH = 19024;
const OWN = "cut";
const NAME = "cut.localhost";

function settings(): void {
    const { "quai:ports": _, ...rest } = defaults(offsite());
    const config: StackConfig = {
        ...rest,
        "quai:environment": "staging",
        "quai:domain": NAME,
        "quai:tls": { mode: "local" },
        "quai:backup": false,
        "quai:services": {},
        "quai:target": { kind: "docker", host: `ssh://deploy@${addressOf(MACHINE)}`, hostKey: hostKeyOf(MACHINE), identityFile: key() },
        "quai:host": {
            hostname: "app-2",
            rootLogin: false,
            fail2ban: true,
            docker: { packages: "distribution" },
            minimum: { cpus: 1, memory: "1g", disk: "10g" },
        },
    };
    writeFileSync(join(checkout(), `Pulumi.${OWN}.yaml`), JSON.stringify({ config }, null, 2));
}

/** Which of these get in now, by connections of their own. */
const letIn = () => ["root", "deploy"].filter((user) => login(`${user}@127.0.0.1`, key(), { port: SSH }) === user);

/**
 * Cuts every connection once the program that the step calls waits, and lets it go on unless told otherwise. An update that ends before is told
 * at once. @returns who got in meanwhile
 */
async function cutAt(running: Running, step: string, program?: string): Promise<readonly string[]> {
    const early = running.ended.then(({ text }) => {
        throw new Error(`ended before the step ${step} was reached:\n${text.slice(-3000)}`);
    });
    const held = eventually(`the step ${step}`, () => Promise.resolve(isHeld(MACHINE, step)), 400);
    await Promise.race([held, early]);
    expect(cut(MACHINE, "root") + cut(MACHINE, "deploy")).toBeGreaterThan(0);
    const users = letIn();
    if (program !== undefined) letGo(MACHINE, step, program);
    const { code, text } = await running.ended;
    expect({ code, text }).toMatchObject({ code: 1 });
    return users;
}

/** dpkg calls what this file says after each of its runs. */
const HOOK = "/etc/dpkg/dpkg.cfg.d/hold";
const UNDONE = "/var/lib/quai/undo/ssh/undone";

describe("a bare machine whose connection breaks while it is prepared, again and again", () => {
    beforeAll(() => {
        startMachine(MACHINE, key(), { ssh: SSH, ports: [80, 443] });
        settings();
    });
    afterAll(() => {
        removeMachine(MACHINE);
        rmSync(join(checkout(), `Pulumi.${OWN}.yaml`));
    });

    test("cut while packages are unpacked and not configured", async () => {
        inside(MACHINE, `echo 'post-invoke=/usr/local/sbin/hold-dpkg $DPKG_HOOK_ACTION' >${HOOK}`);
        hold(MACHINE, "packages", "hold-dpkg", "unpack");
        expect(await cutAt(start("up", OWN, "--yes"), "packages")).toEqual(["root"]);
    });

    test("the next up waits until that step has ended there, and goes on; cut while the user is made", async () => {
        hold(MACHINE, "user", "visudo", "-cf*");
        const running = start("up", OWN, "--yes");
        await eventually("the step is begun once more", () => Promise.resolve(/machine-packages creating/.test(running.text())), 120);
        await new Promise((resolve) => setTimeout(resolve, 3000));
        expect(running.text()).not.toMatch(/packages: (done|as it should be)|machine-hostname/);
        inside(MACHINE, `rm ${HOOK}`);
        letGo(MACHINE, "packages", "hold-dpkg");
        expect(await cutAt(running, "user", "visudo")).toContain("root");
        expect(running.text()).toContain("packages: as it should be");
    });

    test("the next up makes the user; cut while SSH is hardened: as nobody confirms it, the machine takes it back", async () => {
        hold(MACHINE, "ssh", "sshd", "-t");
        const running = start("up", OWN, "--yes");
        expect(await cutAt(running, "ssh", "sshd")).toEqual(["root", "deploy"]);
        // Half a minute is over or not, as the machine is slow or not.
        expect(running.text()).toMatch(/user: (as it should be|done)/);
        await eventually("it was taken back", () => Promise.resolve(attempt("docker", ["exec", MACHINE, "test", "-e", UNDONE]).code === 0));
        expect(letIn()).toEqual(["root", "deploy"]);
    });

    test("the next up hardens it; cut while the firewall is switched on: the next up ends all", async () => {
        hold(MACHINE, "firewall", "ufw", "--force?enable");
        const running = start("up", OWN, "--yes");
        expect(await cutAt(running, "firewall", "ufw")).toEqual(["deploy"]);
        expect(running.text()).toContain("ssh: done");
        const { code, text } = await quai("up", OWN, "--yes");
        expect({ code, text }).toMatchObject({ code: 0 });
        expect(text).toMatch(/firewall: (as it should be|done)/);
        expect(letIn()).toEqual(["deploy"]);
        expect(inside(MACHINE, "systemctl list-timers --all; fail2ban-client get sshd banip")).not.toMatch(/quai-undo|\d+\.\d+\.\d+\.\d+/);
    });

    test("R1: a further up changes nothing", async () => {
        nothingToDo(await quai("up", OWN, "--yes"));
    });

    test("R3, R15: it serves on the usual ports of its own address: 443 by TLS, 80 leads there, nothing else answers", async () => {
        const ask = (url: string, ...words: string[]) =>
            attempt("curl", [
                ...["--silent", "--show-error", "--cacert", join(checkout(), ".quai", OWN, "ca.crt"), ...words],
                ...[80, 443].flatMap((port) => ["--resolve", `${NAME}:${port}:${addressOf(MACHINE)}`]),
                url,
            ]).text;
        expect(ask(`https://${NAME}/api/health`)).toContain('"status":"ok"');
        const plain = ask(`http://${NAME}/some/page`, "--output", "/dev/null", "--write-out", "%{http_code} %{redirect_url}");
        expect(plain).toMatch(new RegExp(`^30[18] https://${NAME}/some/page$`));
        inside(
            MACHINE,
            `docker run --detach --name stray --publish 5432:6379 --entrypoint redis-server "$(docker images --format '{{.Repository}}:{{.Tag}}' | grep redis)" --protected-mode no`,
        );
        expect(inside(MACHINE, "timeout 5 bash -c 'exec 3<>/dev/tcp/127.0.0.1/5432; echo PING >&3; head -n 1 <&3'").trim()).toBe("+PONG");
        expect(await openPorts(addressOf(MACHINE), 1, 20_000)).toEqual([22, 80, 443]);
        expect(await openPorts(addressOf(MACHINE, 6), 1, 20_000)).toEqual([22]);
    });
});
