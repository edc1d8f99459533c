import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, untilListening } from "./sshd";

export interface Registry {
    /** `127.0.0.1:port` */
    readonly address: string;
    /** From now on only these may log in. */
    admit(accounts: readonly Account[]): void;
    stop(): Promise<void>;
}

interface Account {
    readonly username: string;
    readonly password: string;
}

/** A real registry on a free loopback port (Debian package docker-registry), with a login for each of the accounts, if there are any. */
export async function startRegistry(...accounts: readonly Account[]): Promise<Registry> {
    if (!existsSync("/usr/bin/docker-registry")) throw new Error("the tests need: apt-get install -y docker-registry apache2-utils");
    const folder = mkdtempSync(join(tmpdir(), "quaitest-registry-"));
    const port = await freePort();
    const passwords = join(folder, "htpasswd");
    const auth = accounts.length === 0 ? {} : { auth: { htpasswd: { realm: "test", path: passwords } } };
    const admit = (admitted: readonly Account[]) =>
        writeFileSync(
            passwords,
            admitted
                .map(({ username, password }) =>
                    execFileSync("htpasswd", ["-niB", username], { input: password, stdio: ["pipe", "pipe", "ignore"] })
                        .toString()
                        .trim(),
                )
                .join("\n"),
        );
    if (accounts.length > 0) admit(accounts);
    // JSON is YAML.
    const config = {
        version: 0.1,
        log: { level: "error" },
        storage: { filesystem: { rootdirectory: join(folder, "data") } },
        http: { addr: `127.0.0.1:${port}` },
        ...auth,
    };
    writeFileSync(join(folder, "config.yml"), JSON.stringify(config));
    const server = spawn("/usr/bin/docker-registry", ["serve", join(folder, "config.yml")], { stdio: ["ignore", "ignore", "pipe"] });
    let log = "";
    server.stderr.on("data", (chunk: Buffer) => (log += chunk.toString("utf8")));
    await untilListening(port, () => log);
    return {
        address: `127.0.0.1:${port}`,
        admit,
        stop: async () => {
            const ended = new Promise((resolve) => server.once("exit", resolve));
            server.kill();
            await ended;
            rmSync(folder, { recursive: true, force: true });
        },
    };
}
