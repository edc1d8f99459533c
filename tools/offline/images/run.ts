/** Runs a command and hands on its lines as they come. */
import { spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

export interface RunOptions {
    readonly env?: NodeJS.ProcessEnv;
    /** A file to read standard input from. */
    readonly inputFile?: string;
    /** Each line of both outputs. */
    readonly onLine?: (line: string) => void;
}

export interface RunResult {
    /** 0 where all went well; -1 where the command couldn't be started or was ended by a signal. */
    readonly code: number;
    readonly stdout: string;
    /** The last lines of both outputs, for an error message. */
    readonly tail: string;
}

/** Never throws for a command that fails: look at `code`. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    return new Promise((resolve) => {
        const child = spawn(command, args, { env: options.env ?? process.env, stdio: ["pipe", "pipe", "pipe"] });
        const tail: string[] = [];
        const out: string[] = [];
        const take = (line: string): void => {
            tail.push(line);
            if (tail.length > 25) tail.shift();
            options.onLine?.(line);
        };
        createInterface({ input: child.stdout }).on("line", (line) => {
            out.push(line);
            take(line);
        });
        createInterface({ input: child.stderr }).on("line", take);
        // A command that ends early closes its input: that's told by its exit code.
        child.stdin.on("error", () => undefined);
        if (options.inputFile === undefined) child.stdin.end();
        else
            createReadStream(options.inputFile)
                .on("error", () => child.stdin.destroy())
                .pipe(child.stdin);
        child.on("error", (error) => resolve({ code: -1, stdout: "", tail: error.message }));
        child.on("close", (code) => resolve({ code: code ?? -1, stdout: out.join("\n"), tail: tail.join("\n") }));
    });
}
