import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { sshArguments, sshConnection } from "../../../components/targets/ssh";
import { renewSshKey } from "../../../tools/cli/stack/ssh-key";
import { temporaryFolder } from "../harness";
import { cutAt } from "./cut";
import { Sshd } from "./sshd";

// Processes are started for real, on a machine that may be busy.
jest.setTimeout(120_000);

let sshd: Sshd;
const folder = temporaryFolder();
const key = join(folder.path, "deploy");
/** The one that every test begins with. */
const first = join(folder.path, "first");
const publicKey = (file: string) =>
    execFileSync("ssh-keygen", ["-y", "-f", file], { encoding: "utf8" }).trim().split(" ").slice(0, 2).join(" ");
const authorized = () => readFileSync(sshd.authorizedKeys, "utf8");
const connection = (identityFile = key) => ({
    ...sshConnection(`ssh://${userInfo().username}@127.0.0.1:${sshd.port}`, sshd.hostKey, identityFile),
    identityFile,
});
const getsIn = (file: string) => {
    try {
        execFileSync("ssh", sshArguments(connection(file), "true", ["-S", "none", "-o", "IdentityAgent=none"]), { stdio: "pipe" });
        return true;
    } catch {
        return false;
    }
};
const COLLEAGUE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKqP3sT0cT6vJmG0u1Zk4kq3v5dJm0m2cO7p0m3vG1xZ colleague";

beforeEach(async () => {
    sshd = await (await Sshd.create()).start();
    for (const file of [key, `${key}.new`, `${key}.former`]) if (existsSync(file)) execFileSync("rm", ["-f", file, `${file}.pub`]);
    writeFileSync(key, sshd.privateKey, { mode: 0o600 });
    // Without a line break at the end, as people leave such files.
    writeFileSync(sshd.authorizedKeys, `${authorized()}${COLLEAGUE}`);
});
afterEach(() => sshd.remove());
afterAll(() => folder.remove());

test("R34: the key that logs in is renewed: the new one is let in first, the former one is refused afterwards, others stay", async () => {
    const before = publicKey(key);
    const steps: string[] = [];
    const options = { authorizedKeys: sshd.authorizedKeys, onStep: (step: string) => steps.push(`${step}: ${getsIn(key)}`) };
    const renewed = await renewSshKey(connection(), options);
    expect(renewed).toEqual({ former: before, present: publicKey(key), kept: `${key}.former` });
    expect(renewed.present).not.toBe(before);
    // The one in use gets in at each step.
    expect(steps).toEqual([
        "the new key is let in beside the present one: true",
        `${key} is the new key: true`,
        "the former key is refused: true",
    ]);
    expect([getsIn(key), getsIn(`${key}.former`)]).toEqual([true, false]);
    expect(authorized()).toBe(`${COLLEAGUE}\n${renewed.present}\n`);
    const again = await renewSshKey(connection(), options);
    expect(again.former).toBe(renewed.present);
    expect([getsIn(key), getsIn(`${key}.former`)]).toEqual([true, false]);
});

test("where the new key isn't let in, nothing has changed", async () => {
    const before = publicKey(key);
    const elsewhere = join(folder.path, "elsewhere");
    await expect(renewSshKey(connection(), { authorizedKeys: elsewhere })).rejects.toThrow(
        `quai:target.identityFile: 127.0.0.1 doesn't let in a new key that was written to ${elsewhere}; nothing has changed`,
    );
    expect(publicKey(key)).toBe(before);
    expect(getsIn(key)).toBe(true);
    expect(readFileSync(elsewhere, "utf8")).toBe("");
});

test("a run that was cut off before the former key was taken away is finished by the next", async () => {
    const options = { authorizedKeys: sshd.authorizedKeys };
    const cut = (step: string) => {
        if (step.endsWith("is the new key")) throw new Error("cut off");
    };
    await expect(renewSshKey(connection(), { ...options, onStep: cut })).rejects.toThrow("cut off");
    const present = publicKey(key);
    expect([getsIn(key), getsIn(`${key}.former`)]).toEqual([true, true]);
    expect((await renewSshKey(connection(), options)).present).toBe(present);
    expect([getsIn(key), getsIn(`${key}.former`)]).toEqual([true, false]);
});

test.each([
    ["before the new key is let in", 1, false],
    ["while it is", 1, true],
    ["before the new key is tried", 2, false],
    ["before the former one is taken away", 4, false],
    ["while it is", 4, true],
    ["before that is tried", 5, false],
] as const)("R34: the connection is lost %s: the key in use gets in, and the next run finishes", async (_, n, answerLost) => {
    const options = { authorizedKeys: sshd.authorizedKeys };
    await expect(cutAt(folder.path, n, answerLost, () => renewSshKey(connection(), options))).rejects.toThrow(
        /^quai:target\.host: 127\.0\.0\.1 .* can't be reached \(connect to host 127\.0\.0\.1: Connection timed out\)/,
    );
    expect(getsIn(key)).toBe(true);
    const renewed = await renewSshKey(connection(), options);
    writeFileSync(first, sshd.privateKey, { mode: 0o600 });
    expect([getsIn(key), getsIn(first)]).toEqual([true, false]);
    expect(authorized()).toBe(`${COLLEAGUE}\n${renewed.present}\n`);
});
