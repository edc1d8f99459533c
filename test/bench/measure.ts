import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir, totalmem } from "node:os";
import { join, resolve } from "node:path";

export const ROOT = resolve(__dirname, "../..");

export interface RunOptions {
    readonly cwd?: string;
    readonly env?: Readonly<Record<string, string | undefined>>;
    readonly input?: string | Buffer;
    /** Whether what was printed on standard error is returned, too. @default false */
    readonly withErrors?: boolean;
}

/** Runs a program to its end. @throws Error with the end of what it printed, when it fails */
export function run(program: string, args: readonly string[], { withErrors, ...options }: RunOptions = {}): string {
    const result = spawnSync(program, args, { encoding: "utf8", maxBuffer: 1 << 28, ...options, env: { ...process.env, ...options.env } });
    if (result.status !== 0) {
        const said = `${result.stdout ?? ""}\n${result.stderr ?? ""}\n${result.error?.message ?? ""}`;
        throw new Error(`${program} ${args.join(" ")}: ended with ${result.status ?? "a signal"}\n${said.trim().slice(-3000)}`);
    }
    return withErrors === true ? `${result.stdout}${result.stderr}` : result.stdout;
}

/** Seconds that a piece of work takes. */
export function seconds(work: () => void): number {
    const begun = process.hrtime.bigint();
    work();
    return Number(process.hrtime.bigint() - begun) / 1e9;
}

const TICKS_PER_SECOND = 100;

/** Seconds of processor time that programs which `run` started have used, up to now. Linux only; 0 elsewhere. */
export function childrenTime(): number {
    try {
        // After the name, which may hold spaces: the 14th and 15th field are user and system time of children that have ended.
        const fields = (readFileSync("/proc/self/stat", "utf8").split(") ").at(-1) ?? "").split(" ");
        return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
    } catch {
        return 0;
    }
}

export function median(values: readonly number[]): number {
    const sorted = [...values].sort((a, b) => a - b);
    const middle = Math.floor(sorted.length / 2);
    const [low = NaN, high = NaN] = sorted.length % 2 === 1 ? [sorted[middle], sorted[middle]] : [sorted[middle - 1], sorted[middle]];
    return (low + high) / 2;
}

/**
 * Measures several pieces of work in turn, round after round, so that what else the machine does meets all of them alike. The first
 * round fills caches and doesn't count.
 */
export function inTurn(works: Readonly<Record<string, () => number>>, rounds: number): Record<string, number[]> {
    const found: Record<string, number[]> = Object.fromEntries(Object.keys(works).map((name) => [name, []]));
    for (let round = 0; round <= rounds; round++) {
        for (const [name, work] of Object.entries(works)) {
            const value = work();
            if (round > 0) found[name]?.push(value);
            process.stderr.write(`${round === 0 ? "warm-up" : `round ${round}`}  ${name}: ${value.toFixed(2)}\n`);
        }
    }
    return found;
}

/** The machine and how busy it is, for the page that figures are copied to. */
export function conditions(): string {
    const model = cpus()[0]?.model.trim() ?? "unknown processor";
    const system = /^PRETTY_NAME="(.*)"$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? process.platform;
    const memory = Math.round(totalmem() / 1024 ** 3);
    const load = loadavg().map((value) => value.toFixed(1));
    return `${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores (${model}), ${memory} GiB, ${system}, Node.js ${process.versions.node}, load before: ${load.join(" ")}`;
}

/** A table as the page has it. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
    return [head, head.map(() => "-"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

export function range(values: readonly number[], digits = 2): string {
    return `${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)}`;
}

/** A certificate of the machine's openssl for a name, PEM. */
export function certificate(name: string): { pem: string; key: string } {
    const folder = mkdtempSync(join(tmpdir(), "quai-bench-"));
    try {
        const [pem, key] = [join(folder, "pem"), join(folder, "key")];
        const subject = ["-subj", "/CN=bench", "-addext", `subjectAltName=DNS:${name}`];
        run("openssl", [
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
            ...subject,
            "-keyout",
            key,
            "-out",
            pem,
        ]);
        return { pem: readFileSync(pem, "utf8"), key: readFileSync(key, "utf8") };
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}
