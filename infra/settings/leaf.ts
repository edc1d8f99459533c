import { z } from "zod";

/** A fragment of JSON Schema, for what a value looks like in the file. */
export type Json = Readonly<Record<string, unknown>>;

/** Thrown by a reader: what is wrong with a value and how to put it right, without its path and without the value. */
export class Refusal extends Error {}

interface Leaf<T> {
    /** What the value must be, to complete "must be …" and "is required: …". */
    readonly what: string;
    /** The value as the program uses it; undefined when it isn't `what`; throws `Refusal` to say more than that. */
    readonly read: (value: unknown) => T | undefined;
    readonly json: Json;
}

/** A setting that is one value: every message about it comes from here. */
export function leaf<T>({ what, read, json }: Leaf<T>) {
    const schema = z.unknown().transform((value, ctx): T => {
        const refuse = (message: string): never => {
            ctx.addIssue({ code: "custom", message });
            return z.NEVER;
        };
        if (value === undefined) return refuse(`is required: ${what}`);
        try {
            const result = read(value);
            return result === undefined ? refuse(`must be ${what}`) : result;
        } catch (error) {
            if (error instanceof Refusal) return refuse(error.message);
            throw error;
        }
    });
    return schema.meta(json);
}

/** Text that matches a pattern. */
export function text(what: string, pattern: RegExp) {
    return checkedText(what, pattern, (value) => value);
}

/** Text that matches a pattern and then passes a check of its own, which may throw `Refusal`. */
export function checkedText<T>(what: string, pattern: RegExp, check: (value: string) => T | undefined) {
    return leaf({
        what,
        read: (value) => (typeof value === "string" && pattern.test(value) ? check(value) : undefined),
        json: { type: "string", pattern: pattern.source },
    });
}

/** A number, also as text (`pulumi config set` and quotes make text of numbers). */
function numeric(value: unknown): number | undefined {
    if (typeof value === "number") return value;
    return typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : undefined;
}

/** A whole number from `min` to `max`. */
export function whole(min: number, max: number, hint = "") {
    return leaf({
        what: `a whole number from ${min} to ${max}${hint && `; ${hint}`}`,
        read: (value) => {
            const number = numeric(value);
            return number !== undefined && Number.isInteger(number) && number >= min && number <= max ? number : undefined;
        },
        json: { type: "integer", minimum: min, maximum: max },
    });
}

/** A number greater than 0 and up to `max`. */
export function positive(max: number) {
    return leaf({
        what: `a number greater than 0, at most ${max}`,
        read: (value) => {
            const number = numeric(value);
            return number !== undefined && number > 0 && number <= max ? number : undefined;
        },
        json: { type: "number", exclusiveMinimum: 0, maximum: max },
    });
}

/** true or false, also as text: the engine itself puts `running: false` into quotes when it writes the file. */
export function truth() {
    return leaf({
        what: "true or false",
        read: (value) => (value === true || value === "true" ? true : value === false || value === "false" ? false : undefined),
        json: { type: ["boolean", "string"], enum: [true, false, "true", "false"] },
    });
}

/** One of several words or numbers; a number may come as text and the other way round. */
export function choice<const T extends string | number>(...options: readonly T[]) {
    const list = options.map(String);
    const numbers = options.filter((option) => String(Number(option)) === String(option)).map(Number);
    const words = numbers.length === options.length ? numbers : [...options, ...numbers.filter((n) => !options.includes(n as T))];
    return leaf({
        what: `${list.slice(0, -1).join(", ")} or ${list.at(-1) ?? ""}`,
        read: (value) => {
            if (typeof value !== "string" && typeof value !== "number") return undefined;
            const found = options.find((option) => String(option) === String(value));
            if (found !== undefined) return found;
            const near = typeof value === "string" ? nearest(value, list) : undefined;
            if (near !== undefined) {
                throw new Refusal(`must be ${list.slice(0, -1).join(", ")} or ${list.at(-1) ?? ""}; did you mean ${near}?`);
            }
            return undefined;
        },
        json: { enum: words },
    });
}

/** The known word that was probably meant, if one is near enough. */
export function nearest(word: string, known: readonly string[]): string | undefined {
    const lower = word.toLowerCase();
    const ranked = known.map((candidate) => ({ candidate, far: distance(lower, candidate.toLowerCase()) })).sort((a, b) => a.far - b.far);
    const best = ranked[0];
    return best !== undefined && best.far <= Math.max(1, Math.floor(word.length / 3)) ? best.candidate : undefined;
}

/** Letters to add, drop, change or swap with their neighbour to turn one word into another. */
function distance(a: string, b: string): number {
    const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
    for (let i = 1; i <= a.length; i++) {
        const row = [i];
        for (let j = 1; j <= b.length; j++) {
            const above = rows[i - 1] ?? [];
            const same = a[i - 1] === b[j - 1];
            let best = Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + (same ? 0 : 1));
            if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, (rows[i - 2]?.[j - 2] ?? 0) + 1);
            row.push(best);
        }
        rows.push(row);
    }
    return rows[a.length]?.[b.length] ?? 0;
}
