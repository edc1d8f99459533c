import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { quote } from "./shell";
import type { CallContext } from "../kit/types";
import type { Connection } from "./connection";
import { run, type Finished, type Logging } from "./run";
import { TARGET, writeSshFiles, type SshFiles } from "./ssh-files";

/** sshd lets ten sessions share a connection unless told otherwise (MaxSessions); one is kept for ending a cancelled command. */
const SESSIONS = 8;
/** Pauses between attempts to connect, in milliseconds: as the official plugin, growing by half up to five seconds. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 5000;
/** ssh's own exit status where the connection, not the command, failed. */
const SSH_FAILED = 255;
const QUIET: Logging = "none";

export interface RemoteJob {
    readonly command: string;
    readonly environment: Readonly<Record<string, string>>;
    readonly stdin: string | Buffer | undefined;
    readonly logging: Logging;
}

/** One connection to one machine, opened when first needed and shared by all commands that name it. */
export class SshSession {
    private opened: Promise<SshFiles> | undefined;
    private readonly errands = new Set<Promise<unknown>>();
    private free = SESSIONS;
    private readonly waiting: (() => void)[] = [];

    constructor(private readonly connection: Connection) {}

    /** @throws Error where the machine can't be reached, the call is cancelled, or the connection breaks. */
    async run(job: RemoteJob, context: CallContext): Promise<Finished> {
        await this.enter();
        try {
            const files = await this.open(context);
            const finished = await this.runOpen(files, job, context);
            if (typeof finished !== "string") return finished;
            // The connection had broken before the command began, so a second attempt can't run it twice.
            const again = await this.runOpen(await this.open(context, files), job, context);
            if (typeof again !== "string") return again;
            throw new Error(`${this.where}: the connection broke: ${again}`);
        } finally {
            this.leave();
        }
    }

    async close(): Promise<void> {
        const files = await this.opened?.catch(() => undefined);
        if (files === undefined) return;
        await Promise.allSettled(this.errands);
        await this.ssh(files, ["-O", "exit", TARGET], silent());
        await files.remove();
    }

    /** Answers ssh's words where the command couldn't even begin. */
    private async runOpen(files: SshFiles, job: RemoteJob, context: CallContext): Promise<Finished | string> {
        const remote = new RemoteProcess(job);
        const end = (): void => void this.errands.add(this.ssh(files, [TARGET, remote.killCommand()], silent()).catch(() => undefined));
        context.signal.addEventListener("abort", end, { once: true });
        try {
            // Without the shared connection ssh must not try one of its own: the keys for that are gone.
            const args = ["-F", files.config, "-o", "ControlMaster=no", "-o", "ProxyCommand=false", "-T", TARGET, remote.bootstrap];
            const started = { file: "ssh", args, env: files.env, stdin: remote.input(), logging: job.logging };
            const finished = await run({ ...started, hideLine: (line) => remote.takeMark(line) }, context);
            if (finished.code === SSH_FAILED && !remote.started) return lastLine(finished.stderr);
            return { ...finished, stdout: remote.withoutMark(finished.stdout), combined: remote.withoutMark(finished.combined) };
        } finally {
            context.signal.removeEventListener("abort", end);
        }
    }

    /** The open connection, or a new one in place of a broken one. Of several calls that come at once, one dials. */
    private open(context: CallContext, broken?: SshFiles): Promise<SshFiles> {
        const before = this.opened?.catch(() => undefined) ?? Promise.resolve(undefined);
        this.opened = before.then(async (current) => {
            if (current !== undefined && current !== broken) return current;
            await broken?.remove();
            return this.dial(context);
        });
        return this.opened;
    }

    private async dial(context: CallContext): Promise<SshFiles> {
        const files = await writeSshFiles(this.connection);
        const { dialErrorLimit: limit } = this.connection;
        let pause = FIRST_PAUSE;
        try {
            for (let tries = 1; ; tries++) {
                const opened = await this.ssh(files, ["-o", "ControlMaster=yes", "-T", TARGET, "true"], context);
                if (opened.code !== SSH_FAILED) {
                    await files.forget();
                    return files;
                }
                const reason = lastLine(opened.stderr);
                if (/host key verification failed/i.test(opened.stderr))
                    throw new Error(`${this.where}: the machine's host key is not the one given in connection.hostKey`);
                if (limit >= 0 && tries > limit) throw new Error(`${this.where}: can't connect, after ${limit} failed attempts: ${reason}`);
                context.log(
                    "info",
                    `${this.where}: attempt ${tries}/${limit < 0 ? "∞" : limit} to connect failed (${reason}), trying again`,
                    true,
                );
                await sleep(pause, undefined, { signal: context.signal });
                pause = Math.min(pause * 1.5, LONGEST_PAUSE);
            }
        } catch (error) {
            await files.remove();
            throw error;
        }
    }

    private ssh(files: SshFiles, args: readonly string[], context: CallContext): Promise<Finished> {
        return run({ file: "ssh", args: ["-F", files.config, ...args], env: files.env, logging: QUIET, untilExit: true }, context);
    }

    private get where(): string {
        const { user, host, port, proxy } = this.connection;
        return `${user}@${host}:${port}${proxy === undefined ? "" : ` through ${proxy.user}@${proxy.host}:${proxy.port}`}`;
    }

    private async enter(): Promise<void> {
        if (this.free > 0) this.free--;
        else await new Promise<void>((resolve) => this.waiting.push(resolve));
    }

    private leave(): void {
        const next = this.waiting.shift();
        if (next === undefined) this.free++;
        else next();
    }
}

/**
 * A command on the other machine. It and its environment travel on standard input, ahead of the command's own input, so that no
 * argument of a process on this machine shows them. The far end first tells its process group, so that it can be ended.
 */
class RemoteProcess {
    readonly bootstrap: string;
    started = false;
    private readonly mark = `quai-${randomBytes(8).toString("hex")}`;
    private readonly header: Buffer;
    private group: string | undefined;

    constructor(private readonly job: RemoteJob) {
        const exports = Object.entries(job.environment).map(([name, value]) => `export ${name}=${quote(value)}`);
        this.header = Buffer.from([...exports, `exec "\${SHELL:-/bin/sh}" -c ${quote(job.command)}`].join("\n"));
        const group = "$(cut -d' ' -f5 /proc/$$/stat 2>/dev/null || echo $$)";
        const script = `echo ${this.mark} "${group}"; eval "$(dd bs=1 count=${this.header.length} 2>/dev/null)"`;
        this.bootstrap = `/bin/sh -c ${quote(script)}`;
    }

    input(): Buffer {
        return Buffer.concat([this.header, Buffer.from(this.job.stdin ?? "")]);
    }

    /** Whether the line is the far end's mark and not the command's output. */
    takeMark(line: string): boolean {
        if (!line.startsWith(this.mark)) return false;
        this.started = true;
        this.group = /^\S+ (\d+)/.exec(line)?.[1];
        return true;
    }

    withoutMark(output: string): string {
        return output.replace(new RegExp(`^${this.mark}.*\\n`, "m"), "");
    }

    killCommand(): string {
        return this.group === undefined ? "true" : `kill -TERM -- -${this.group}; sleep 1; kill -KILL -- -${this.group} 2>/dev/null`;
    }
}

/** For ssh's own errands, which no cancellation stops. */
function silent(): CallContext {
    const resource = { urn: "", type: "", name: "" };
    return { config: {}, resource, log: () => undefined, signal: new AbortController().signal };
}

function lastLine(output: string): string {
    return output.trim().split("\n").at(-1)?.trim() || "no reason given";
}
