/**
 * Reads of property values. Like the official plugin, a zero value ("", 0, false, an empty list) counts as absent. An unknown
 * value (previews only) counts as absent too; whoever must tell the two apart compares with UNKNOWN itself.
 */

export type Values = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is Values {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function text(source: Values, name: string): string | undefined {
    const value = source[name];
    return typeof value === "string" && value !== "" ? value : undefined;
}

export function integer(source: Values, name: string): number | undefined {
    const value = source[name];
    return typeof value === "number" && value !== 0 ? value : undefined;
}

export function flag(source: Values, name: string): boolean {
    return source[name] === true;
}

export function list(source: Values, name: string): readonly unknown[] {
    const value = source[name];
    return Array.isArray(value) ? value : [];
}

/** A list of strings; an entry that isn't one is left out. */
export function texts(source: Values, name: string): string[] {
    return list(source, name).filter((entry): entry is string => typeof entry === "string");
}

/** A list of objects. */
export function records(source: Values, name: string): Values[] {
    return list(source, name).filter(isRecord);
}

export function record(source: Values, name: string): Values | undefined {
    const value = source[name];
    return isRecord(value) ? value : undefined;
}

/** A map of strings; undefined when absent or empty. */
export function textMap(source: Values, name: string): Record<string, string> | undefined {
    const entries = Object.entries(record(source, name) ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === "string");
    return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

/** `[{label, value}]` as a map. */
export function labelMap(source: Values, name: string): Record<string, string> | undefined {
    const pairs = records(source, name).flatMap((entry): [string, string][] =>
        typeof entry.label === "string" && typeof entry.value === "string" ? [[entry.label, entry.value]] : [],
    );
    return pairs.length > 0 ? Object.fromEntries(pairs) : undefined;
}

/** The inverse of labelMap, sorted by label so that a refresh never reorders. */
export function labelList(labels: Readonly<Record<string, string>> | null | undefined): { label: string; value: string }[] {
    return Object.entries(labels ?? {})
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([label, value]) => ({ label, value }));
}

/** Drops the entries whose value is undefined. */
export function defined(source: Values): Record<string, unknown> {
    return Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined));
}

/** Fills in defaults for what is absent. */
export function withDefaults(source: Values, defaults: Values): Record<string, unknown> {
    return { ...defaults, ...defined(source) };
}
