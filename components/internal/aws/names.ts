import { createHash } from "node:crypto";

/** Longest names that AWS takes. */
export const LONGEST = {
    loadBalancer: 32,
    targetGroup: 32,
    replicationGroup: 40,
    role: 64,
    database: 63,
    family: 255,
    function: 64,
    schedule: 64,
} as const;

/** A name that fits: where it is too long, its end gives way to a hash of the whole, so that different names stay different. */
export function fitting(name: string, longest: number): string {
    if (name.length <= longest) {
        return name;
    }
    const hash = createHash("sha256").update(name).digest("hex").slice(0, 6);
    return `${name.slice(0, longest - hash.length - 1).replace(/-+$/, "")}-${hash}`;
}

/** The zones of a region whose letters aren't a, b, c (for new accounts). */
const OTHER_LETTERS: Readonly<Record<string, string>> = { "ap-northeast-1": "acd", "ca-central-1": "abd", "us-west-1": "ac" };

/** Names of a region's first zones: known without asking, so that a preview needs no answer. A list in the settings says otherwise. */
export function zoneNames(region: string, count: number): string[] {
    const letters = [...(OTHER_LETTERS[region] ?? "abc")];
    return letters.slice(0, count).map((letter) => `${region}${letter}`);
}
