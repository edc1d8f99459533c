import { createHash, randomBytes } from "node:crypto";
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "esbuild";

/** The plugins this folder holds, and the npm package whose version each stands in for. */
export const FALLBACK_PLUGINS = ["docker", "command", "random", "tls"] as const;
export type FallbackPlugin = (typeof FALLBACK_PLUGINS)[number];
/** For tests alone: nothing it answers has happened, so it must never be put in the place of the official one by itself. */
export const REHEARSAL_PLUGIN = "aws";
type OwnPlugin = FallbackPlugin | typeof REHEARSAL_PLUGIN;

export interface InstallOptions {
    /** The engine's home: plugins go to `<pulumiHome>/plugins`. */
    readonly pulumiHome: string;
    /** Holds the bundles, by content. @default `${QUAI_CACHE_DIR:-${XDG_CACHE_HOME:-~/.cache}/quai}` */
    readonly cacheDir?: string;
}

export interface Installed {
    readonly name: OwnPlugin;
    readonly version: string;
    /** `<pulumiHome>/plugins/resource-<name>-v<version>` */
    readonly folder: string;
    /** False where the same plugin was in place already. */
    readonly changed: boolean;
}

/** Written into every folder that `installFallbackPlugin` makes, so that it never touches an official plugin. */
const MARK = "quai-fallback.json";

/**
 * Bundles a plugin into one file and puts it where the engine looks for it. Safe when two run at once: everything appears by rename.
 * @throws Error where an official plugin of that version stands in the same place.
 */
export async function installFallbackPlugin(name: OwnPlugin, options: InstallOptions): Promise<Installed> {
    const version = await sdkVersion(name);
    const code = await bundle(name);
    const hash = createHash("sha256").update(code).digest("hex").slice(0, 16);
    const bundlePath = join(options.cacheDir ?? defaultCache(), "plugins", `${name}-v${version}-${hash}.cjs`);
    await writeOnce(bundlePath, code);
    const folder = join(options.pulumiHome, "plugins", `resource-${name}-v${version}`);
    const files = {
        [`pulumi-resource-${name}`]: launcher(bundlePath),
        [MARK]: `${JSON.stringify({ name, version, hash, bundle: bundlePath }, null, 4)}\n`,
    };
    const changed = await placeFolder(folder, files);
    return { name, version, folder, changed };
}

async function sdkVersion(name: OwnPlugin): Promise<string> {
    const manifest: unknown = JSON.parse(await readFile(require.resolve(`@pulumi/${name}/package.json`), "utf8"));
    if (typeof manifest === "object" && manifest !== null && "version" in manifest && typeof manifest.version === "string")
        return manifest.version;
    throw new Error(`@pulumi/${name}: its package.json has no version; run npm ci`);
}

async function bundle(name: OwnPlugin): Promise<string> {
    const entry = `import { plugin } from "./${name}"; import { serve } from "./kit/server"; serve(plugin);`;
    const result = await build({
        stdin: { contents: entry, resolveDir: __dirname, sourcefile: `${name}-entry.ts`, loader: "ts" },
        bundle: true,
        platform: "node",
        target: "node20",
        format: "cjs",
        write: false,
        logLevel: "silent",
        legalComments: "inline",
    });
    const output = result.outputFiles[0];
    if (output === undefined) throw new Error(`${name}: esbuild gave no output`);
    return output.text;
}

function defaultCache(): string {
    return process.env["QUAI_CACHE_DIR"] ?? join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "quai");
}

/** Runs the bundle with the node that installed it, or, where that has gone, with the one on the PATH. */
function launcher(bundlePath: string): string {
    return [
        "#!/bin/sh",
        `node=${quoted(process.execPath)}`,
        '[ -x "$node" ] || node=node',
        `exec "$node" --no-warnings ${quoted(bundlePath)} "$@"`,
        "",
    ].join("\n");
}

function quoted(text: string): string {
    return `'${text.replaceAll("'", "'\\''")}'`;
}

async function writeOnce(path: string, content: string): Promise<void> {
    if ((await readOrUndefined(path)) === content) return;
    await mkdir(join(path, ".."), { recursive: true });
    const temporary = `${path}.${unique()}`;
    await writeFile(temporary, content);
    await rename(temporary, path);
}

/** Makes the folder appear whole, or renews its files one by one, each by rename. Answers whether anything changed. */
async function placeFolder(folder: string, files: Readonly<Record<string, string>>): Promise<boolean> {
    if (await holds(folder, files)) return false;
    await refuseForeign(folder);
    // Not named like a plugin, so that the engine passes over it.
    const temporary = join(folder, "..", `.quai-${unique()}`);
    await mkdir(temporary, { recursive: true });
    for (const [name, content] of Object.entries(files)) await writeFile(join(temporary, name), content, { mode: 0o755 });
    try {
        await rename(temporary, folder);
    } catch {
        // It stands there already, from before or from another install at the same moment.
        for (const name of Object.keys(files)) await rename(join(temporary, name), join(folder, name));
        await rm(temporary, { recursive: true, force: true });
    }
    // The engine passes over a plugin beside which a `.partial` file tells of a broken download.
    await rm(`${folder}.partial`, { force: true });
    return true;
}

async function holds(folder: string, files: Readonly<Record<string, string>>): Promise<boolean> {
    const contents = await Promise.all(Object.keys(files).map((name) => readOrUndefined(join(folder, name))));
    return Object.values(files).every((content, index) => contents[index] === content);
}

async function refuseForeign(folder: string): Promise<void> {
    const names = await readdir(folder).catch(ignore("ENOENT"));
    if (names === undefined || names.length === 0 || names.includes(MARK)) return;
    throw new Error(`${folder}: holds a plugin that was not installed from here; use it as it is, or remove the folder`);
}

async function readOrUndefined(path: string): Promise<string | undefined> {
    return readFile(path, "utf8").catch(ignore("ENOENT"));
}

function ignore(code: string): (error: unknown) => undefined {
    return (error) => {
        if (typeof error === "object" && error !== null && "code" in error && error.code === code) return undefined;
        throw error;
    };
}

function unique(): string {
    return `${process.pid}-${randomBytes(4).toString("hex")}`;
}

function isPlugin(name: string): name is OwnPlugin {
    return [...FALLBACK_PLUGINS, REHEARSAL_PLUGIN].some((plugin) => plugin === name);
}

/** `npx tsx tools/offline/plugins/install.ts [names]`: into PULUMI_HOME, by default the checkout's own `.quai/home`. */
async function main(names: readonly string[]): Promise<void> {
    const wrong = names.filter((name) => !isPlugin(name));
    if (wrong.length > 0) throw new Error(`${wrong.join(", ")}: no such fallback plugin; there are ${FALLBACK_PLUGINS.join(", ")}`);
    const pulumiHome = process.env["PULUMI_HOME"] ?? resolve(__dirname, "../../../.quai/home");
    for (const name of names.length > 0 ? names.filter(isPlugin) : FALLBACK_PLUGINS) {
        const installed = await installFallbackPlugin(name, { pulumiHome });
        console.log(`${installed.changed ? "installed" : "already in place"}: ${installed.folder}`);
    }
}

if (require.main === module) {
    main(process.argv.slice(2)).catch((error: unknown) => {
        console.error(error instanceof Error ? error.message : error);
        process.exitCode = 1;
    });
}
