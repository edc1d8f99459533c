import { isRecord, LATER, SECRET } from "./values";

/** Replaces secrets in a text. */
export type Mask = (text: string) => string;

export interface Masks {
    /** Those that are known by value, in whatever text they stand, as they are and as URLs, JSON and base64 write them. */
    readonly known: Mask;
    /** The same, and what looks like a secret, whoever's it is: for values, not for prose. */
    readonly all: Mask;
}

/** A value shorter than this isn't looked for: it would blacken half the report, and no rule of this project lets a secret be so short. */
const SHORTEST = 6;

/** Names of variables and settings whose value is nobody's business. */
export const SECRET_NAME = /(pass(word|wd|phrase)?|secret|token|api_?key|private_?key|access_?key|credential|auth)s?$/i;

const PATTERNS: readonly (readonly [RegExp, string])[] = [
    [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, SECRET],
    [/([a-z][a-z0-9+.-]*:\/\/[^\s:/@"']*):[^\s@/"']+@/gi, `$1:${SECRET}@`],
    [/\b(bearer|basic) [A-Za-z0-9._~+/=-]{8,}/gi, `$1 ${SECRET}`],
    [/\b(AKIA|ASIA)[A-Z0-9]{16}\b/g, SECRET],
    [/\b(gh[pousr]_|github_pat_|glpat-|xox[abprs]-|sk_live_|npm_)[A-Za-z0-9_-]{16,}/g, SECRET],
    [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+/g, SECRET],
    [/(--?[a-z-]*(?:password|token|secret|passphrase)[a-z-]*[ =])(?!\/run\/secrets\/)[^\s"']+/gi, `$1${SECRET}`],
    // NAME=value and name: value, where the name says that it is a secret and the value isn't the path of one.
    [
        /\b([A-Za-z0-9_.-]*(?:password|passwd|passphrase|secret|token|api_?key|private_?key|access_?key|credentials?|_key))(["']?\s*[=:]\s*["']?)(?!\/run\/secrets\/|\[secret\])([^\s"',;&}]{4,})/gi,
        `$1$2${SECRET}`,
    ],
];

/** As JSON writes it within a text. */
const escaped = (text: string) => JSON.stringify(text).slice(1, -1);

/** Masks for a stack whose secrets have these values. Where none could be read, the patterns are all there is. */
export function masksOf(secrets: readonly string[]): Masks {
    const forms = secrets
        .filter((secret) => secret.length >= SHORTEST)
        .flatMap((secret) => [
            secret,
            encodeURIComponent(secret),
            escaped(secret),
            escaped(escaped(secret)),
            Buffer.from(secret).toString("base64").replace(/=+$/, ""),
            ...secret.split("\n").filter((line) => line.length >= 24 && !line.startsWith("-----")),
        ]);
    // The longest first: one secret may be a part of another.
    const values = [...new Set(forms)].filter((form) => form.length >= SHORTEST).sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
    const known: Mask = (text) => values.reduce((rest, form) => rest.split(form).join(SECRET), text);
    return { known, all: (text) => PATTERNS.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), known(text)) };
}

/** The same value with every text in it masked, names of members too; a member whose name is that of a secret loses its value. */
export function masked<T>(value: T, mask: Mask): T {
    return maskValue(value, mask) as T;
}

function maskValue(value: unknown, mask: Mask): unknown {
    if (typeof value === "string") return mask(value);
    if (Array.isArray(value)) return value.map((item) => maskValue(item, mask));
    if (!isRecord(value)) return value;
    return Object.fromEntries(
        Object.entries(value).map(([name, member]) => [
            mask(name),
            typeof member === "string" && SECRET_NAME.test(name) && !harmless(member) ? SECRET : maskValue(member, mask),
        ]),
    );
}

/** The path of a secret's file, a mark, a date of rotation tell nothing. */
function harmless(text: string): boolean {
    return text === "" || text.startsWith("/") || text === SECRET || text === LATER || /^\d{4}-\d\d-\d\d$/.test(text);
}
