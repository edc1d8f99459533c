import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, Socket } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { temporaryFolder, type Bag } from "../harness";

const SSHD = "/usr/sbin/sshd";

/** A real sshd on a port of the loopback interface, with keys of its own; it lets in the user who runs the tests. */
export class Sshd {
    private process: ChildProcess | undefined;

    private constructor(
        readonly port: number,
        readonly hostKey: string,
        readonly privateKey: string,
        /** The same key, encrypted with `passphrase`. */
        readonly encryptedKey: string,
        readonly passphrase: string,
        private readonly folder: ReturnType<typeof temporaryFolder>,
    ) {}

    /** @param settings more lines of its configuration */
    static async create(settings: readonly string[] = []): Promise<Sshd> {
        if (!existsSync(SSHD)) throw new Error(`${SSHD}: not there; the tests of remote commands need it: apt-get install openssh-server`);
        const folder = temporaryFolder();
        const path = (name: string): string => join(folder.path, name);
        const newKey = (name: string, passphrase: string): void =>
            void execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", passphrase, "-C", "", "-f", path(name)]);
        const passphrase = "correct horse battery";
        newKey("host", "");
        newKey("client", "");
        writeFileSync(path("encrypted"), readFileSync(path("client")), { mode: 0o600 });
        execFileSync("ssh-keygen", ["-q", "-p", "-P", "", "-N", passphrase, "-f", path("encrypted")]);
        writeFileSync(path("authorized"), readFileSync(path("client.pub")));
        const port = await freePort();
        const config = [
            `Port ${port}`,
            "ListenAddress 127.0.0.1",
            `HostKey ${path("host")}`,
            `AuthorizedKeysFile ${path("authorized")}`,
            "PidFile none",
            "StrictModes no",
            "UsePAM no",
            "PasswordAuthentication no",
            "PermitRootLogin prohibit-password",
            "LogLevel VERBOSE",
            ...settings,
        ];
        writeFileSync(path("config"), `${config.join("\n")}\n`);
        const read = (name: string): string => readFileSync(path(name), "utf8");
        return new Sshd(port, read("host.pub").trim(), read("client"), read("encrypted"), passphrase, folder);
    }

    async start(): Promise<this> {
        // Where it runs as root, sshd insists on this folder.
        if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
        this.process = spawn(SSHD, ["-D", "-f", join(this.folder.path, "config"), "-E", this.logFile], { stdio: "ignore" });
        for (let tries = 0; !(await accepts(this.port)); tries++) {
            if (tries === 100) throw new Error(`sshd doesn't answer: ${this.log()}`);
            await sleep(50);
        }
        return this;
    }

    stop(): void {
        this.process?.kill();
    }

    remove(): void {
        this.stop();
        this.folder.remove();
    }

    log(): string {
        return existsSync(this.logFile) ? readFileSync(this.logFile, "utf8") : "";
    }

    /** How often somebody was let in. */
    logins(): number {
        return this.log().split("Accepted publickey").length - 1;
    }

    connection(more: Bag = {}): Bag {
        return {
            host: "127.0.0.1",
            port: this.port,
            user: userInfo().username,
            privateKey: this.privateKey,
            hostKey: this.hostKey,
            ...more,
        };
    }

    /** The file of those who are let in. */
    get authorizedKeys(): string {
        return join(this.folder.path, "authorized");
    }

    private get logFile(): string {
        return join(this.folder.path, "log");
    }
}

async function freePort(): Promise<number> {
    return new Promise((resolve, reject) => {
        const server = createServer();
        server.once("error", reject);
        server.listen(0, "127.0.0.1", () => {
            const address = server.address();
            server.close(() => (typeof address === "object" && address !== null ? resolve(address.port) : reject(new Error("no port"))));
        });
    });
}

async function accepts(port: number): Promise<boolean> {
    return new Promise((resolve) => {
        const socket = new Socket();
        const answer = (open: boolean) => (): void => {
            socket.destroy();
            resolve(open);
        };
        socket.once("connect", answer(true)).once("error", answer(false)).connect(port, "127.0.0.1");
    });
}
