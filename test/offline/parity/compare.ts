import { ACCEPTED, type Accepted } from "./accepted";
import type { Observation } from "./observe";
import { isObject } from "./wire";

export interface Difference {
    /** `<case>/<path in the observation>`, e.g. `container/change memory.changes`. */
    readonly path: string;
    readonly official: string;
    readonly ours: string;
    readonly accepted?: Accepted;
}

/** Lists whose order means something; any other is compared as a set. */
const ORDERED = new Set(["Cmd", "Entrypoint", "Test", "command", "entrypoints", "tests", "interpreter", "triggers"]);

/** Where the two observations of one case differ, smallest part by smallest part. */
export function compare(name: string, official: Observation, ours: Observation): Difference[] {
    const found: Difference[] = [];
    walk(`${name}/`, "", official, ours, found);
    return found.map((difference) => {
        const accepted = ACCEPTED.find((entry) => entry.path.test(difference.path));
        return accepted === undefined ? difference : { ...difference, accepted };
    });
}

function walk(base: string, path: string, official: unknown, ours: unknown, found: Difference[]): void {
    const key = path.split(".").at(-1) ?? "";
    const a = settled(official, key);
    const b = settled(ours, key);
    if (isObject(a) && isObject(b)) {
        for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) {
            walk(base, path === "" ? name : `${path}.${name}`, a[name], b[name], found);
        }
        return;
    }
    const [left, right] = [text(a), text(b)];
    if (left !== right) found.push({ path: base + path, official: left, ours: right });
}

/** Nothing, null and an empty list or map are one to a program; sets have no order. */
function settled(value: unknown, key: string): unknown {
    if (value === null || value === undefined) return null;
    if (Array.isArray(value)) {
        const items = value.map((item) => settled(item, key));
        if (items.length === 0) return null;
        return ORDERED.has(key) ? items : items.sort((a, b) => text(a).localeCompare(text(b)));
    }
    if (!isObject(value)) return value;
    const entries = Object.keys(value)
        .sort()
        .map((name): [string, unknown] => [name, settled(value[name], name)])
        .filter(([, item]) => item !== null);
    return entries.length === 0 ? null : Object.fromEntries(entries);
}

function text(value: unknown): string {
    return JSON.stringify(value) ?? "null";
}

/** One line per difference, for people. */
export function report(differences: readonly Difference[]): string {
    return differences.map(({ path, official, ours }) => `${path}\n    official: ${official}\n    ours:     ${ours}`).join("\n");
}
