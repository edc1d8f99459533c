import type { z } from "zod";
import type { Settings } from "./types";

export type Path = readonly (string | number)[];

/** Something wrong with a setting. */
export interface Problem {
    /** Where, beginning with the key without `quai:`; empty when it's the stack itself. */
    readonly path: Path;
    /** What is wrong and how to put it right. */
    readonly message: string;
    /** Whether the value may be shown; even so it isn't where it may be a secret. */
    readonly show: boolean;
}

/** All that is wrong with a stack's settings. */
export class SettingsError extends Error {
    override readonly name = "SettingsError";

    /**
     * @param problems one line each, beginning with its path, in the order of the file
     * @param readable the settings all the same, where each could be read: what the policies say of them can be told in the same message
     */
    constructor(
        readonly stackName: string,
        readonly problems: readonly string[],
        readonly readable?: Settings,
    ) {
        const count = problems.length === 1 ? "one problem" : `${problems.length} problems`;
        super(`Pulumi.${stackName}.yaml has ${count}:\n${problems.join("\n")}`);
    }
}

/** Places whose values are, or are easily mistaken for, secrets. */
const HIDDEN = [/^secrets(\.|$)/, /^registries\.[^\n]*passwordSecret$/, /^backup\.offsite\.environment(\.|$)/, /\.env\./, /\.args\./];

/** What generators of passwords and keys print, and no name, address, date or path of a file is: somebody has taken the wrong line. */
const GENERATED = /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[\w+/=~!#$%^&*-]{12,}$|^[0-9a-f]{32,}$/;

/** The problems that zod found below `path`. */
export function problemsOf(issues: readonly z.core.$ZodIssue[], raw: unknown, path: Path): Problem[] {
    return issues.flatMap((issue): Problem[] => {
        const here = [...path, ...issue.path.map((part) => (typeof part === "symbol" ? String(part) : part))];
        if (issue.code === "unrecognized_keys") {
            const messages = issue.message.split("\n");
            return issue.keys.map((key, i) => ({ path: [...here, key], message: messages[i] ?? "unknown setting", show: false }));
        }
        if (issue.code === "invalid_key") return [{ path: here, message: issue.issues[0]?.message ?? issue.message, show: false }];
        if (issue.code === "invalid_union" && issue.errors.length > 0) {
            // `either` puts the single value first and the mapping or list second.
            const written = valueAt(raw, here.slice(path.length));
            const meant = typeof written === "object" && written !== null ? issue.errors.at(-1) : issue.errors[0];
            return problemsOf(meant ?? [], written, here);
        }
        const absent = valueAt(raw, here.slice(path.length)) === undefined;
        return [{ path: here, message: absent ? issue.message.replace(/^must be /, "is required: ") : issue.message, show: true }];
    });
}

/** The lines of an error: each problem once, in the order in which the settings were written; what is missing comes last. */
export function lines(problems: readonly Problem[], raw: Readonly<Record<string, unknown>>, secretKeys: readonly string[]): string[] {
    const placed = problems.map((problem) => ({ line: line(problem, raw, secretKeys), place: placeOf(raw, problem.path) }));
    placed.sort((a, b) => compare(a.place, b.place));
    return [...new Set(placed.map(({ line }) => line))];
}

function line({ path, message, show }: Problem, raw: Readonly<Record<string, unknown>>, secretKeys: readonly string[]): string {
    const value = valueAt(raw, path);
    const where = pathText(path);
    // The engine makes empty text of a key without a value.
    if (value === null || value === "") return `${where}: has no value; write one, or remove the line`;
    const hidden = HIDDEN.some((place) => place.test(path.join("."))) || secretKeys.includes(String(path[0]));
    if (!show || value === undefined) return `${where}: ${message}`;
    if (!hidden && typeof value === "string" && GENERATED.test(value))
        return `${where}: ${message} (value not shown, it looks like a secret)`;
    return `${where}: ${message} (${hidden ? "value not shown" : `got ${shown(value)}`})`;
}

/** A path as it's written on Pulumi's command line: `quai:registries["ghcr.io"].username`. */
export function pathText(path: Path): string {
    if (path.length === 0) return "stack";
    return path.map((part, i) => (i === 0 ? `quai:${part}` : typeof part === "number" ? `[${part}]` : property(part))).join("");
}

function property(name: string): string {
    return /^[A-Za-z_][\w-]*$/.test(name) ? `.${name}` : `[${JSON.stringify(discreet(name))}]`;
}

/** A value for a message: short, and without the credentials that an address may carry. */
function shown(value: unknown): string {
    if (typeof value === "number" || typeof value === "boolean") return String(value);
    if (Array.isArray(value)) return "a list";
    if (typeof value === "string") {
        if (value.includes("-----BEGIN")) return "the text of a key or certificate";
        const text = discreet(value);
        return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}…` : text);
    }
    return "a mapping";
}

function discreet(text: string): string {
    return text.replace(/^(.*?:\/\/)?\S*:\S*@/, "$1…@");
}

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

function valueAt(raw: unknown, path: Path): unknown {
    return path.reduce<unknown>((value, part) => {
        if (Array.isArray(value)) return value[Number(part)] as unknown;
        return isMapping(value) && Object.hasOwn(value, part) ? value[part] : undefined;
    }, raw);
}

/** Position at each level of the file; what isn't in the file comes after what is. */
function placeOf(raw: unknown, path: Path): number[] {
    const place: number[] = [];
    let value = raw;
    for (const part of path) {
        const keys = Array.isArray(value) ? [...value.keys()] : isMapping(value) ? Object.keys(value) : [];
        const index = (keys as (string | number)[]).indexOf(part);
        place.push(index < 0 ? Infinity : index);
        value = valueAt(value, [part]);
    }
    return place;
}

function compare(a: readonly number[], b: readonly number[]): number {
    for (let i = 0; i < Math.min(a.length, b.length); i++) {
        const [left, right] = [a[i] ?? 0, b[i] ?? 0];
        if (left !== right) return left < right ? -1 : 1;
    }
    return a.length - b.length;
}
