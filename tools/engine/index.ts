import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { buildEngine, pinsDigest } from "./build";
import type { DownloadOptions } from "./download";
import { withLock } from "./lock";
import { downloadOfficial, type ReleaseSite } from "./official";
import { cacheDir, findOnPath, isExecutable, type Environment } from "./paths";
import { run } from "./process";
import { engineEnvironment } from "./state";
import { silent, SetupError, type Engine, type EngineFiles, type EngineSource, type Reporter } from "./types";
import { checkoutRoot, engineVersion, isNewEnough, languageHostVersion } from "./versions";

export { ensurePlugins, findPlugins, type PluginStatus } from "./plugins";
export { runPulumi, type PulumiOptions } from "./run";
export { SetupError, type Engine, type EngineSource, type Reporter, type Step } from "./types";

export interface EngineOptions {
    /** @default silent */
    readonly reporter?: Reporter;
    /** @default process.env */
    readonly env?: Environment;
    /** The checkout whose .quai folder holds home, state and passphrase. @default the one this file is in */
    readonly checkout?: string;
    /** Which sources are tried. Setting QUAI_ENGINE (e.g. "built") says the same. @default installed, downloaded, built */
    readonly sources?: readonly EngineSource[];
    /** @default get.pulumi.com, then GitHub's releases */
    readonly sites?: readonly ReleaseSite[];
    /** Milliseconds to reach a download site. @default 3000 */
    readonly connectTimeoutMs?: number;
    readonly signal?: AbortSignal;
}

const allSources: readonly EngineSource[] = ["installed", "downloaded", "built"];

function wantedSources(options: EngineOptions, env: Environment): readonly EngineSource[] {
    if (options.sources) return options.sources;
    const setting = env["QUAI_ENGINE"];
    if (!setting) return allSources;
    const names = setting.split(",").map((name) => name.trim());
    const unknown = names.find((name) => !allSources.some((source) => source === name));
    if (unknown !== undefined) throw new SetupError(`QUAI_ENGINE: must be a list of ${allSources.join(", ")} (got "${setting}")`, 2);
    return allSources.filter((source) => names.includes(source));
}

/** What was found on PATH and why it isn't used, for `./quai doctor`. */
export interface InstalledEngine {
    readonly files?: EngineFiles;
    readonly problem?: string;
}

export async function findInstalled(env: Environment): Promise<InstalledEngine> {
    const pulumi = findOnPath("pulumi", env);
    if (!pulumi) return { problem: "pulumi isn't on PATH" };
    const result = await run(pulumi, ["version"], { env: { ...env, PULUMI_SKIP_UPDATE_CHECK: "true" }, timeoutMs: 20_000 }).catch(
        () => undefined,
    );
    const version = result?.code === 0 ? result.stdout.trim().replace(/^v/, "") : "";
    if (version === "") return { problem: `${pulumi} doesn't run` };
    if (!isNewEnough(version)) {
        return {
            problem: `${pulumi} is ${version}; ${engineVersion} or a later 3.x is needed, the version of the Node.js SDK in package.json`,
        };
    }
    const beside = join(pulumi, "..", "pulumi-language-nodejs");
    const languageHost = isExecutable(beside) ? beside : findOnPath("pulumi-language-nodejs", env);
    if (!languageHost) return { problem: `${pulumi} has no pulumi-language-nodejs beside it or on PATH` };
    return { files: { source: "installed", pulumi, version, languageHost } };
}

/** The cache folder's `engine/<what>` of an engine that was downloaded or built. */
export function cachedFolder(source: "downloaded" | "built", env: Environment): string {
    const pins = source === "built" ? `-${languageHostVersion}-${pinsDigest()}` : "";
    return join(cacheDir(env), "engine", `pulumi-${engineVersion}-${process.platform}-${process.arch}-${source}${pins}`);
}

export function findCached(source: "downloaded" | "built", env: Environment): EngineFiles | undefined {
    const folder = cachedFolder(source, env);
    const [pulumi, languageHost] = [join(folder, "pulumi"), join(folder, "pulumi-language-nodejs")];
    return existsSync(pulumi) && existsSync(languageHost) ? { source, pulumi, languageHost, version: engineVersion } : undefined;
}

/** What a download or a build that was killed has left. Only to be called by the holder of the lock. */
function removePartial(folder: string): void {
    const left = readdirSync(folder).filter((name) => name.includes(".partial-"));
    for (const name of left) rmSync(join(folder, name), { recursive: true, force: true });
}

async function acquire(sources: readonly EngineSource[], options: EngineOptions, env: Environment): Promise<EngineFiles> {
    const reporter = options.reporter ?? silent;
    const network: DownloadOptions = { env, connectTimeoutMs: options.connectTimeoutMs ?? 3_000, signal: options.signal };
    const cached = (): EngineFiles | undefined => {
        for (const source of ["downloaded", "built"] as const) {
            const found = sources.includes(source) ? findCached(source, env) : undefined;
            if (found) return found;
        }
        return undefined;
    };
    const now = cached();
    if (now) return now;
    const onWait = (pid?: number): void =>
        reporter.info(`Waiting for another quai${pid ? ` (process ${pid})` : ""} that sets up the engine.`);
    return withLock(
        join(cacheDir(env), "engine", ".lock"),
        async () => {
            const meanwhile = cached();
            if (meanwhile) return meanwhile;
            removePartial(join(cacheDir(env), "engine"));
            if (sources.includes("downloaded")) {
                const target = cachedFolder("downloaded", env);
                await downloadOfficial({ version: engineVersion, target, reporter, download: network, sites: options.sites });
            }
            if (!findCached("downloaded", env) && sources.includes("built")) {
                await buildEngine({
                    target: cachedFolder("built", env),
                    goFolder: join(cacheDir(env), "go"),
                    env,
                    reporter,
                    signal: options.signal,
                });
            }
            const files = cached();
            if (!files)
                throw new SetupError(`no engine: Pulumi ${engineVersion} was found in none of the allowed sources (${sources.join(", ")})`);
            return files;
        },
        { onWait, signal: options.signal },
    );
}

/**
 * The engine, from the first source that has it: `pulumi` on PATH, the official download, a build from Go modules. Downloads and builds
 * are kept in the user's cache folder, by version, and made once even if several ask at the same time.
 */
export async function ensureEngine(options: EngineOptions = {}): Promise<Engine> {
    const env = options.env ?? process.env;
    const checkout = options.checkout ?? checkoutRoot;
    const sources = wantedSources(options, env);
    let files: EngineFiles | undefined;
    if (sources.includes("installed")) {
        const installed = await findInstalled(env);
        if (!installed.files && findOnPath("pulumi", env)) options.reporter?.info(`Not used: ${installed.problem ?? ""}.`);
        files = installed.files;
    }
    files ??= await acquire(sources, options, env);
    const environment = engineEnvironment(files, checkout, env);
    return { ...files, checkout, home: environment["PULUMI_HOME"] ?? "", env: environment };
}
