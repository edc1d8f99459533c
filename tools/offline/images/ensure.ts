/** Makes sure that the engine has the local equivalents of official images, building what's missing. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { importBase, removeLeftovers } from "./base";
import { copyImages } from "./copy";
import { Docker, type DockerOptions } from "./docker";
import { withLock } from "./lock";
import { need } from "./needed";
import { sparingly } from "./progress";
import { type BaseRecipe, type ImageNeed, type ImageRecipe, recipeFor } from "./recipes";

export interface EnsureOptions {
    /** Told what's going on, a line at a time. @default silent */
    readonly onProgress?: (line: string) => void;
    /** The engine that must have the images. @default the command line's own choice */
    readonly docker?: DockerOptions;
    /** Another engine whose images are taken before any is built: this machine's, where `docker` is another one's. @default none */
    readonly copyFrom?: DockerOptions;
    /** Where root file systems are kept. @default `images` in the user's cache folder */
    readonly cacheFolder?: string;
}

/** The user's cache folder for images: QUAI_CACHE_DIR, or XDG_CACHE_HOME, or ~/.cache. */
export function imageCacheFolder(env: NodeJS.ProcessEnv = process.env): string {
    return join(env.QUAI_CACHE_DIR || join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "quai"), "images");
}

/** What stands in for each official reference, ready for `quai:imageMirror`. */
export type ImageMap = Record<string, string>;

/**
 * Builds the equivalents that the engine doesn't have yet and returns the map from official reference to local tag.
 * With nothing to build it's one call of docker. Two at once build once; a killed build leaves no image with a name.
 * @throws before anything is built, when a need has no equivalent or this machine can't build.
 */
export async function ensureOfflineImages(needs: readonly ImageNeed[], options: EnsureOptions = {}): Promise<ImageMap> {
    const recipes = needs.map((need) => ({ need, recipe: recipeFor(need) }));
    const docker = new Docker(options.docker);
    need(options.cacheFolder ?? imageCacheFolder());
    const tags = [...new Set(recipes.map(({ recipe }) => recipe.tag))];
    const have = await docker.present(tags);
    if (tags.some((tag) => !have.has(tag)))
        await buildMissing(
            recipes.map(({ recipe }) => recipe),
            docker,
            options,
        );
    return Object.fromEntries(recipes.map(({ need, recipe }) => [need.reference, recipe.tag]));
}

async function buildMissing(recipes: readonly ImageRecipe[], docker: Docker, options: EnsureOptions): Promise<void> {
    const onProgress = options.onProgress ?? (() => undefined);
    const cache = options.cacheFolder ?? imageCacheFolder();
    const waiting = (owner: string): void => onProgress(`images: ${owner} is building; waiting for it`);
    await withLock(join(cache, "build.lock"), waiting, async () => {
        removeLeftovers(cache);
        // Asked again: whoever held the lock may have built them.
        const have = await docker.present([...new Set(recipes.flatMap((recipe) => [recipe.tag, recipe.base.tag]))]);
        const missing = [...new Set(recipes.map(({ tag }) => tag))].filter((tag) => !have.has(tag));
        if (options.copyFrom !== undefined && missing.length > 0) {
            onProgress("images: copying from this machine's engine");
            for (const tag of await copyImages(missing, new Docker(options.copyFrom), docker)) have.add(tag);
        }
        for (const recipe of recipes) {
            if (have.has(recipe.tag)) continue;
            await baseOf(recipe.base, have, docker, cache, onProgress);
            if (recipe.folder !== undefined) await buildOn(recipe, recipe.folder, docker, cache, onProgress);
            have.add(recipe.tag);
        }
    });
}

async function baseOf(
    base: BaseRecipe,
    have: Set<string>,
    docker: Docker,
    cache: string,
    onProgress: (line: string) => void,
): Promise<void> {
    if (have.has(base.tag)) return;
    await importBase(base, docker, cache, onProgress);
    have.add(base.tag);
}

/** Lines of a build worth showing, of either builder. */
const steps = /^(?:#\d+ [\d.]+ )?(?:Need to get|Unpacking|Setting up) /;

async function buildOn(
    recipe: ImageRecipe,
    folder: string,
    docker: Docker,
    cache: string,
    onProgress: (line: string) => void,
): Promise<void> {
    const label = `${recipe.name} ${recipe.version}`;
    const started = Date.now();
    onProgress(`${label}: building from ${recipe.base.suite}'s packages`);
    mkdirSync(cache, { recursive: true });
    const work = mkdtempSync(join(cache, "building-"));
    const detail = sparingly(onProgress);
    try {
        const idFile = join(work, "id");
        await docker.build(`building ${recipe.tag}`, folder, { BASE: recipe.base.tag, ...recipe.args }, idFile, (line) => {
            if (steps.test(line)) detail(`${label}: ${line.replace(/^#\d+ [\d.]+ /, "").trim()}`);
        });
        await docker.must(`naming ${recipe.tag}`, ["tag", readFileSync(idFile, "utf8").trim(), recipe.tag]);
    } finally {
        rmSync(work, { recursive: true, force: true });
    }
    onProgress(`${label}: ready as ${recipe.tag} after ${Math.round((Date.now() - started) / 1000)} s`);
}
