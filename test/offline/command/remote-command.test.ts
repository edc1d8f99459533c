import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
    type Bag,
    isSecret,
    type PluginProcess,
    revealed,
    secret,
    startInstalled,
    temporaryFolder,
    textAsset,
    textOf,
    until,
} from "../harness";
import { Sshd } from "./sshd";

// Processes are started for real, on a machine that may be busy.
jest.setTimeout(60_000);

const COMMAND = "command:remote:Command";
const COPY = "command:remote:CopyToRemote";
const PASSWORD = "s3cret-and-long-enough";

const folder = temporaryFolder();
let sshd: Sshd;
let plugin: PluginProcess;
beforeAll(async () => {
    sshd = await (await Sshd.create()).start();
    plugin = await startInstalled("command");
});
afterAll(async () => {
    await plugin.stop();
    sshd.remove();
    folder.remove();
});

const inputs = (more: Bag): Bag => ({ connection: sshd.connection(), ...more });
const at = (name: string): string => join(folder.path, name);

test("runs on the other machine, with input, and says what came out while it runs", async () => {
    const before = plugin.logs.length;
    const { id, properties } = await plugin.create(
        COMMAND,
        inputs({ create: "echo one; echo two >&2; tr a-z A-Z; echo $SSH_CONNECTION", stdin: "from stdin\n" }),
    );
    expect(id).toMatch(/^thing[0-9a-f]{8}$/);
    expect(textOf(properties["stdout"])).toMatch(new RegExp(`^one\nFROM STDIN\n127.0.0.1 \\d+ 127.0.0.1 ${sshd.port}$`));
    expect(properties["stderr"]).toBe("two");
    const lines = plugin.logs.slice(before).map(({ message, ephemeral }) => `${ephemeral} ${message}`);
    expect(lines).toEqual(expect.arrayContaining(["true one", "true two", "true FROM STDIN"]));
    expect(lines.join()).not.toContain("quai-");
});

test("the connection is secret as a whole, its output is not", async () => {
    const checked = await plugin.check(COMMAND, inputs({ create: "echo hello" }));
    expect(checked.failures).toEqual([]);
    expect(revealed(checked.inputs["connection"])).toMatchObject({ host: "127.0.0.1", dialErrorLimit: 10, perDialTimeout: 15 });
    const { properties } = await plugin.create(COMMAND, checked.inputs);
    expect(isSecret(properties["connection"])).toBe(true);
    expect(properties["stdout"]).toBe("hello");
});

test("neither command, environment nor input is an argument of a process on this machine", async () => {
    const running = plugin.create(
        COMMAND,
        inputs({ create: "sleep 2 # marker-in-command", stdin: `${PASSWORD}-stdin`, environment: { MY_VARIABLE: `${PASSWORD}-env` } }),
    );
    await sleep(1200);
    const mine = new Set(descendants(plugin.child.pid ?? 0));
    const seen = [...mine].map((pid) => `${read(`/proc/${pid}/cmdline`)}`);
    await running;
    expect(seen.some((line) => line.startsWith("ssh\0"))).toBe(true);
    expect(seen.join("\n")).not.toMatch(/marker-in-command|s3cret/);
});

test("environment and previous output reach the command, whatever the server accepts", async () => {
    const old = inputs({ create: "echo first", update: 'printf "%s|%s|%s" "$A" "$PULUMI_COMMAND_STDOUT" "$PULUMI_COMMAND_STDERR"' });
    const { id, properties } = await plugin.create(COMMAND, old);
    const news = { ...old, environment: { A: 'it\'s\n"quoted" $HOME' } };
    const updated = await plugin.update(COMMAND, id, old, properties, news);
    expect(updated["stdout"]).toBe(`it's\n"quoted" $HOME|first|`);
    const silent = await plugin.update(COMMAND, id, old, properties, { ...news, addPreviousOutputInEnv: false });
    expect(silent["stdout"]).toBe(`it's\n"quoted" $HOME||`);
    expect(plugin.logs.some(({ severity, message }) => severity === 2 && message.includes("AcceptEnv"))).toBe(true);
    expect((await plugin.check(COMMAND, inputs({ environment: { "A B": "x" } }))).failures).toEqual([
        'environment: "A B" is no name of an environment variable',
    ]);
});

