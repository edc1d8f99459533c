import { FALLBACK_PLUGINS, installFallbackPlugin } from "../offline/plugins/install";
import { createHash } from "node:crypto";
import {
    existsSync,
    lstatSync,
    mkdirSync,
    readFileSync,
    readdirSync,
    realpathSync,
    rmSync,
    statSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { isReachable } from "./download";
import { cacheDir, findOnPath, isExecutable, type Environment } from "./paths";
import { lastLines } from "./process";
import { silent, SetupError, type Engine, type Reporter } from "./types";
import { checkoutRoot, pluginVersions } from "./versions";
import { runPulumi } from "./run";

/** `installed`: an official one that was there; `downloaded`: an official one, fetched now; `fallback`: ours, from tools/offline/plugins. */
export type PluginSource = "installed" | "downloaded" | "fallback" | "missing";

export interface PluginStatus {
    readonly name: string;
    /** The version the Node.js package asks for. */
    readonly version: string;
    readonly source: PluginSource;
    /** Where it is; for an official one that was linked, where the user has it. */
    readonly path?: string;
}

export interface PluginOptions {
    /** @default silent */
    readonly reporter?: Reporter;
    /** Asks the download sites again even if they were unreachable less than a day ago. @default false */
    readonly retry?: boolean;
    /** Milliseconds to reach a download site. @default 3000 */
    readonly connectTimeoutMs?: number;
    readonly signal?: AbortSignal;
}

/** Written by the installer of the fallback plugins into the folders it makes. */
const fallbackMark = "quai-fallback.json";
/** Sites from which the engine fetches plugins. One that answers is enough to let it try. */
const pluginSites = ["https://get.pulumi.com/", "https://api.github.com/"];
const askAgainAfterMs = 24 * 60 * 60 * 1000;

const folderName = (name: string, version: string): string => `resource-${name}-v${version}`;
const program = (folder: string, name: string): string => join(folder, `pulumi-resource-${name}`);

/** What of an engine says where its plugins are. */
export type PluginPlace = Pick<Engine, "home" | "env">;

/** Folders in which a user may have official plugins. */
function officialFolders(engine: PluginPlace): string[] {
    const env: Environment = engine.env;
    const home = join(env["HOME"] || homedir(), ".pulumi", "plugins");
    return [env["QUAI_PLUGINS_DIR"], process.env["PULUMI_HOME"] && join(process.env["PULUMI_HOME"], "plugins"), home].filter(
        (folder): folder is string => Boolean(folder),
    );
}

/** Links a user's official plugin into the engine's home: a folder of links, since the engine passes over a folder that is a link itself. */
function linkOfficial(from: string, to: string): void {
    const linked = readdirSync(from).every((file) => existsSync(join(to, file)) && isSame(join(from, file), join(to, file)));
    if (linked && !existsSync(`${to}.partial`)) return; // An engine may be starting it right now.
    rmSync(to, { recursive: true, force: true });
    mkdirSync(to, { recursive: true });
    for (const file of readdirSync(from)) symlinkSync(join(from, file), join(to, file));
    rmSync(`${to}.partial`, { force: true });
}

/** Whether two paths are one folder, e.g. because a user links the whole folder of plugins. */
function isSame(a: string, b: string): boolean {
    return existsSync(a) && existsSync(b) && realpathSync(a) === realpathSync(b);
}

/** A user may remove what was linked; what's left of the link must not pass for a plugin of theirs. */
function dropDeadLinks(folder: string, file: string): void {
    if (lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink()) rmSync(folder, { recursive: true });
}

/** What is there for a plugin, without getting anything; links a user's official one. */
function findPlugin(engine: PluginPlace, name: string, version: string): PluginStatus {
    const own = join(engine.home, "plugins", folderName(name, version));
    for (const folder of officialFolders(engine)) {
        const official = join(folder, folderName(name, version));
        if (isSame(official, own) || !isExecutable(program(official, name)) || existsSync(join(official, fallbackMark))) continue;
        linkOfficial(official, own);
        return { name, version, source: "installed", path: official };
    }
    const ambient = findOnPath(`pulumi-resource-${name}`, engine.env);
    if (ambient) return { name, version, source: "installed", path: ambient };
    if (!isExecutable(program(own, name)) || existsSync(`${own}.partial`)) {
        dropDeadLinks(own, program(own, name));
        return { name, version, source: "missing" };
    }
    return { name, version, source: existsSync(join(own, fallbackMark)) ? "fallback" : "installed", path: own };
}

/** What is there for each package, without getting anything. */
export function findPlugins(engine: PluginPlace, names: readonly string[]): PluginStatus[] {
    return [...pluginVersions(names)].map(([name, version]) => findPlugin(engine, name, version));
}

/** Digest of all that a fallback plugin is made from, so that it's made anew when any of that changes. */
function fallbackDigest(): string {
    const folder = join(checkoutRoot, "tools", "offline", "plugins");
    const hash = createHash("sha256")
        .update(readFileSync(join(checkoutRoot, "package-lock.json")))
        .update(process.execPath);
    const files = readdirSync(folder, { recursive: true }).map(String).sort();
    for (const file of files.filter((name) => /\.(ts|json)$/.test(name))) hash.update(file).update(readFileSync(join(folder, file)));
    return hash.digest("hex");
}

const stampFile = (engine: Engine): string => join(engine.home, "plugins", ".quai-fallback");

function isFresh(engine: Engine, found: readonly PluginStatus[]): boolean {
    const [digest, ...names] = existsSync(stampFile(engine)) ? readFileSync(stampFile(engine), "utf8").trim().split("\n") : [];
    return (
        digest === fallbackDigest() &&
        found.every(({ name, source }) => source === "installed" || (source === "fallback" && names.includes(name)))
    );
}

async function installFallbacks(engine: Engine, wanted: readonly PluginStatus[], reporter: Reporter): Promise<PluginStatus[]> {
    const done: PluginStatus[] = [];
    const step = reporter.step("Installing the project's own plugins");
    try {
        for (const { name, version } of wanted) {
            const known = FALLBACK_PLUGINS.find((plugin) => plugin === name);
            if (!known) {
                throw new SetupError(
                    `plugin ${name} ${version}: isn't installed, can't be downloaded from here, and has no fallback: ` +
                        `run \`pulumi plugin install resource ${name} ${version}\` where the download site is reachable, ` +
                        "and copy the folder it makes in ~/.pulumi/plugins",
                );
            }
            step.update(name);
            const { folder } = await installFallbackPlugin(known, { pulumiHome: engine.home, cacheDir: cacheDir(engine.env) });
            done.push({ name, version, source: "fallback", path: folder });
        }
        step.done(done.map(({ name }) => name).join(", "));
    } catch (error) {
        step.fail();
        throw error;
    }
    return done;
}

function wasUnreachable(file: string): boolean {
    try {
        return Date.now() - statSync(file).mtimeMs < askAgainAfterMs;
    } catch {
        return false;
    }
}

async function anySiteReachable(engine: Engine, options: PluginOptions): Promise<boolean> {
    const file = join(cacheDir(engine.env), "plugins", ".unreachable");
    if (!options.retry && wasUnreachable(file)) return false;
    const network = { env: engine.env, connectTimeoutMs: options.connectTimeoutMs, signal: options.signal };
    const answers = await Promise.all(pluginSites.map((site) => isReachable(site, network)));
    if (answers.includes(true)) {
        rmSync(file, { force: true });
        return true;
    }
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, "");
    options.reporter?.info("The official plugins aren't reachable from here; the project's own ones are used.");
    return false;
}

