import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Environment } from "./paths";
import { lastLines, run } from "./process";
import { ensureGo, type Toolchain } from "./toolchain";
import { SetupError, type Reporter, type Step } from "./types";
import { checkoutRoot, engineVersion, languageHostVersion } from "./versions";

/** One program that is built from Go modules whose versions and sums are pinned in a folder of tools/engine/build. */
interface GoProgram {
    readonly name: "pulumi" | "pulumi-language-nodejs";
    readonly title: string;
    readonly module: string;
    readonly package: string;
    readonly version: string;
}

const programs: readonly GoProgram[] = [
    {
        name: "pulumi-language-nodejs",
        title: "the Node.js language host",
        module: "language-host",
        package: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
        version: languageHostVersion,
    },
    { name: "pulumi", title: "Pulumi", module: "cli", package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", version: engineVersion },
];

const versionVariable = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";
const moduleFolder = (program: GoProgram): string => join(checkoutRoot, "tools", "engine", "build", program.module);

/**
 * The language host reads the project's `typescript: false` from a flag that today's engine no longer gives. Without it each run loads
 * the TypeScript compiler, a third of a small preview's processor time. A program that needs it sets the variable to true.
 */
const languageHostStarter = '#!/bin/sh\nexec "$0-bin" -typescript="${PULUMI_NODEJS_TYPESCRIPT:-true}" "$@"\n';

/** Changes whenever a pinned version or sum does, so that a cached engine is never one of other pins. */
export function pinsDigest(): string {
    const hash = createHash("sha256").update(languageHostStarter);
    for (const program of programs) {
        for (const file of ["go.mod", "go.sum"]) hash.update(readFileSync(join(moduleFolder(program), file)));
    }
    return hash.digest("hex").slice(0, 10);
}

export function elapsed(sinceMs: number, nowMs: number = Date.now()): string {
    const seconds = Math.round((nowMs - sinceMs) / 1000);
    return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
}

interface GoRun {
    readonly program: GoProgram;
    readonly toolchain: Toolchain;
    readonly env: Environment;
    readonly signal?: AbortSignal;
}

async function go(job: GoRun, args: readonly string[], onLine: (line: string) => void): Promise<string> {
    const said: string[] = [];
    const result = await run(job.toolchain.go, args, {
        cwd: moduleFolder(job.program),
        env: job.env,
        capture: true,
        signal: job.signal,
        onLine: (line, stream) => {
            if (stream !== "stderr") return;
            said.push(line);
            onLine(line);
        },
    });
    job.signal?.throwIfAborted();
    if (result.code === 0) return result.stdout;
    // Names of packages and modules on their way are progress, not the reason.
    const reason = said.filter((line) => !/^[\w.~-]+(\/[\w.~-]+)*$/.test(line) && !line.startsWith("go: downloading"));
    throw new SetupError(`building ${job.program.package}@v${job.program.version} failed:\n${lastLines(reason.join("\n"))}`);
}

/** Downloads what the program needs and says how many packages there are to compile: those the build cache doesn't have. */
async function packagesToCompile(job: GoRun, step: Step): Promise<number> {
    let modules = 0;
    const args = ["list", "-mod=readonly", "-trimpath", "-deps", "-f", "{{if .Stale}}{{.ImportPath}}{{end}}", job.program.package];
    const listed = await go(job, args, (line) => {
        if (line.startsWith("go: downloading")) step.update(`${++modules} modules downloaded`);
    });
    return listed.split("\n").filter((line) => line !== "").length;
}

async function compile(job: GoRun, target: string, reporter: Reporter): Promise<void> {
    const { program } = job;
    const started = Date.now();
    const step = reporter.step(`Building ${program.title} ${program.version} from Go modules`);
    try {
        const total = await packagesToCompile(job, step);
        let compiled = 0;
        const show = (): void => step.update(`${Math.min(compiled, total)} of ${total} packages, ${elapsed(started)}`);
        const clock = setInterval(show, 1_000);
        const flags = ["-s", "-w", "-X", `${versionVariable}=v${program.version}`].join(" ");
        const args = ["build", "-v", "-mod=readonly", "-trimpath", "-ldflags", flags, "-o", join(target, program.name), program.package];
        await go(job, args, () => compiled++).finally(() => clearInterval(clock));
        step.done(elapsed(started));
    } catch (error) {
        step.fail();
        throw error;
    }
}

export interface BuildRequest {
    /** The folder to make, with both programs in it. It appears complete or not at all. */
    readonly target: string;
    /** The cache folder's `go/`, for a toolchain that has to be fetched. */
    readonly goFolder: string;
    readonly env: Environment;
    readonly reporter: Reporter;
    readonly signal?: AbortSignal;
}

/**
 * Builds the engine and the Node.js language host. A build that was killed goes on where it stopped, because what was compiled is in
 * Go's own cache: the user's where Go is installed, else one below the cache folder, which is removed once the engine is built.
 */
export async function buildEngine(request: BuildRequest): Promise<void> {
    const toolchain = await ensureGo({ ...request, folder: request.goFolder });
    // Without cgo no C compiler is needed, and nothing of the machine's own libraries gets in.
    const env = { ...request.env, ...toolchain.env, CGO_ENABLED: "0", GOWORK: "off" };
    mkdirSync(join(request.target, ".."), { recursive: true });
    const scratch = mkdtempSync(`${request.target}.partial-`);
    try {
        for (const program of programs) {
            await compile({ program, toolchain, env, signal: request.signal }, scratch, request.reporter);
        }
        const host = join(scratch, "pulumi-language-nodejs");
        renameSync(host, `${host}-bin`);
        writeFileSync(host, languageHostStarter, { mode: 0o755 });
        chmodSync(scratch, 0o755);
        renameSync(scratch, request.target);
    } finally {
        rmSync(scratch, { recursive: true, force: true });
    }
    if (!toolchain.fetched) return;
    const step = request.reporter.step("Removing the Go toolchain and what the build kept");
    await rm(request.goFolder, { recursive: true, force: true });
    step.done();
}
