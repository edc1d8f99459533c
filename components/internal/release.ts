import { createHash } from "node:crypto";

export type Plain = string | number | boolean | null | undefined | readonly Plain[] | { readonly [key: string]: Plain };

/** JSON with sorted keys and without undefined members: the same text for the same content, in whatever order it was written. */
export function canonical(value: Plain): string {
    if (Array.isArray(value)) {
        return `[${value.map((item) => canonical(item as Plain)).join(",")}]`;
    }
    if (value !== null && typeof value === "object") {
        const members = Object.entries(value as Record<string, Plain>)
            .filter(([, member]) => member !== undefined)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`);
        return `{${members.join(",")}}`;
    }
    return JSON.stringify(value ?? null);
}

/**
 * A short name for everything that makes a container differ: 8 hexadecimal digits of SHA-256. Only values that are known when the
 * program starts go in, because resource names can't wait for outputs.
 */
export function releaseOf(content: Plain): string {
    return createHash("sha256").update(canonical(content)).digest("hex").slice(0, 8);
}
