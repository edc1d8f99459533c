import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface Sshd {
    readonly host: string;
    readonly options: readonly string[];
    readonly identityFile: string;
    /** `ssh-ed25519 AAAA…` */
    readonly hostKey: string;
    /** What the server has logged so far. */
    log(): string;
    stop(): Promise<void>;
}

/** A real sshd on a free loopback port, for the current user with a key of its own. Its limits are those of a server that nobody has set up. */
export async function startSshd(): Promise<Sshd> {
    const binary = ["/usr/sbin/sshd", "/usr/bin/sshd"].find((path) => existsSync(path));
    if (binary === undefined) throw new Error("the tests need an ssh server: apt-get install -y openssh-server");
    const folder = mkdtempSync(join(tmpdir(), "quaitest-sshd-"));
    const key = (name: string) => {
        execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(folder, name)]);
        return join(folder, name);
    };
    const [hostKey, userKey, port] = [key("host"), key("user"), await freePort()];
    if (userInfo().uid === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
    writeFileSync(join(folder, "authorized_keys"), readFileSync(`${userKey}.pub`), { mode: 0o600 });
    writeFileSync(join(folder, "known_hosts"), `[127.0.0.1]:${port} ${readFileSync(`${hostKey}.pub`, "utf8")}`);
    writeFileSync(join(folder, "sshd_config"), serverConfig(folder, hostKey, port));
    const server = spawn(binary, ["-D", "-e", "-f", join(folder, "sshd_config")], { stdio: ["ignore", "ignore", "pipe"] });
    let log = "";
    server.stderr.on("data", (chunk: Buffer) => (log += chunk.toString("utf8")));
    await untilListening(port, () => log);
    return {
        host: `ssh://${userInfo().username}@127.0.0.1:${port}`,
        options: [
            "-F",
            "none",
            "-i",
            userKey,
            "-o",
            "IdentitiesOnly=yes",
            "-o",
            `UserKnownHostsFile=${join(folder, "known_hosts")}`,
            "-o",
            "BatchMode=yes",
        ],
        identityFile: userKey,
        hostKey: readFileSync(`${hostKey}.pub`, "utf8").split(" ").slice(0, 2).join(" "),
        log: () => log,
        stop: async () => {
            const ended = new Promise((resolve) => server.once("exit", resolve));
            server.kill();
            await ended;
            rmSync(folder, { recursive: true, force: true });
        },
    };
}

function serverConfig(folder: string, hostKey: string, port: number): string {
    return [
        `ListenAddress 127.0.0.1`,
        `Port ${port}`,
        `HostKey ${hostKey}`,
        `AuthorizedKeysFile ${join(folder, "authorized_keys")}`,
        `PidFile ${join(folder, "pid")}`,
        "PermitRootLogin prohibit-password",
        "PasswordAuthentication no",
        "KbdInteractiveAuthentication no",
        "UsePAM no",
        "StrictModes no",
        "LogLevel VERBOSE",
        "",
    ].join("\n");
}

export async function freePort(): Promise<number> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    return port;
}

export async function untilListening(port: number, log: () => string): Promise<void> {
    for (let attempt = 0; attempt < 200; attempt += 1) {
        const open = await new Promise<boolean>((resolve) => {
            const socket = connect(port, "127.0.0.1");
            socket.once("connect", () => (socket.destroy(), resolve(true)));
            socket.once("error", () => resolve(false));
        });
        if (open) return;
        await sleep(50);
    }
    throw new Error(`nothing listens on 127.0.0.1:${port}: ${log()}`);
}
