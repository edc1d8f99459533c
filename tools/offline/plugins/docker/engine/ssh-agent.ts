import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { Agent } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { Endpoint } from "./endpoint";
import { sshFailure, SshStream } from "./ssh-stream";

type SshEndpoint = Extract<Endpoint, { kind: "ssh" }>;
type Ready = (error: Error | null, socket: Duplex) => void;

/** Sessions over one ssh connection; sshd allows 10 by default, and the first one only holds the connection open. */
export const MOST_SESSIONS = 8;
const CONNECT_SECONDS = 30;

/**
 * Runs `docker system dial-stdio` on the host through the system's ssh, so that its configuration, agent and known hosts apply. All
 * sessions share one connection (ControlMaster in a private folder), unless sshOpts arrange their own.
 */
export class SshAgent extends Agent {
    readonly #endpoint: SshEndpoint;
    #folder: string | undefined;
    #master: Promise<string> | undefined;
    #masterProcess: ChildProcessWithoutNullStreams | undefined;

    constructor(endpoint: SshEndpoint) {
        super({ keepAlive: true, maxFreeSockets: MOST_SESSIONS });
        this.#endpoint = endpoint;
    }

    /** Answers through the callback, because the shared connection may have to be made first. */
    override createConnection(_options: unknown, ready?: Ready): undefined {
        this.#connect().then(
            (stream) => ready?.(null, stream),
            // The declared type wants a socket beside the error; node passes none itself.
            (error: unknown) => (ready as ((error: unknown) => void) | undefined)?.(error),
        );
        return undefined;
    }

    override destroy(): void {
        super.destroy();
        this.#masterProcess?.stdin.end();
        this.#masterProcess?.kill();
        this.#master = undefined;
        this.#removeFolder();
    }

    async #connect(): Promise<Duplex> {
        return new SshStream(spawnSsh(this.#endpoint, await this.#sharing()), this.#endpoint.address);
    }

    async #sharing(): Promise<readonly string[]> {
        const own = this.#endpoint.options.some(
            (option) => /Control(Master|Path|Persist)/i.test(option) || option === "-S" || option === "-M",
        );
        if (own || process.platform === "win32") {
            return [];
        }
        this.#master ??= this.#startMaster();
        return ["-o", "ControlMaster=no", "-o", `ControlPath=${await this.#master}`];
    }

    /**
     * The master is itself a `dial-stdio` session that nobody uses: when this process dies, even by SIGKILL, its stdin closes and the
     * connection ends. A background master (ControlPersist) would outlive us.
     */
    async #startMaster(): Promise<string> {
        const path = join(this.#privateFolder(), "s");
        const sharing = ["-o", "ControlMaster=yes", "-o", "ControlPersist=no", "-o", `ControlPath=${path}`];
        const master = spawnSsh(this.#endpoint, sharing);
        this.#masterProcess = master;
        let said = "";
        let ended: number | null | undefined;
        master.stderr.on("data", (chunk: Buffer) => (said = (said + chunk.toString("utf8")).slice(-4000)));
        master.stdout.resume();
        master.stdin.on("error", () => undefined);
        master.on("error", (error) => {
            said += error.message;
            ended = null;
        });
        master.on("close", (code) => {
            ended = code;
            this.#master = undefined;
        });
        const deadline = Date.now() + 2 * CONNECT_SECONDS * 1000;
        while (!existsSync(path)) {
            if (ended !== undefined || Date.now() > deadline) {
                master.kill();
                this.#master = undefined;
                throw sshFailure(this.#endpoint.address, said, ended ?? null);
            }
            await sleep(15);
        }
        return path;
    }

    #privateFolder(): string {
        if (this.#folder === undefined) {
            // A socket's path is limited to about 100 bytes, and ssh appends 17 of its own while it creates one.
            const parent = tmpdir().length > 60 ? "/tmp" : tmpdir();
            this.#folder = mkdtempSync(join(parent, "quai-ssh-"));
            process.once("exit", () => this.#removeFolder());
        }
        return this.#folder;
    }

    #removeFolder(): void {
        if (this.#folder !== undefined) {
            rmSync(this.#folder, { recursive: true, force: true });
            this.#folder = undefined;
        }
    }
}

/** The argument list: the user's options come first because ssh keeps the first value it sees of each. */
export function sshArguments(endpoint: SshEndpoint, sharing: readonly string[]): string[] {
    return [
        ...endpoint.options,
        ...sharing,
        "-o",
        `ConnectTimeout=${CONNECT_SECONDS}`,
        "-T",
        ...(endpoint.user === undefined ? [] : ["-l", endpoint.user]),
        ...(endpoint.port === undefined ? [] : ["-p", endpoint.port]),
        "--",
        endpoint.host,
        "docker",
        ...(endpoint.socket === undefined ? [] : ["--host", `unix://${endpoint.socket}`]),
        "system",
        "dial-stdio",
    ];
}

function spawnSsh(endpoint: SshEndpoint, sharing: readonly string[]): ChildProcessWithoutNullStreams {
    return spawn("ssh", sshArguments(endpoint, sharing), { env: process.env, stdio: ["pipe", "pipe", "pipe"] });
}
