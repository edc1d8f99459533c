import { eventually } from "../support/ask";
import { quai, STACK } from "../support/checkout";
import { addressOf, inside, keyPair, login } from "./machine";
import { openPorts } from "./scan";
import { host, key, MACHINE, settings, SPARE, SSH } from "./stack";

/** Somebody at another address, whose key nobody knows. A ban in the middle of a connection leaves it hanging. @returns what ssh says */
const stranger = (user: string) =>
    inside(
        SPARE,
        `[ -e /root/stranger ] || ssh-keygen -q -t ed25519 -N '' -f /root/stranger; timeout 10 ssh -i /root/stranger -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o ConnectTimeout=5 ${user}@${addressOf(MACHINE)} true 2>&1 || :`,
    ).trim();
const banned = () =>
    inside(MACHINE, "fail2ban-client get sshd banip")
        .split(/\s+/)
        .filter((address) => address !== "");
/** Tries until nobody answers any more. */
const untilBanned = (user: string) =>
    eventually("the stranger is banned", () => Promise.resolve(/Connection refused/.test(stranger(user))), 60);
const answered = () => Promise.resolve(stranger("root").includes("Permission denied"));

describe("quai:host.fail2ban", () => {
    beforeAll(async () => {
        settings(host({ fail2ban: true }));
        const { code, text } = await quai("up", STACK, "--yes");
        expect({ code, text }).toMatchObject({ code: 0 });
        expect(text).toContain("fail2ban: done");
    });
    afterEach(() => void inside(MACHINE, "fail2ban-client unban --all"));

    test("who prepared the machine isn't banned, nor when keys are refused there later: they got in from that address", async () => {
        const wrong = keyPair(`${key()}-other`, "other");
        for (const user of ["root", "deploy", "nobody-there"]) {
            for (let n = 0; n < 4; n++) expect(login(`${user}@127.0.0.1`, wrong, { port: SSH })).toContain("Permission denied");
        }
        await eventually("it has seen them all", () =>
            Promise.resolve(Number(inside(MACHINE, "grep -c 'Ignore .* by command' /var/log/fail2ban.log || :")) >= 12),
        );
        expect(banned()).toEqual([]);
    });

    test.each(["root", "nobody-there"])("a stranger who keeps trying as %s is not answered for an hour; others are", async (user) => {
        expect(stranger(user)).toContain("Permission denied");
        await untilBanned(user);
        expect(banned()).toEqual([addressOf(SPARE)]);
        expect(inside(MACHINE, "fail2ban-client get sshd bantime").trim()).toBe("3600");
        expect(await openPorts(addressOf(MACHINE), 22, 22)).toEqual([22]);
        expect(login("deploy@127.0.0.1", key(), { port: SSH })).toBe("deploy");
        expect((await quai("status", STACK)).code).toBe(0);
        inside(MACHINE, `fail2ban-client unban ${addressOf(SPARE)}`);
        await eventually("the stranger is answered", answered);
    });

    test("a ban ends by itself", async () => {
        // A stranger's hour is nothing to wait for.
        inside(MACHINE, "fail2ban-client set sshd bantime 5");
        await untilBanned("root");
        await eventually("the stranger is answered", answered);
        expect(banned()).toEqual([]);
        inside(MACHINE, "fail2ban-client reload sshd");
    });

    test("a second up changes nothing", async () => {
        const { code, text } = await quai("up", STACK, "--yes");
        expect({ code, text }).toMatchObject({ code: 0 });
        expect(text).not.toMatch(/\d+ (created|updated|replaced|deleted)|put back|: done/);
    });
});
