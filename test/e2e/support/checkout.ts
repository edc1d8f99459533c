import { execFileSync, spawn } from "node:child_process";
import { appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

/**
 * A copy of this checkout with a state of its own, so that a test never touches the stacks of whoever runs it. It lives from globalSetup
 * to globalTeardown; all test files work on the same deployed stack, in the order of their names.
 */

export const source = resolve(__dirname, "../../..");
/** Each area has a stack and ports of its own; its set-up names them. */
export const STACK = process.env["QUAI_E2E_STACK"] ?? "e2e";
export const STACK_ID = `demo-${STACK}`;
export const HTTP = Number(process.env["QUAI_E2E_HTTP"] ?? 18080);
export const HTTPS = Number(process.env["QUAI_E2E_HTTPS"] ?? 18443);
export const HOST = "demo.localhost";

const FOLDER = "QUAI_E2E_CHECKOUT";

export function checkout(): string {
    const folder = process.env[FOLDER];
    if (folder === undefined) {
        throw new Error("the end-to-end tests run by ./quai test foundation, or npx jest --selectProjects foundation -i");
    }
    return folder;
}

/** Copies what git knows and doesn't ignore; packages are shared. */
export function makeCheckout(): string {
    const folder = mkdtempSync(join(tmpdir(), "quai-e2e-"));
    const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "-z"], { cwd: source, encoding: "utf8" }).split("\0");
    for (const file of files.filter((name) => name !== "" && existsSync(join(source, name)))) {
        mkdirSync(dirname(join(folder, file)), { recursive: true });
        cpSync(join(source, file), join(folder, file), { verbatimSymlinks: true });
    }
    symlinkSync(join(source, "node_modules"), join(folder, "node_modules"));
    process.env[FOLDER] = folder;
    return folder;
}

export function removeCheckout(): void {
    rmSync(checkout(), { recursive: true, force: true });
}

/** Everything that was printed, for the search for secrets. */
export function transcript(): string {
    return join(checkout(), ".quai", "transcript.log");
}

export interface Result {
    readonly code: number;
    readonly text: string;
    readonly stdout: string;
    readonly seconds: number;
}

export interface Running {
    readonly pid: number;
    readonly ended: Promise<Result>;
    /** What was printed so far. */
    text(): string;
}

/** Starts ./quai as a user would; its process leads a group of its own. */
export function start(...args: readonly string[]): Running {
    const begun = Date.now();
    const child = spawn(join(checkout(), "quai"), args, {
        cwd: checkout(),
        env: { ...process.env, CI: "true", NO_COLOR: "1" },
        detached: true,
    });
    const out = { text: "", stdout: "" };
    const take = (chunk: string, isResult: boolean) => {
        out.text += chunk;
        if (isResult) out.stdout += chunk;
        mkdirSync(dirname(transcript()), { recursive: true });
        appendFileSync(transcript(), chunk);
    };
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => take(chunk, true));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => take(chunk, false));
    const ended = new Promise<Result>((done, fail) => {
        child.once("error", fail);
        child.once("close", (code) => done({ code: code ?? 1, ...out, seconds: (Date.now() - begun) / 1000 }));
    });
    return { pid: child.pid ?? 0, ended, text: () => out.text };
}

export function quai(...args: readonly string[]): Promise<Result> {
    return start(...args).ended;
}

/** `./quai up` that must end well. */
export async function mustUp(...args: readonly string[]): Promise<Result> {
    const result = await quai("up", STACK, "--yes", ...args);
    if (result.code !== 0) {
        throw new Error(`./quai up ended with ${result.code}:\n${result.text.slice(-6000)}`);
    }
    return result;
}

export type StackConfig = Record<string, unknown>;

/** The settings of the test's stack; `more` is added to them. */
export function writeSettings(more: StackConfig = {}): void {
    const config = {
        "quai:application": "demo",
        "quai:environment": "development",
        "quai:domain": HOST,
        "quai:ports": { http: HTTP, https: HTTPS, address: "127.0.0.1" },
        "quai:postgres": { version: 15, memory: "256m" },
        "quai:redis": { memory: "64m" },
        "quai:backup": { keep: { daily: 3, weekly: 0, monthly: 0 }, drill: "never", offsite: { repository: offsite() } },
        "quai:services": {
            scheduler: { env: { SCHEDULE_SECONDS: "2" } },
            // A release that is broken is told sooner.
            api: { health: { timeout: "2s", retries: 3, startPeriod: "10s" } },
        },
        ...more,
    };
    writeFileSync(join(checkout(), `Pulumi.${STACK}.yaml`), JSON.stringify({ config }, null, 2));
}

/** A folder that stands for a disk mounted on the host. */
export function offsite(): string {
    const folder = join(checkout(), ".quai", "offsite");
    mkdirSync(folder, { recursive: true });
    return folder;
}

/** An image setting for the demo's API: another version, or one that is broken on purpose. */
export function api(args: Readonly<Record<string, string>>): StackConfig {
    return { "quai:images": { api: { build: "examples/demo/api", args } } };
}

export function authority(): string {
    return readFileSync(join(checkout(), ".quai", STACK, "ca.crt"), "utf8");
}

export function docker(...args: readonly string[]): string {
    return execFileSync("docker", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** The stack's proxy that runs; its name carries its release. */
export function proxy(stack = STACK_ID): string {
    const filters = [`label=io.quai.stack=${stack}`, "label=io.quai.role=proxy"].flatMap((filter) => ["--filter", filter]);
    return docker("ps", ...filters, "--format", "{{.Names}}").split("\n")[0] ?? "";
}

/** Names of what the stack has on the host. */
export function objects(kind: "container" | "network" | "volume" | "image"): string[] {
    const filter = ["--filter", kind === "image" ? `reference=quai/${STACK_ID}/*` : `label=io.quai.stack=${STACK_ID}`];
    const formats = { container: "{{.Names}}", network: "{{.Name}}", volume: "{{.Name}}", image: "{{.Repository}}:{{.Tag}}" };
    return docker(kind, "ls", ...(kind === "container" ? ["--all"] : []), ...filter, "--format", formats[kind])
        .split("\n")
        .filter((name) => name !== "");
}
