import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cutAt } from "../../offline/command/cut";
import { checkout, quai, STACK, type StackConfig } from "../support/checkout";
import { inside, keyPair, login } from "./machine";
import { host, key, MACHINE, settings, SSH } from "./stack";

const first = () => `${key()}-first`;
const half = (file: string) => readFileSync(`${file}.pub`, "utf8").trim().split(" ").slice(0, 2).join(" ");
const letIn = (file: string) => ["root", "deploy"].filter((user) => login(`${user}@127.0.0.1`, file, { port: SSH }) === user);
const allowed = (home: string) => inside(MACHINE, `cut -d ' ' -f 1,2 ${home}/.ssh/authorized_keys`).trim().split("\n");
const rotate = () => quai("rotate", "sshKey", STACK, "--yes");
const change = (n: number): StackConfig => ({ "quai:services": { scheduler: { env: { SCHEDULE_SECONDS: String(n) } } } });

async function up(more: StackConfig = {}): Promise<string> {
    settings({ ...host({ fail2ban: true }), ...more });
    const { code, text } = await quai("up", STACK, "--yes");
    expect({ code, text }).toMatchObject({ code: 0 });
    return text;
}
const NOTHING = /^(?![\s\S]*(\d+ (created|updated|replaced|deleted)|put back|: done))/;

describe("R34: ./quai rotate sshKey on a machine that serves", () => {
    beforeAll(async () => {
        await up();
        for (const end of ["", ".pub"]) copyFileSync(key() + end, first() + end);
        // A colleague of whoever deploys.
        const colleague = readFileSync(`${keyPair(`${key()}-colleague`, "colleague")}.pub`, "utf8").trim();
        inside(MACHINE, `echo '${colleague}' >>/home/deploy/.ssh/authorized_keys`);
    });

    test("the new key lets in whom the former one did, deploys, and the former one is refused; a colleague's is left", async () => {
        const colleague = join(`${key()}-colleague`, "colleague");
        const others = [allowed("/root"), allowed("/home/deploy")].map((keys) => keys.filter((each) => each !== half(first())));
        expect(letIn(key())).toEqual(["root", "deploy"]);
        const { code, text } = await rotate();
        expect({ code, text }).toMatchObject({ code: 0 });
        expect(text).toContain(`${key()} is another key now; the former one is refused by 127.0.0.1.`);
        expect(half(key())).not.toBe(half(first()));
        expect([letIn(key()), letIn(first()), letIn(colleague)]).toEqual([["root", "deploy"], [], ["deploy"]]);
        expect([allowed("/root"), allowed("/home/deploy")].map((keys) => keys.sort())).toEqual(
            others.map((keys) => [...keys, half(key())].sort()),
        );
        expect(await up()).toMatch(NOTHING);
        expect((await quai("status", STACK)).code).toBe(0);
        expect(await up(change(3))).toMatch(/[1-9]\d* (created|updated|replaced)/);
    });

    test("where sshd doesn't take the new key, the present one stays in use, and nothing is left of the other", async () => {
        const before = [half(key()), allowed("/root"), allowed("/home/deploy")];
        inside(
            MACHINE,
            "mkdir -p /etc/ssh/keys && cp /root/.ssh/authorized_keys /etc/ssh/keys/root && cp /home/deploy/.ssh/authorized_keys /etc/ssh/keys/deploy && chmod 644 /etc/ssh/keys/* && echo 'AuthorizedKeysFile /etc/ssh/keys/%u' >/etc/ssh/sshd_config.d/50-keys.conf && systemctl reload ssh",
        );
        const { code, text } = await rotate();
        expect({ code, text }).toMatchObject({ code: 1 });
        expect(text).toContain(
            "quai:target.identityFile: 127.0.0.1 doesn't let in a new key that was written to ~/.ssh/authorized_keys; nothing has changed: look at AuthorizedKeysFile and at what sshd logs there",
        );
        inside(MACHINE, "rm -r /etc/ssh/sshd_config.d/50-keys.conf /etc/ssh/keys && systemctl reload ssh");
        expect([half(key()), allowed("/root"), allowed("/home/deploy")]).toEqual(before);
        expect(letIn(key())).toEqual(["root", "deploy"]);
        expect(await up(change(3))).toMatch(NOTHING);
    });

    // The two that try the former key of the last rotation come before.
    test.each([
        ["the new key is tried", 4],
        ["the former one is taken away", 6],
    ])("the connection is lost before %s: the key in use deploys, and the next rotation finishes", async (_, n) => {
        const present = half(key());
        const failed = await cutAt(join(checkout(), ".quai"), n, false, rotate);
        expect(failed).toMatchObject({ code: 1 });
        expect(failed.text).toContain("can't be reached");
        expect(half(key()) === present).toBe(n === 4);
        expect(letIn(key())).toContain("deploy");
        expect(await up(change(n))).toMatch(/[1-9]\d* (created|updated|replaced)/);
        const { code, text } = await rotate();
        expect({ code, text }).toMatchObject({ code: 0 });
        expect(half(key())).not.toBe(present);
        expect([letIn(key()), letIn(`${key()}.former`), existsSync(`${key()}.new`)]).toEqual([["root", "deploy"], [], false]);
        expect(half(`${key()}.former`)).toBe(present);
    });

    test("two in a row, with the keys listed in the stack file: it names the new one each time, and nobody was banned", async () => {
        const listed = half(key());
        await up({ ...host({ fail2ban: true, authorizedKeys: [listed] }), ...change(6) });
        for (let n = 0; n < 2; n++) expect(await rotate()).toMatchObject({ code: 0 });
        const file = readFileSync(join(checkout(), `Pulumi.${STACK}.yaml`), "utf8");
        expect([file.includes(half(key())), file.includes(listed)]).toEqual([true, false]);
        expect(allowed("/home/deploy")).toEqual([half(key())]);
        const { code, text } = await quai("up", STACK, "--yes");
        expect({ code, text }).toMatchObject({ code: 0 });
        expect(text).not.toMatch(/put back|: done/);
        expect(letIn(key())).toEqual(["root", "deploy"]);
        expect(inside(MACHINE, "fail2ban-client get sshd banip").trim()).toBe("");
    });
});
