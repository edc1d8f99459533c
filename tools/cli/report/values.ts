import { SECRET } from "../../../infra/secrets/mask";

/** How the engine marks a secret and what isn't known yet in its JSON (sdk/v3/go/common/resource/properties.go). */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export const LATER = "[known later]";

/** A value of the engine's without its marks. */
export function kept(value: unknown): unknown {
    if (value === UNKNOWN) return LATER;
    if (value !== null && typeof value === "object" && SIGNATURE in value) return SECRET;
    return typeof value === "string" && value.includes(UNKNOWN) ? value.replaceAll(UNKNOWN, LATER) : value;
}

/** A property that differs. `old` or `new` is undefined where there is none. */
export interface Difference {
    /** `memory`, `ports[0].external` */
    readonly path: string;
    readonly old: unknown;
    readonly new: unknown;
}

/** Every leaf that differs between two values, in the order of their paths. */
export function differences(old: unknown, next: unknown, path = ""): readonly Difference[] {
    if (same(old, next)) return [];
    if (isRecord(old) && isRecord(next)) {
        const keys = [...new Set([...Object.keys(old), ...Object.keys(next)])].sort();
        return keys.flatMap((key) => differences(own(old, key), own(next, key), path === "" ? key : `${path}.${key}`));
    }
    if (Array.isArray(old) && Array.isArray(next)) {
        return isSet(old) && isSet(next) ? setDifferences(old, next, path) : listDifferences(old, next, path);
    }
    return [{ path, old, new: next }];
}

/** A member that is the record's own: names are anybody's, and one may be called `toString`. */
export function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
    return Object.hasOwn(record, name) ? record[name] : undefined;
}

function listDifferences(old: readonly unknown[], next: readonly unknown[], path: string): readonly Difference[] {
    const length = Math.max(old.length, next.length);
    return Array.from({ length }, (_, i) => differences(old[i], next[i], `${path}[${i}]`)).flat();
}

/** Lists of texts, such as host names and variables, are shown by what comes and goes: an index says nothing to a reader. */
function setDifferences(old: readonly string[], next: readonly string[], path: string): readonly Difference[] {
    const gone = old.filter((text) => !next.includes(text));
    const added = next.filter((text) => !old.includes(text));
    if (gone.length + added.length === 0) return [{ path, old: old.join(", "), new: next.join(", ") }];
    return [...gone.map((text) => ({ path, old: text, new: undefined })), ...added.map((text) => ({ path, old: undefined, new: text }))];
}

function isSet(list: readonly unknown[]): list is readonly string[] {
    return list.every((item) => typeof item === "string");
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
    return value !== null && typeof value === "object" && !Array.isArray(value);
}

function same(a: unknown, b: unknown): boolean {
    return a === b || stable(a) === stable(b);
}

/** JSON with sorted keys. */
export function stable(value: unknown): string | undefined {
    return JSON.stringify(value, (_, member: unknown) =>
        isRecord(member) ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1))) : member,
    );
}

/** A value in a line of text. */
export function shown(value: unknown): string {
    if (value === undefined || value === null) return "none";
    return typeof value === "string" ? value : (stable(value) ?? "none");
}

export function asText(value: unknown): string | undefined {
    return typeof value === "string" && value !== LATER && value !== SECRET ? value : undefined;
}

export function asList(value: unknown): readonly unknown[] {
    return Array.isArray(value) ? (value as readonly unknown[]) : [];
}
