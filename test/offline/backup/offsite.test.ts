import { generateKeyPairSync, randomBytes } from "node:crypto";
import { docker, images, must, PREFIX, removeAll, storeImage, until } from "./support/docker";
import { type Backup, CONTENT, FILES, PASSWORD, SCHEMA, type Settings, type Status, TestStack } from "./support/stack";

jest.setTimeout(300_000);
let stack: TestStack;
let content: string;
let files: string;
let store: string;
const STORE = `${PREFIX}-store`;
const LOGIN = "rest-login-password-987";

beforeAll(async () => {
    const all = await images();
    stack = new TestStack(all, "offsite");
    must(["network", "create", stack.network]);
    store = storeImage(all.debian);
    stack.configure({ offsite: { repository: "/offsite" } });
    await stack.startServer();
    stack.sql("demo", SCHEMA);
    stack.startBackup("idle");
    stack.sh(FILES);
    content = stack.sql("demo", CONTENT);
    files = stack.filesText();
}, 900_000);
afterAll(removeAll);

test("R57: every backup is copied to the off-site repository, which is cut the same way, and drilled in turn", () => {
    const made = stack.ask<Backup>("now");
    expect(made.offsite).toMatchObject({ ok: true, error: null });
    const list = stack.ask<{ rows: number; files: number }[]>("list", "--offsite");
    expect(list).toMatchObject([{ rows: 1385, files: 3 }]);
    const polynomial = (folder: string) =>
        stack.sh(`restic -q --no-cache -r ${folder} -p /run/secrets/repository-password cat config | grep chunker`);
    expect(polynomial("/offsite")).toBe(polynomial("/backup/repository"));
    stack.ask("drill");
    expect(stack.ask<Status>("status").lastDrill).toMatchObject({ ok: true, repository: "offsite" });
    stack.ask("drill");
    expect(stack.ask<Status>("status").lastDrill).toMatchObject({ ok: true, repository: "local" });
});

test("R57, R63: the host is gone: a new machine with the off-site copy and the password restores everything", async () => {
    const other = new TestStack(stack.images, "rebuilt", { offsite: stack.volume("offsite") });
    other.configure({ offsite: { repository: "/offsite" } });
    await other.startServer();
    other.startBackup("idle");
    other.ask("restore", "prepare", "--offsite");
    other.ask("restore", "swap");
    expect(other.sql("demo", CONTENT)).toBe(content);
    expect(other.filesText()).toBe(files);
    // Its own backups go on in the same off-site repository, which has their pieces already.
    const size = () => Number(other.sh("du -sb /offsite | cut -f1"));
    const before = size();
    expect(other.ask<Backup>("now").offsite).toMatchObject({ ok: true });
    expect(size() - before).toBeLessThan(60_000);
    expect(other.ask<unknown[]>("list", "--offsite")).toHaveLength(2);
    must(["rm", "-f", other.server, other.backup]);
});

test("R57: a disk that isn't mounted is an error, not a new repository; the backup itself is good", () => {
    stack.tamper("mkdir /backup/aside; mv /offsite/* /backup/aside/");
    const run = stack.tool("now");
    expect(run.status).toBe(0);
    expect(run.stderr).toMatch(/error: off-site copy failed, the backup itself is good/);
    expect(stack.ask<Status>("status").problems.join()).toMatch(/the last off-site copy failed/);
    const list = stack.tool("list", "--offsite");
    expect(list.status).toBe(1);
    expect(list.stderr).toMatch(/offsite repository: \/offsite held one \(id [0-9a-f]{8}\) and is empty now: mount the disk that holds it/);
    stack.tamper("mv /backup/aside/* /offsite/; rmdir /backup/aside");
    expect(stack.ask<Backup>("now").offsite).toMatchObject({ ok: true });
    expect(stack.ask<unknown[]>("list", "--offsite")).toHaveLength(stack.snapshots().length + 1);
});

