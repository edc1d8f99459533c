import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";

/** The folder of the checkout this file belongs to. */
export const checkoutRoot = resolve(__dirname, "..", "..");

const packageFile = z.object({ dependencies: z.record(z.string(), z.string()) });

function dependencies(): Record<string, string> {
    return packageFile.parse(JSON.parse(readFileSync(join(checkoutRoot, "package.json"), "utf8"))).dependencies;
}

/** The version of the Node.js SDK, which is the version of the engine that is downloaded or built, and the oldest that is accepted. */
export const engineVersion: string = dependencies()["@pulumi/pulumi"] ?? "";

/**
 * The last version in which the Node.js language host was a part of a published Go module; it works with every engine of version 3.
 */
export const languageHostVersion = "3.68.0";

/** The oldest Go that can build the engine: the `go` line of tools/engine/build/cli/go.mod. */
export const goVersion = "1.25.11";

/** The oldest Go that can fetch a newer one by itself (GOTOOLCHAIN). */
export const goThatFetchesGo = "1.21.0";

/** Node.js packages whose provider plugins a deployment needs, with the versions package.json pins. */
export function pluginVersions(names: readonly string[]): ReadonlyMap<string, string> {
    const all = dependencies();
    return new Map(
        names.map((name) => {
            const version = all[`@pulumi/${name}`];
            if (!version) throw new Error(`package.json: dependencies["@pulumi/${name}"] is missing, so the plugin's version isn't known`);
            return [name, version];
        }),
    );
}

/** The numbers of a version such as `v3.259.0`, `go1.25.11`, `20.10.24+dfsg1`; undefined where there is none. */
export function parseVersion(text: string): readonly [number, number, number] | undefined {
    const match = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
    return match ? [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)] : undefined;
}

/** Below 0: `a` is older; 0: the same; above 0: newer. What isn't a version is older than any version. */
export function compareVersions(a: string, b: string): number {
    const [left, right] = [parseVersion(a), parseVersion(b)];
    if (!left || !right) return Number(Boolean(left)) - Number(Boolean(right));
    for (const i of [0, 1, 2] as const) {
        if (left[i] !== right[i]) return left[i] - right[i];
    }
    return 0;
}

/**
 * Whether an installed engine can be used: the same major version (state and protocol change between majors) and at least the minor
 * version of the Node.js SDK in package.json, because the SDK asks for features of the engine it was released with.
 */
export function isNewEnough(version: string, oldest: string = engineVersion): boolean {
    const [found, bound] = [parseVersion(version), parseVersion(oldest)];
    return found !== undefined && bound !== undefined && found[0] === bound[0] && found[1] >= bound[1];
}
