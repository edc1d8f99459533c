import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sshConnection } from "../../../../components/targets/ssh";
import { renewSshKey } from "../../../../tools/cli/stack/ssh-key";
import { scratchFolder } from "../../support/scratch";

/*
 * What is written on a prepared machine, for root too: ssh, sudo and getent are stand-ins, so that its commands run here, on folders. Who is let in
 * is read from the files, as sshd does. With a real sshd: test/offline/command/ssh-key.test.ts.
 */

const scratch = scratchFolder("ssh-key");
const publicKey = (file: string) =>
    execFileSync("ssh-keygen", ["-y", "-f", file], { encoding: "utf8" }).trim().split(" ").slice(0, 2).join(" ");

const STAND_INS: Readonly<Record<string, string>> = {
    ssh: `
        while [ $# -gt 1 ]; do case $1 in -i) key=$2 ;; -l) user=$2 ;; -O) exit 0 ;; esac; shift; done
        export HOME=FOLDER/$user
        grep -qF "$(ssh-keygen -y -f "$key" | cut -d' ' -f1,2)" $HOME/.ssh/authorized_keys || { echo "Permission denied (publickey)." >&2; exit 255; }
        exec sh -c "$1"`,
    sudo: '[ "$1" = -n ] && shift; exec "$@"',
    getent: 'echo "$2:x:0:0::FOLDER/$2:/bin/sh"',
};

/** A machine whose root and deploying user let in this key; root's is bound to a command, as a provider of machines leaves it. */
function machine(): { folder: string; key: string; files: (user: string) => string } {
    const folder = mkdtempSync(join(scratch, "machine-"));
    const key = join(folder, "key");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", key]);
    const bin = join(folder, "bin");
    mkdirSync(bin);
    for (const [name, body] of Object.entries(STAND_INS)) {
        writeFileSync(join(bin, name), `#!/bin/sh\n${body.replaceAll("FOLDER", folder)}\n`, { mode: 0o755 });
    }
    const file = (user: string) => join(folder, user, ".ssh", "authorized_keys");
    for (const user of ["root", "deploy"]) mkdirSync(join(file(user), ".."), { recursive: true });
    writeFileSync(file("deploy"), `${publicKey(key)} deploy\n`, { mode: 0o600 });
    writeFileSync(file("root"), `ssh-ed25519 AAAAother other\nno-pty,command="echo 'log in as deploy'" ${publicKey(key)} first`, {
        mode: 0o600,
    });
    return { folder, key, files: (user) => readFileSync(file(user), "utf8") };
}

async function renewed({ folder, key }: ReturnType<typeof machine>, firstUser?: string) {
    const path = process.env["PATH"];
    process.env["PATH"] = `${join(folder, "bin")}:${path}`;
    const connection = { ...sshConnection("ssh://deploy@app-1", undefined, key), identityFile: key };
    return renewSshKey(connection, { firstUser }).finally(() => (process.env["PATH"] = path));
}

test("R34: on a prepared machine root's line has the new key, too, and what stands beside it stays", async () => {
    const there = machine();
    const { former, present } = await renewed(there, "root");
    expect(present).toBe(publicKey(there.key));
    expect(there.files("root")).toBe(`ssh-ed25519 AAAAother other\nno-pty,command="echo 'log in as deploy'" ${present} first\n`);
    expect(there.files("deploy")).toBe(`${present}\n`);
    expect(there.files("root")).not.toContain(former);
    expect(statSync(join(there.folder, "root/.ssh/authorized_keys")).mode & 0o777).toBe(0o600);
});

test("a root that never let the key in is left alone; on another machine, nobody but who deploys is asked for", async () => {
    const [prepared, other] = [machine(), machine()];
    writeFileSync(join(prepared.folder, "root/.ssh/authorized_keys"), "ssh-ed25519 AAAAother other\n");
    await renewed(prepared, "root");
    expect(prepared.files("root")).toBe("ssh-ed25519 AAAAother other\n");
    const before = other.files("root");
    await renewed(other);
    expect(other.files("root")).toBe(before);
});

test("where something else lets the former key in as root, that is said", async () => {
    const there = machine();
    // Another file, which the stand-in for ssh takes for root's.
    writeFileSync(join(there.folder, "bin/getent"), `#!/bin/sh\necho "$2:x:0:0::${there.folder}/elsewhere:/bin/sh"\n`, { mode: 0o755 });
    await expect(renewed(there, "root")).rejects.toThrow(
        "quai:target.identityFile: the former key still gets in on app-1 as root: something else there lets it in",
    );
    expect(there.files("deploy")).toBe(`${publicKey(there.key)}\n`);
});
