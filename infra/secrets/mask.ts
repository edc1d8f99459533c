import type { Span } from "./decode";
import { finderOf } from "./find";

/** What stands in the place of a secret. */
export const SECRET = "[secret]";

/** Replaces secrets in a text. */
export type Mask = (text: string) => string;

export interface Masks {
    /** Those that are known by value, in whatever text they stand and however they are written there (decode.ts). */
    readonly known: Mask;
    /** The same, and what looks like a secret, whoever's it is: for values, not for prose. */
    readonly all: Mask;
}

/** A shorter value isn't looked for within texts: it would blacken half the report, and no rule of this project lets a secret be so short. */
const SHORTEST = 6;
/** One of this length and up to that is masked where it is a value by itself. */
const SHORTEST_VALUE = 4;

/**
 * Each takes time in proportion to the text: nothing before the word or sign that a match depends on repeats without a limit. Previews hold
 * texts of hundreds of thousands of characters, such as what a step writes on a machine.
 */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
    [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, SECRET],
    [/([a-z][a-z0-9+.-]{0,30}:\/\/[^\s:/@"']*):[^\s@/"']+@/gi, `$1:${SECRET}@`],
    [/\b(bearer|basic) [A-Za-z0-9._~+/=-]{8,}/gi, `$1 ${SECRET}`],
    [/\b(AKIA|ASIA)[A-Z0-9]{16}\b/g, SECRET],
    [/\b(gh[pousr]_|github_pat_|glpat-|xox[abprs]-|sk_live_|npm_)[A-Za-z0-9_-]{16,}/g, SECRET],
    [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+/g, SECRET],
    [/(--?[a-z-]{0,40}(?:password|token|secret|passphrase)[a-z-]{0,40}[ =])(?!\/run\/secrets\/)[^\s"']+/gi, `$1${SECRET}`],
    // NAME=value and name: value, where the name says that it is a secret and the value isn't the path of one. After the path of a setting
    // comes what is said of it.
    [
        /(password|passwd|passphrase|secret|token|api_?key|private_?key|access_?key|credentials?|_key)(?<!quai:[\w.]{0,80})(["']?\s*[=:]\s*["']?)(?!\/run\/secrets\/|\[secret\])([^\s"',;&}]{4,})/gi,
        `$1$2${SECRET}`,
    ],
];

/** `NAME=value`, `"name": "value"` */
const VALUE = /([=:]\s*["']?)([^\s"',;&}]+)(?=["'\s,;&}]|$)/g;

/** Masks for a stack whose secrets have these values. Where none could be read, the patterns are all there is. */
export function masksOf(secrets: readonly string[]): Masks {
    const lines = secrets.flatMap((secret) => secret.split("\n").filter((line) => line.length >= 24 && !line.startsWith("-----")));
    const find = finderOf([...secrets, ...lines].filter((secret) => secret.length >= SHORTEST));
    const known = remembered((text) => hidden(text, find(text)));
    const short = new Set(secrets.filter(({ length }) => length >= SHORTEST_VALUE && length < SHORTEST));
    const alone: Mask = (text) =>
        short.has(text)
            ? SECRET
            : text.replace(VALUE, (all, before: string, value: string) => (short.has(value) ? `${before}${SECRET}` : all));
    return { known, all: (text) => PATTERNS.reduce((rest, [pattern, mark]) => rest.replace(pattern, mark), alone(known(text))) };
}

/** A preview says the same of the old and the new, and of each replica. */
function remembered(mask: Mask): Mask {
    const results = new Map<string, string>();
    return (text) => {
        const result = results.get(text) ?? mask(text);
        results.set(text, result);
        return result;
    };
}

function hidden(text: string, spans: readonly Span[]): string {
    let result = "";
    let at = 0;
    for (const [from, to] of spans.filter((span) => !isMark(text, span))) {
        result += text.slice(at, from) + SECRET;
        at = to;
    }
    return result + text.slice(at);
}

/** A secret that is a part of the mark itself. */
function isMark(text: string, [from, to]: Span): boolean {
    const mark = text.lastIndexOf(SECRET, from);
    return mark !== -1 && to <= mark + SECRET.length;
}
