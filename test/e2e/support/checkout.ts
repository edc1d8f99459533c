import { execFileSync, spawn, spawnSync } from "node:child_process";
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

/** Whether stack and checkout stay for a look, by QUAI_E2E_KEEP: see CONTRIBUTING.md. Says where. */
export function isKept(): boolean {
    if (process.env["QUAI_E2E_KEEP"] === undefined) return false;
    console.log(`kept: ${process.env["QUAI_E2E_CHECKOUT"] ?? ""}`);
    return true;
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

/** `./quai` at a terminal, where somebody types `answer` once a question stands there. */
export async function answered(answer: string, ...args: readonly string[]): Promise<Result> {
    const begun = Date.now();
    const words = [join(checkout(), "quai"), ...args].map((word) => `'${word}'`).join(" ");
    const env: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: "1" };
    delete env["CI"];
    const child = spawn("script", ["--quiet", "--return", "--command", words, "/dev/null"], { cwd: checkout(), env });
    let [text, asked] = ["", false];
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
        appendFileSync(transcript(), chunk);
        if (asked || !text.includes("[y/N]")) return;
        asked = true;
        child.stdin.write(`${answer}\n`);
    });
    const code = await new Promise<number>((done, fail) => child.once("error", fail).once("close", (number) => done(number ?? 1)));
    return { code, text, stdout: text, seconds: (Date.now() - begun) / 1000 };
}

/** `./quai` with a value on standard input, as a program gives it. */
export function given(value: string, ...args: readonly string[]): { readonly code: number; readonly text: string } {
    const { status, stdout, stderr } = spawnSync(join(checkout(), "quai"), args, {
        cwd: checkout(),
        input: `${value}\n`,
        encoding: "utf8",
    });
    appendFileSync(transcript(), `${stdout}${stderr}`);
    return { code: status ?? 1, text: `${stdout}${stderr}` };
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
    const config = { ...defaults(offsite()), ...more };
    writeFileSync(join(checkout(), `Pulumi.${STACK}.yaml`), JSON.stringify({ config }, null, 2));
}

/** @param repository where snapshots are copied to */
export function defaults(repository: string): StackConfig {
    return {
        "quai:application": "demo",
        "quai:environment": "development",
        "quai:domain": HOST,
        "quai:ports": { http: HTTP, https: HTTPS, address: "127.0.0.1" },
        "quai:postgres": { version: 15, memory: "256m" },
        "quai:redis": { memory: "64m" },
        "quai:backup": { keep: { daily: 3, weekly: 0, monthly: 0 }, drill: "never", offsite: { repository } },
        "quai:services": {
            scheduler: { env: { SCHEDULE_SECONDS: "2" } },
            // A release that is broken is told sooner.
            api: { health: { timeout: "2s", retries: 3, startPeriod: "10s" } },
        },
    };
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

/** What PostgreSQL answers its administrator, over its own socket. */
export function administratorSql(text: string): string {
    return docker("exec", `${STACK_ID}-postgres`, "psql", "-U", "postgres", "-Atc", text).trim();
}

/** What an earlier run may have left of a stack, its data included. */
export function removeObjects(stack = STACK_ID): void {
    for (const name of objects("container", stack)) docker("rm", "--force", "--volumes", name);
    for (const name of objects("volume", stack)) docker("volume", "rm", name);
    for (const name of objects("network", stack)) docker("network", "rm", name);
}

/** A stack that a test file deploys itself begins without what a killed run has left; one of a kept checkout has its file, and stays. */
export function removeLeftovers(stack = STACK, id = STACK_ID): void {
    if (!existsSync(join(checkout(), `Pulumi.${stack}.yaml`))) removeObjects(id);
}

/** Names of what the stack has on the host. */
export function objects(kind: "container" | "network" | "volume" | "image", stack = STACK_ID): string[] {
    const filter = ["--filter", kind === "image" ? `reference=quai/${stack}/*` : `label=io.quai.stack=${stack}`];
    const formats = { container: "{{.Names}}", network: "{{.Name}}", volume: "{{.Name}}", image: "{{.Repository}}:{{.Tag}}" };
    return docker(kind, "ls", ...(kind === "container" ? ["--all"] : []), ...filter, "--format", formats[kind])
        .split("\n")
        .filter((name) => name !== "");
}
