import { parseType, type PropertyType } from "./property-types";
import { suggest } from "./suggest";
import { UNKNOWN, type CheckFailure, type PluginFacts, type Properties, type PropertyFacts } from "./types";
import { isAsset, isObject } from "./values";

/** How many names an error lists when none of them looks like the wrong one. */
const LISTED = 15;
const SHOWN_LENGTH = 60;

export interface Checked {
    /** The values with defaults filled in. */
    readonly values: Properties;
    readonly failures: readonly CheckFailure[];
    /** Whether every value has its declared type and nothing is missing, so that rules may look at the values. */
    readonly wellFormed: boolean;
}

interface Job {
    readonly facts: PluginFacts;
    readonly failures: CheckFailure[];
    readonly secretKeys: ReadonlySet<string>;
    malformed: boolean;
}

/** Holds properties against what the published schema says: every unknown name, wrong type and missing value at once. */
export function checkAgainstFacts(
    facts: PluginFacts,
    owner: string,
    properties: Readonly<Record<string, PropertyFacts>>,
    values: Properties,
    secretKeys: ReadonlySet<string> = new Set(),
): Checked {
    const job: Job = { facts, failures: [], secretKeys, malformed: false };
    const checked = checkObject(job, "", owner, properties, values);
    return { values: checked, failures: job.failures, wellFormed: !job.malformed };
}

function checkObject(
    job: Job,
    path: string,
    owner: string,
    properties: Readonly<Record<string, PropertyFacts>>,
    values: Properties,
): Properties {
    const result: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(values)) {
        if (name.startsWith("__")) continue;
        const facts = properties[name];
        if (facts === undefined) fail(job, at(path, name), unknownName(name, owner, Object.keys(properties)));
        else result[name] = checkValue(job, at(path, name), parseType(facts.type, job.facts), value);
    }
    for (const [name, facts] of Object.entries(properties)) {
        if (result[name] !== undefined || name in values) continue;
        if (facts.default !== undefined) result[name] = facts.default;
        else if (facts.required === true) malformed(job, at(path, name), `required property of ${owner} is missing`);
    }
    return result;
}

function checkValue(job: Job, path: string, type: PropertyType, value: unknown): unknown {
    if (value === UNKNOWN || type.kind === "any") return value;
    switch (type.kind) {
        case "list":
            if (!Array.isArray(value)) return wrongType(job, path, "a list", value);
            return value.map((item, index) => checkValue(job, `${path}[${index}]`, type.of, item));
        case "map":
            if (!isObject(value)) return wrongType(job, path, "a map", value);
            return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, checkValue(job, at(path, key), type.of, item)]));
        case "object":
            if (!isObject(value)) return wrongType(job, path, `an object (${type.name})`, value);
            return checkObject(job, path, type.name, type.properties, value);
        case "enum":
            if (typeof value === "string" && type.values.includes(value)) return value;
            return wrongType(job, path, `one of ${type.values.map((item) => JSON.stringify(item)).join(", ")}`, value);
        case "asset":
            return isAsset(value) ? value : wrongType(job, path, "an asset or an archive", value);
        case "integer":
            return Number.isInteger(value) ? value : wrongType(job, path, "a whole number", value);
        default:
            return typeof value === type.kind ? value : wrongType(job, path, `a ${type.kind}`, value);
    }
}

function wrongType(job: Job, path: string, expected: string, value: unknown): unknown {
    malformed(job, path, `must be ${expected} (got ${show(job, path, value)})`);
    return value;
}

function unknownName(name: string, owner: string, known: readonly string[]): string {
    const guess = suggest(name, known);
    if (guess !== undefined) return `unknown property of ${owner}; did you mean "${guess}"?`;
    return known.length > 0 && known.length <= LISTED
        ? `unknown property of ${owner}; it has: ${[...known].sort().join(", ")}`
        : `unknown property of ${owner}`;
}

function malformed(job: Job, path: string, reason: string): void {
    job.malformed = true;
    fail(job, path, reason);
}

function fail(job: Job, path: string, reason: string): void {
    job.failures.push({ property: path, reason });
}

function at(path: string, name: string): string {
    const plain = /^[A-Za-z_$][\w$]*$/.test(name);
    if (!plain) return `${path}[${JSON.stringify(name)}]`;
    return path === "" ? name : `${path}.${name}`;
}

/** A value for an error message: short, and never a secret. */
function show(job: Job, path: string, value: unknown): string {
    const key = /^[\w$]+/.exec(path)?.[0] ?? "";
    if (job.secretKeys.has(key)) return "a secret of another type";
    const text = value === null || value === undefined ? "nothing" : JSON.stringify(value);
    return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
}