test("many commands share one connection", async () => {
    const fresh = await startInstalled("command");
    try {
        const before = sshd.logins();
        const many = Array.from({ length: 25 }, (_, index) => fresh.create(COMMAND, inputs({ create: `echo ${index}` })));
        expect((await Promise.all(many)).map(({ properties }) => properties["stdout"])).toEqual(many.map((_, index) => String(index)));
        expect(sshd.logins() - before).toBe(1);
    } finally {
        await fresh.stop();
    }
});

test("a failure shows status and output, and no secret", async () => {
    const wrong = inputs({ create: "read line; echo got $line; echo sorry >&2; exit 7", stdin: secret(`${PASSWORD}\n`) });
    await expect(plugin.create(COMMAND, wrong)).rejects.toThrow(
        /^exit status 7: running "read line; echo got \$line; echo sorry >&2; exit 7":\n(got \[secret\]\nsorry|sorry\ngot \[secret\])\n$/,
    );
    await expect(plugin.create(COMMAND, inputs({ create: "exit 255" }))).rejects.toThrow("exit status 255");
});

test("the host key is pinned where it is given", async () => {
    const other = await Sshd.create();
    const connection = sshd.connection({ hostKey: other.hostKey });
    other.remove();
    await expect(plugin.create(COMMAND, { connection, create: "true" })).rejects.toThrow(
        "the machine's host key is not the one given in connection.hostKey",
    );
    const { hostKey: _unused, ...unpinned } = sshd.connection();
    expect((await plugin.create(COMMAND, { connection: unpinned, create: "echo in" })).properties["stdout"]).toBe("in");
});

test("an encrypted key opens with its password; no file of keys is left", async () => {
    const connection = sshd.connection({ privateKey: sshd.encryptedKey, privateKeyPassword: sshd.passphrase });
    expect((await plugin.create(COMMAND, { connection, create: "echo in" })).properties["stdout"]).toBe("in");
    const left = readdirSync(tmpdir()).filter((name) => name.startsWith("quai-ssh-"));
    expect(left.flatMap((name) => readdirSync(join(tmpdir(), name)))).not.toContain("secrets");
    const wrong = sshd.connection({ privateKey: sshd.encryptedKey, privateKeyPassword: "not the password", dialErrorLimit: 0 });
    await expect(plugin.create(COMMAND, { connection: wrong, create: "true" })).rejects.toThrow(
        /can't connect, after 0 failed attempts: .*Permission denied/,
    );
});

test("through a proxy", async () => {
    const jump = await (await Sshd.create()).start();
    try {
        const connection = sshd.connection({ proxy: jump.connection() });
        expect((await plugin.create(COMMAND, { connection, create: "echo through" })).properties["stdout"]).toBe("through");
        expect(jump.logins()).toBe(1);
    } finally {
        jump.remove();
    }
});

test("dialling is tried as often as allowed, and an unreachable machine is named", async () => {
    const late = await Sshd.create();
    try {
        const running = plugin.create(COMMAND, { connection: late.connection(), create: "echo up" });
        await sleep(700);
        await late.start();
        expect((await running).properties["stdout"]).toBe("up");
        late.stop();
        await sleep(300);
        const given = late.connection({ dialErrorLimit: 2, user: "someone" });
        await expect(plugin.create(COMMAND, { connection: given, create: "true" })).rejects.toThrow(
            new RegExp(`^someone@127.0.0.1:${late.port}: can't connect, after 2 failed attempts: .*Connection refused`),
        );
    } finally {
        late.remove();
    }
});

test("a connection that broke is opened again", async () => {
    const short = await (await Sshd.create()).start();
    try {
        const connection = short.connection();
        await plugin.create(COMMAND, { connection, create: "true" });
        // Ends sshd's process of the session: the connection drops.
        await plugin.create(COMMAND, { connection, create: "kill -9 $PPID" }).catch(() => undefined);
        await sleep(300);
        expect((await plugin.create(COMMAND, { connection, create: "echo again" })).properties["stdout"]).toBe("again");
        expect(short.logins()).toBe(2);
    } finally {
        short.remove();
    }
});

