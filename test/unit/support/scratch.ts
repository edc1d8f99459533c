import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// A busy machine takes its time.
jest.setTimeout(60_000);

/** A folder that is removed after the test file. */
export function scratchFolder(name: string): string {
    const folder = mkdtempSync(join(tmpdir(), `quai-unit-${name}-`));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
}

export interface Ran {
    readonly code: number;
    readonly stdout: string;
    readonly stderr: string;
}

/** Runs a program to its end, without blocking servers that this process plays. */
export function run(
    program: string,
    args: readonly string[],
    options: { readonly input?: string; readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Ran> {
    return new Promise((resolve, reject) => {
        const child = spawn(program, args, { cwd: options.cwd, env: options.env ?? process.env, stdio: "pipe" });
        const texts = { stdout: "", stderr: "" };
        child.stdout.setEncoding("utf8").on("data", (text: string) => (texts.stdout += text));
        child.stderr.setEncoding("utf8").on("data", (text: string) => (texts.stderr += text));
        child.on("error", reject);
        child.on("close", (code) => resolve({ code: code ?? 1, ...texts }));
        child.stdin.on("error", () => undefined);
        child.stdin.end(options.input ?? "");
    });
}
