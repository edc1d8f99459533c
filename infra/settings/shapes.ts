import { z } from "zod";
import { leaf, nearest } from "./leaf";

/** A mapping with exactly these keys; an unknown key is refused, with the one that was probably meant. */
export function section<S extends z.core.$ZodLooseShape>(shape: S) {
    return z.strictObject(shape, {
        error: (issue) => (issue.code === "unrecognized_keys" ? unknownKeys(issue.keys, Object.keys(shape)) : "must be a mapping"),
    });
}

/** One line for each unknown key, in their order: the formatter gives each its own path. */
function unknownKeys(keys: readonly string[], known: readonly string[]): string {
    return keys.map((key) => unknownKey(key, known)).join("\n");
}

/** What to say of a key that isn't known. */
export function unknownKey(key: string, known: readonly string[], prefix = ""): string {
    const near = nearest(key, known);
    if (near !== undefined) return `unknown setting; did you mean ${prefix}${near}?`;
    return `unknown setting; ${known.length > 12 ? "docs/settings.md lists them all" : `known here: ${known.join(", ")}`}`;
}

interface Names {
    readonly what: string;
    readonly pattern: RegExp;
}

/** A mapping from names of the user's choice to values of one kind. */
export function mapping<V extends z.core.SomeType>(names: Names, value: V) {
    const name = z.string().regex(names.pattern, { error: `is no good as a name here: must be ${names.what}` });
    return z.record(name, value, { error: "must be a mapping" });
}

/** A list of values of one kind, none twice. */
export function list<V extends z.core.SomeType>(value: V) {
    return z
        .array(value, { error: "must be a list" })
        .superRefine(
            (items, ctx) => {
                items.forEach((item, i) => {
                    if (typeof item === "string" && items.indexOf(item) < i) {
                        ctx.addIssue({ code: "custom", path: [i], message: "is in the list twice; remove one" });
                    }
                });
            },
            // Also when some of the items are wrong: every problem is told at once.
            { when: ({ value }) => Array.isArray(value) },
        )
        .meta({ uniqueItems: true });
}

/** Either a single value or a mapping; whichever was written is the one that messages are about. */
export function either<A extends z.core.SomeType, B extends z.core.SomeType>(single: A, map: B) {
    return z.union([single, map]);
}

/** The word `false`, where a whole section can be switched off. */
export function off(what: string) {
    return leaf<false>({ what, read: (value) => (value === false || value === "false" ? false : undefined), json: { const: false } });
}

/** Names of secrets, services and the like. */
export const NAMES = {
    secret: { what: "a letter, then letters and digits, such as smtpPassword", pattern: /^[A-Za-z][A-Za-z0-9]{0,62}$/ },
    service: { what: "lower-case letters, digits and hyphens, such as celery-worker", pattern: /^[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?$/ },
    variable: { what: "letters, digits and underscores, such as LOG_LEVEL", pattern: /^[A-Za-z_][A-Za-z0-9_]*$/ },
    registry: { what: "a registry's host, with its port if it has one, without https://", pattern: /^[A-Za-z0-9.-]+(?::\d{1,5})?$/ },
    rule: { what: "the name of a rule of policies/", pattern: /^[a-z]+(?:-[a-z]+)*$/ },
    retired: { what: "a name that ./quai has printed, such as postgres-data or ssh://deploy@old-host", pattern: /^\S+$/ },
    reference: { what: "an image reference such as postgres:17.6-bookworm", pattern: /^\S+$/ },
} as const;