test("cancellation ends the command on the other machine", async () => {
    const fresh = await startInstalled("command");
    try {
        const mark = at("still-running");
        const running = fresh.create(
            COMMAND,
            inputs({ create: `trap 'echo ended > ${mark}; exit' TERM; touch ${mark}; while true; do sleep 0.1; done` }),
        );
        running.catch(() => undefined);
        await until(() => existsSync(mark));
        await fresh.cancel();
        await expect(running).rejects.toThrow("thing: cancelled");
        await until(() => readFileSync(mark, "utf8") === "ended\n");
    } finally {
        await fresh.stop();
    }
});

test("an update runs `update`, or else `create`; only triggers replace", async () => {
    const old = inputs({ create: "echo created", triggers: [1] });
    const { id, properties } = await plugin.create(COMMAND, old);
    const moved = { ...old, connection: sshd.connection({ dialErrorLimit: 3 }) };
    const diff = await plugin.diff(COMMAND, old, properties, moved);
    expect(diff).toMatchObject({ diffs: ["connection"], replaces: [] });
    expect((await plugin.diff(COMMAND, old, properties, { ...old, triggers: [2] })).replaces).toEqual(["triggers"]);
    expect((await plugin.update(COMMAND, id, old, properties, moved))["stdout"]).toBe("created");
    await plugin.delete(COMMAND, id, old, { ...properties, delete: `echo gone > ${at("deleted")}` });
    expect(readFileSync(at("deleted"), "utf8")).toBe("gone\n");
});

test("wrong connections are named in full", async () => {
    const connection = {
        host: "a b",
        port: 70_000,
        hostKey: "SHA256:x",
        privateKey: "/home/me/.ssh/id",
        proxy: { host: "-oX" },
        pasword: "x",
    };
    const { failures } = await plugin.check(COMMAND, { connection, create: "true" });
    expect(failures).toEqual([
        'connection.pasword: unknown property of Connection; did you mean "password"?',
        'connection.host: must be a host name or an address (got "a b")',
        'connection.hostKey: must be a public key such as "ssh-ed25519 AAAA…" (got "SHA256:x")',
        'connection.privateKey: must be a private key that begins with "-----BEGIN"',
        "connection.port: must be a whole number from 1 to 65535 (got 70000)",
        'connection.proxy.host: must be a host name or an address (got "-oX")',
    ]);
});

describe("CopyToRemote", () => {
    test("puts a text in place, with its folders, and renews it when it changes", async () => {
        const old = inputs({ source: textAsset("one\n", "h1"), remotePath: at("deep/er/file.conf") });
        const { id, properties } = await plugin.create(COPY, old);
        expect(readFileSync(at("deep/er/file.conf"), "utf8")).toBe("one\n");
        const news = { ...old, source: textAsset("two\n", "h2") };
        expect(await plugin.diff(COPY, old, properties, news)).toMatchObject({ diffs: ["source"], replaces: [] });
        execFileSync("chmod", ["640", at("deep/er/file.conf")]);
        await plugin.update(COPY, id, old, properties, news);
        expect(readFileSync(at("deep/er/file.conf"), "utf8")).toBe("two\n");
        expect(statSync(at("deep/er/file.conf")).mode & 0o777).toBe(0o640);
        expect(readdirSync(at("deep/er"))).toEqual(["file.conf"]);
    });

    test("puts a file into an existing folder under its own name", async () => {
        writeFileSync(at("local.bin"), Buffer.from([0, 255, 10, 0]));
        const asset: Bag = { ...textAsset("", "h3"), path: at("local.bin") };
        delete asset["text"];
        execFileSync("mkdir", ["-p", at("target")]);
        await plugin.create(COPY, inputs({ source: asset, remotePath: at("target") }));
        expect(readFileSync(at("target/local.bin"))).toEqual(Buffer.from([0, 255, 10, 0]));
    });
});

function descendants(pid: number): number[] {
    const children = read(`/proc/${pid}/task/${pid}/children`).split(" ").filter(Boolean).map(Number);
    return [pid, ...children.flatMap(descendants)];
}

function read(path: string): string {
    return existsSync(path) ? readFileSync(path, "utf8") : "";
}