describe("repositories' passwords", () => {
    const SECOND = "second-repository-password-0123456789";
    const THIRD = "third-repository-password-0123456789";

    test("R57: a rotated password is added to both repositories by itself", () => {
        stack.configure({ offsite: { repository: "/offsite" }, password: SECOND });
        const run = stack.tool("now");
        expect(run.status).toBe(0);
        expect(run.stderr).toMatch(/local repository: opened with the earlier password [0-9a-f]{24}; the present one is added/);
        expect(run.stderr).toMatch(/offsite repository: opened with the earlier password/);
        expect(stack.sh("stat -c %a /keys/* | sort | uniq -c")).toMatch(/^\s*2 400\n$/);
        // retire: the former one opens neither any more, and what somebody added by hand stays.
        const opens = (password: string, repository: string) =>
            stack
                .sh(
                    `RESTIC_PASSWORD='${password}' restic --repo ${repository} --no-cache cat config >/dev/null 2>&1 && echo yes || echo no`,
                )
                .trim();
        stack.sh(
            "printf by-hand > /tmp/by-hand; restic --repo /backup/repository --no-cache --password-file /run/secrets/repository-password key add --new-password-file /tmp/by-hand",
        );
        // A second key of the former password, as two that add it at the same time leave.
        stack.sh(
            `printf %s '${PASSWORD}' > /tmp/again; restic --repo /backup/repository --no-cache --password-file /run/secrets/repository-password key add --new-password-file /tmp/again`,
        );
        expect([opens(PASSWORD, "/backup/repository"), opens(PASSWORD, "/offsite")]).toEqual(["yes", "yes"]);
        const retired = stack.tool("retire", "--json");
        expect([retired.status, JSON.parse(retired.stdout)]).toEqual([0, { ok: true, due: [] }]);
        expect(retired.stderr).toMatch(/offsite repository: the earlier password [0-9a-f]{24} doesn't open it any more/);
        expect(retired.stderr).not.toContain(PASSWORD);
        expect([opens(PASSWORD, "/backup/repository"), opens(PASSWORD, "/offsite")]).toEqual(["no", "no"]);
        expect(opens("by-hand", "/backup/repository")).toBe("yes");
        // Without anything kept, the new one alone opens it.
        stack.tamper("rm -f /keys/* /backup/state.json");
        expect(stack.tool("now").status).toBe(0);
    });

    test("R54, R57: a rotated password is added although a command that was alone with the repository was killed, and its container is gone", () => {
        // Checks take a lock that nobody else may stand beside.
        const killed = `
            restic --repo /backup/repository --no-cache --password-file /run/secrets/repository-password check >/dev/null 2>&1 &
            for i in $(seq 1 3000); do [ -n "$(ls /backup/repository/locks)" ] && break; sleep 0.005; done
            kill -9 $!; wait || true; ls /backup/repository/locks | wc -l`;
        expect(stack.sh(killed).trim()).toBe("1");
        stack.startBackup("idle");
        stack.configure({ offsite: { repository: "/offsite" }, password: THIRD });
        const run = stack.tool("now");
        expect(run.stderr).toMatch(/local repository: opened with the earlier password/);
        expect(run.status).toBe(0);
        expect(stack.sh("ls /backup/repository/locks")).toBe("");
    });

    test("R57: a password that doesn't fit is an error that says what to do, nothing is changed, and adopt takes the earlier one", () => {
        stack.tamper("rm -f /keys/* /backup/state.json");
        stack.configure({ offsite: { repository: "/offsite" }, password: "a-wholly-unknown-password-0123456789" });
        const state = () => stack.sh("find /backup/repository /offsite -type f -not -path '*/locks/*' -exec sha256sum {} + | sort");
        const before = state();
        const run = stack.tool("now");
        expect(run.status).toBe(1);
        expect(run.stderr).toMatch(
            /local repository: neither the present password nor an earlier one in \/keys opens it. Nothing was changed.*quai-backup adopt/,
        );
        expect(state()).toBe(before);
        const adopted = docker(["exec", "-i", stack.backup, "quai-backup", "adopt"], `${THIRD}\n`);
        expect(adopted.status).toBe(0);
        expect(adopted.stderr).not.toContain(THIRD);
        expect(stack.ask<Backup>("now").offsite).toMatchObject({ ok: true });
    });
});

describe("off-site over the network", () => {
    const keys = generateKeyPairSync("ed25519");
    const use = (settings: Settings) => {
        stack.configure({ ...settings, password: "a-wholly-unknown-password-0123456789" });
        stack.startBackup("idle", { network: stack.network });
    };
    const startStore = (command: string) => {
        docker(["rm", "-f", STORE]);
        must([
            "run",
            "--detach",
            "--init",
            "--name",
            STORE,
            "--network",
            stack.network,
            "--network-alias",
            "store",
            store,
            "sh",
            "-euc",
            command,
        ]);
    };

    function expectCycle(): void {
        expect(stack.ask<Backup>("now").offsite).toMatchObject({ ok: true, error: null });
        stack.sql("demo", "DELETE FROM notes");
        stack.ask("restore", "prepare", "--offsite");
        stack.ask("restore", "swap");
        expect(stack.sql("demo", CONTENT)).toBe(content);
        expect(stack.filesText()).toBe(files);
        expect(stack.tool("check").status).toBe(0);
    }

    test("R57: a REST server with a login", async () => {
        const login = { RESTIC_REST_USERNAME: "quai", RESTIC_REST_PASSWORD: LOGIN };
        startStore(`exec rclone serve restic --addr :8000 --user quai --pass ${LOGIN} /srv/store`);
        use({ offsite: { repository: "rest:http://store:8000/demo/" }, client: login });
        await until("the store", 30, () => docker(["exec", stack.backup, "bash", "-c", "exec 3<>/dev/tcp/store/8000"]).status === 0);
        expectCycle();
        // The store is gone: the backup is made, the copy is reported, and the login shows nowhere.
        must(["rm", "-f", STORE]);
        const run = stack.tool("now");
        expect(run.status).toBe(0);
        expect(run.stderr).toMatch(/off-site copy failed, the backup itself is good/);
        const said = run.stderr + stack.sh("cat /backup/log/quai-backup.log /backup/state.json");
        expect(said).not.toContain(LOGIN);
    });

    test("R57: an SFTP server, its host key pinned", async () => {
        const open = sshPublic(keys.publicKey.export({ format: "der", type: "spki" }));
        startStore(
            [
                "ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key; mkdir -p /home/store/.ssh",
                `printf '%s\\n' '${open}' >/home/store/.ssh/authorized_keys; chown -R store: /home/store`,
                "exec /usr/sbin/sshd -D -e -o PasswordAuthentication=no",
            ].join("\n"),
        );
        const hostKey = await until(
            "the host key",
            30,
            () => docker(["exec", STORE, "cat", "/etc/ssh/ssh_host_ed25519_key.pub"]).stdout.trim() || undefined,
        );
        const client = { SSH_PRIVATE_KEY: opensshPrivate(keys.privateKey.export({ format: "jwk" })), SSH_KNOWN_HOSTS: `store ${hostKey}` };
        use({ offsite: { repository: "sftp:store@store:/srv/store/demo" }, client });
        expectCycle();

        const foreign = generateKeyPairSync("ed25519").publicKey.export({ format: "der", type: "spki" });
        use({
            offsite: { repository: "sftp:store@store:/srv/store/demo" },
            client: { ...client, SSH_KNOWN_HOSTS: `store ${sshPublic(foreign)}` },
        });
        // restic may end before it has read what ssh says, on a machine that is busy: then its own words are all there is.
        let said = "";
        for (let attempt = 0; attempt < 4 && !said.includes("Host key"); attempt++) said = stack.tool("now").stderr;
        expect(said).toMatch(/off-site copy failed.*[\s\S]*Host key verification failed/);
    });
});

function packed(...parts: (Buffer | string)[]): Buffer {
    return Buffer.concat(
        parts.map((part) => {
            const bytes = Buffer.from(part);
            const length = Buffer.alloc(4);
            length.writeUInt32BE(bytes.length);
            return Buffer.concat([length, bytes]);
        }),
    );
}

/** An Ed25519 public key as OpenSSH writes it: the last 32 bytes of the DER form are the key. */
function sshPublic(der: Buffer): string {
    return `ssh-ed25519 ${packed("ssh-ed25519", der.subarray(-32)).toString("base64")}`;
}

/** An unencrypted private key in OpenSSH's form (PROTOCOL.key). */
function opensshPrivate(key: { x?: string; d?: string }): string {
    const open = Buffer.from(key.x ?? "", "base64url");
    const check = randomBytes(4);
    const body = Buffer.concat([
        check,
        check,
        packed("ssh-ed25519", open, Buffer.concat([Buffer.from(key.d ?? "", "base64url"), open]), ""),
    ]);
    const padding = Buffer.from(Array.from({ length: (8 - (body.length % 8)) % 8 }, (_, index) => index + 1));
    const number = Buffer.from([0, 0, 0, 1]);
    const all = Buffer.concat([
        Buffer.from("openssh-key-v1\0"),
        packed("none", "none", ""),
        number,
        packed(packed("ssh-ed25519", open), Buffer.concat([body, padding])),
    ]);
    const lines = all.toString("base64").match(/.{1,70}/g) ?? [];
    return ["-----BEGIN OPENSSH PRIVATE KEY-----", ...lines, "-----END OPENSSH PRIVATE KEY-----"].join("\n");
}
