import { spawn } from "node:child_process";
import type { Environment } from "./paths";

export interface RunOptions {
    readonly cwd?: string;
    readonly env?: Environment;
    /** Called with each whole line of stdout and stderr, without its end. */
    readonly onLine?: (line: string, stream: "stdout" | "stderr") => void;
    /** The program talks to the terminal itself; nothing is captured. */
    readonly inherit?: boolean;
    /** Keeps what was printed, at most the last 4 MiB of each stream. @default true unless `onLine` is given */
    readonly capture?: boolean;
    readonly input?: string;
    /** Milliseconds after which the program is killed. @default none */
    readonly timeoutMs?: number;
    readonly signal?: AbortSignal;
    /** What an abort sends first; SIGKILL follows after `killAfterMs`. @default "SIGTERM" */
    readonly abortSignal?: NodeJS.Signals;
    /** Milliseconds between the first signal and SIGKILL. @default 5000 */
    readonly killAfterMs?: number;
}

export interface RunResult {
    /** Exit code; 1 for a program that was ended by a signal. */
    readonly code: number;
    readonly signal: NodeJS.Signals | null;
    readonly timedOut: boolean;
    readonly stdout: string;
    readonly stderr: string;
}

const kept = 4 * 1024 * 1024;

function lineReader(onLine: (line: string) => void): { push(text: string): void; end(): void } {
    let rest = "";
    return {
        push(text) {
            const lines = (rest + text).split(/\r?\n/);
            rest = lines.pop() ?? "";
            lines.forEach(onLine);
        },
        end() {
            if (rest !== "") onLine(rest);
            rest = "";
        },
    };
}

/** Runs a program to its end. Rejects only where it can't be started; a failing program is a result with its code. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    const capture = options.capture ?? !options.onLine;
    return new Promise((resolve, reject) => {
        const child = spawn(program, args, {
            cwd: options.cwd,
            env: options.env,
            stdio: options.inherit ? "inherit" : [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
        });
        const texts = { stdout: "", stderr: "" };
        const readers = (["stdout", "stderr"] as const).map((name) => {
            const reader = lineReader((line) => options.onLine?.(line, name));
            child[name]?.setEncoding("utf8").on("data", (text: string) => {
                if (capture) texts[name] = (texts[name] + text).slice(-kept);
                if (options.onLine) reader.push(text);
            });
            return reader;
        });
        let timedOut = false;
        const timers: NodeJS.Timeout[] = [];
        const stop = (): void => {
            child.kill(options.abortSignal ?? "SIGTERM");
            timers.push(setTimeout(() => child.kill("SIGKILL"), options.killAfterMs ?? 5_000));
        };
        const onTimeout = (): void => {
            timedOut = true;
            stop();
        };
        if (options.timeoutMs !== undefined) timers.push(setTimeout(onTimeout, options.timeoutMs));
        if (options.signal?.aborted) stop();
        else options.signal?.addEventListener("abort", stop, { once: true });
        const clean = (): void => {
            timers.forEach(clearTimeout);
            options.signal?.removeEventListener("abort", stop);
        };
        child.once("error", (error) => {
            clean();
            reject(error);
        });
        child.once("close", (code, signal) => {
            clean();
            readers.forEach((reader) => reader.end());
            resolve({ code: code ?? 1, signal, timedOut, ...texts });
        });
        if (options.input !== undefined && child.stdin) {
            child.stdin.on("error", () => undefined); // A program may end without reading all of it: its exit code says what happened.
            child.stdin.end(options.input);
        }
    });
}

/** The last lines of what a program said, for an error message. */
export function lastLines(text: string, count = 12): string {
    return text.trimEnd().split("\n").slice(-count).join("\n");
}
