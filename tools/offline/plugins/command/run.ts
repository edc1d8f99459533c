import { spawn, type ChildProcess } from "node:child_process";
import type { CallContext } from "../kit/types";
import { LineSplitter } from "./lines";

/** A program to run, and what of its output to show while it runs. */
export interface Job {
    readonly file: string;
    readonly args: readonly string[];
    readonly cwd?: string | undefined;
    readonly env: NodeJS.ProcessEnv;
    readonly stdin?: string | Buffer | undefined;
    readonly logging: Logging;
    /** Lines of stdout that are not to be shown. */
    readonly hideLine?: (line: string) => boolean;
    /** Don't wait for those who inherited the output (a connection left open in the background). */
    readonly untilExit?: boolean;
}

export type Logging = "stdout" | "stderr" | "stdoutAndStderr" | "none";

export interface Finished {
    /** Undefined where a signal ended the program. */
    readonly code: number | undefined;
    readonly signal: string | undefined;
    readonly stdout: string;
    readonly stderr: string;
    /** Both, as they came. */
    readonly combined: string;
}

/** Between the polite and the forced end of a cancelled program. */
const GRACE_MILLISECONDS = 2000;

/** For the last output of a program that has ended, where others may keep its output open. */
const REST_MILLISECONDS = 200;

/**
 * Runs a program in a process group of its own; when the call is cancelled the whole group ends.
 * @throws Error where the program can't be started, and where the call was cancelled.
 */
export function run(job: Job, context: CallContext): Promise<Finished> {
    return new Promise((resolve, reject) => {
        if (context.signal.aborted) return reject(reasonOf(context.signal));
        const child = spawn(job.file, [...job.args], { cwd: job.cwd, env: job.env, detached: true, stdio: ["pipe", "pipe", "pipe"] });
        const output = new Output(job, context);
        child.stdout.on("data", (chunk: Buffer) => output.add("stdout", chunk));
        child.stderr.on("data", (chunk: Buffer) => output.add("stderr", chunk));
        // A program that ends without reading its input is no failure.
        child.stdin.on("error", () => undefined);
        child.stdin.end(job.stdin ?? "");
        const stop = (): void => endGroup(child);
        context.signal.addEventListener("abort", stop, { once: true });
        const done = (): void => context.signal.removeEventListener("abort", stop);
        child.on("error", (error) => {
            done();
            reject(new Error(`${job.file}: can't be started${job.cwd === undefined ? "" : ` in ${job.cwd}`}: ${error.message}`));
        });
        child.on("exit", () => {
            if (job.untilExit === true) setTimeout(() => child.stdout.destroy() && child.stderr.destroy(), REST_MILLISECONDS);
        });
        child.on("close", (code, signal) => {
            done();
            const finished = output.finish(code ?? undefined, signal ?? undefined);
            if (context.signal.aborted) reject(reasonOf(context.signal));
            else resolve(finished);
        });
    });
}

function endGroup(child: ChildProcess): void {
    kill(child, "SIGTERM");
    const timer = setTimeout(() => kill(child, "SIGKILL"), GRACE_MILLISECONDS);
    child.once("close", () => clearTimeout(timer));
}

function kill(child: ChildProcess, signal: NodeJS.Signals): void {
    if (child.pid === undefined) return;
    try {
        process.kill(-child.pid, signal);
    } catch {
        // The group has ended by itself.
    }
}

function reasonOf(signal: AbortSignal): Error {
    return signal.reason instanceof Error ? signal.reason : new Error("cancelled");
}

type Stream = "stdout" | "stderr";

class Output {
    private readonly chunks: Record<Stream | "both", Buffer[]> = { stdout: [], stderr: [], both: [] };
    private readonly lines: Record<Stream, LineSplitter>;

    constructor({ logging, hideLine }: Job, context: CallContext) {
        const show = (stream: Stream): LineSplitter => {
            const shown = logging === stream || logging === "stdoutAndStderr";
            return new LineSplitter((line) => {
                const hidden = stream === "stdout" && hideLine?.(line) === true;
                if (shown && !hidden) context.log("info", line, true);
            });
        };
        this.lines = { stdout: show("stdout"), stderr: show("stderr") };
    }

    add(stream: Stream, chunk: Buffer): void {
        this.chunks[stream].push(chunk);
        this.chunks.both.push(chunk);
        this.lines[stream].add(chunk);
    }

    finish(code: number | undefined, signal: string | undefined): Finished {
        this.lines.stdout.end();
        this.lines.stderr.end();
        const text = (name: Stream | "both"): string => Buffer.concat(this.chunks[name]).toString("utf8");
        return { code, signal, stdout: text("stdout"), stderr: text("stderr"), combined: text("both") };
    }
}