async function downloadOfficial(engine: Engine, wanted: PluginStatus, options: PluginOptions): Promise<PluginStatus> {
    const { name, version } = wanted;
    const own = join(engine.home, "plugins", folderName(name, version));
    const step = (options.reporter ?? silent).step(`Downloading plugin ${name} ${version}`);
    if (wanted.source === "fallback") rmSync(own, { recursive: true, force: true });
    const result = await runPulumi(engine, ["plugin", "install", "resource", name, version], {
        timeoutMs: 180_000,
        signal: options.signal,
    });
    if (result.code === 0 && isExecutable(program(own, name))) {
        step.done();
        return { name, version, source: "downloaded", path: own };
    }
    step.fail(lastLines(result.stderr, 1));
    for (const left of [own, `${own}.partial`, `${own}.lock`]) rmSync(left, { recursive: true, force: true });
    return { name, version, source: "missing" };
}

/**
 * Sees to it that the engine finds the plugins of these packages (`docker` for @pulumi/docker), in the versions of package.json: those
 * the user has installed, else the official download, else the project's own from tools/offline/plugins.
 */
export async function ensurePlugins(engine: Engine, names: readonly string[], options: PluginOptions = {}): Promise<PluginStatus[]> {
    const found = findPlugins(engine, names);
    const lacking = (plugin: PluginStatus): boolean => plugin.source !== "installed";
    if (!found.some(lacking)) return found;
    const asked = join(cacheDir(engine.env), "plugins", ".unreachable");
    if (!options.retry && wasUnreachable(asked) && isFresh(engine, found)) return found;
    const result = new Map(found.map((plugin) => [plugin.name, plugin]));
    if (await anySiteReachable(engine, options)) {
        for (const plugin of found.filter(lacking)) result.set(plugin.name, await downloadOfficial(engine, plugin, options));
    }
    const rest = [...result.values()].filter(({ source }) => source === "missing" || source === "fallback");
    if (rest.length > 0) {
        for (const plugin of await installFallbacks(engine, rest, options.reporter ?? silent)) result.set(plugin.name, plugin);
        const fallbacks = [...result.values()].filter(({ source }) => source === "fallback").map(({ name }) => name);
        writeFileSync(stampFile(engine), `${[fallbackDigest(), ...fallbacks].join("\n")}\n`);
    }
    return [...result.values()];
}
