import { type Span, type View, views } from "./decode";

/** How often a text is decoded: base64 of JSON in JSON, broken into lines, is four. */
const DEEPEST = 4;

/** Most of what base64 could mean are bytes without a sense: they aren't looked at any further. */
const LEGIBLE = /[\t\n\r -~]{8}/;

/** Where in a text a secret stands, however it is written there: spans that don't overlap, in their order. */
export type Finder = (text: string) => readonly Span[];

/** @param secrets values; each is looked for as it is, and as each way of writing gives it back (decode.ts) */
export function finderOf(secrets: readonly string[]): Finder {
    const search = searchFor(secrets.flatMap(asFound));
    const shortest = Math.min(...secrets.map((secret) => secret.length));
    return (text) => {
        if (text.length < shortest) return [];
        const within = (one: string, depth: number, seen: Set<string>): Span[] => [
            ...search(one),
            ...(depth === 0 ? [] : views(one, shortest).flatMap(inView(depth - 1, seen))),
        ];
        const inView =
            (depth: number, seen: Set<string>) =>
            ({ text: meant, bytes, back }: View): Span[] => {
                // The same bytes may stand in several places; the same text of a whole one comes of another order of the same steps.
                if (bytes === true) return within(meant, LEGIBLE.test(meant) ? depth : 0, new Set([meant])).map(back);
                return seen.has(meant) ? [] : within(meant, depth, seen.add(meant)).map(back);
            };
        return merged(within(text, DEEPEST, new Set([text])));
    };
}

/** Whitespace is left out of a text that was broken into lines; bytes of base64 are characters of Latin 1. */
function asFound(secret: string): string[] {
    return [secret, secret.replace(/\s/g, ""), Buffer.from(secret).toString("latin1")];
}

/** All places of all values, overlapping ones too: one pass over the text, whatever the number of values. */
function searchFor(values: readonly string[]): (text: string) => Span[] {
    const byStart = new Map<number, string[]>();
    for (const value of new Set(values)) {
        const key = pairAt(value, 0);
        byStart.set(key, [...(byStart.get(key) ?? []), value]);
    }
    return (text) => {
        const found: Span[] = [];
        for (let at = 0; at + 1 < text.length; at++) {
            for (const value of byStart.get(pairAt(text, at)) ?? []) {
                if (text.startsWith(value, at)) found.push([at, at + value.length]);
            }
        }
        return found;
    };
}

/** The two characters at a place, as one number. */
function pairAt(text: string, at: number): number {
    return text.charCodeAt(at) * 0x10000 + text.charCodeAt(at + 1);
}

/** Those that overlap or touch are one. */
function merged(spans: readonly Span[]): Span[] {
    const result: Span[] = [];
    for (const [from, to] of [...spans].sort((a, b) => a[0] - b[0] || b[1] - a[1])) {
        const last = result.at(-1);
        if (last !== undefined && from <= last[1]) result[result.length - 1] = [last[0], Math.max(last[1], to)];
        else result.push([from, to]);
    }
    return result;
}
