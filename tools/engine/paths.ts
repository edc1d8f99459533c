import { accessSync, constants, statSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The user's cache folder, shared by all checkouts: QUAI_CACHE_DIR, else XDG_CACHE_HOME/quai, else ~/.cache/quai. */
export function cacheDir(env: Environment = process.env): string {
    if (env["QUAI_CACHE_DIR"]) return env["QUAI_CACHE_DIR"];
    return join(env["XDG_CACHE_HOME"] || join(env["HOME"] || homedir(), ".cache"), "quai");
}

/** The checkout's own folder for what must not be committed: engine home, state, passphrase. */
export function workDir(checkout: string): string {
    return join(checkout, ".quai");
}

/** The operating system and processor as the engine's downloads name them, e.g. `linux-x64`; undefined: no download for it. */
export function platformName(platform: string = process.platform, arch: string = process.arch): string | undefined {
    const known = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"];
    const name = `${platform}-${arch}`;
    return known.includes(name) ? name : undefined;
}

export function isExecutable(file: string): boolean {
    try {
        accessSync(file, constants.X_OK);
        return statSync(file).isFile();
    } catch {
        return false;
    }
}

/** Absolute path of a program on PATH, as a shell would find it. */
export function findOnPath(program: string, env: Environment = process.env): string | undefined {
    for (const folder of (env["PATH"] ?? "").split(delimiter)) {
        if (!folder.startsWith("/")) continue; // A relative folder on PATH would mean another program in each working folder.
        const file = join(folder, program);
        if (isExecutable(file)) return file;
    }
    return undefined;
}

/** PATH with a folder put first. */
export function prependPath(folder: string, path: string | undefined): string {
    const rest = (path ?? "").split(delimiter).filter((p) => p !== "" && p !== folder);
    return [folder, ...rest].join(delimiter);
}
