import { Struct, type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";
import { UNKNOWN, type Properties } from "./types";

/** The key that marks an object as one of the engine's special values, and the marks. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
const RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e";
const ASSET = "c44067f5952c0a294b673a41bacd8c17";
const ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7";

/** What the engine sends for a value that is known only after the update, by kind of value. The first serves for any kind. */
const UNKNOWN_MARKS: readonly string[] = [
    "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
    "030794c1-ac77-496b-92df-f27374a8bd58",
    "e48ece36-62e2-4504-bad9-02848725956a",
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
];

/** A bag of properties as the engine sent it, taken apart. */
export interface Decoded {
    readonly values: Properties;
    /** Top-level properties that were, or contained, a secret. */
    readonly secretKeys: ReadonlySet<string>;
    /** Where secrets stood, as paths (`pathKey`): so that inputs keep them in place. */
    readonly secretPaths: ReadonlySet<string>;
    /** Every text and number that stood inside a secret. */
    readonly secretTexts: readonly SecretText[];
}

export interface SecretText {
    readonly key: string;
    readonly text: string;
    /** A part of the property was the secret, not the property as a whole. */
    readonly nested: boolean;
}

function pathKey(path: readonly (string | number)[]): string {
    return JSON.stringify(path);
}

/** Whether a path of `secretPaths` leads into this top-level property. */
export function isWithin(path: string, key: string): boolean {
    const [first] = JSON.parse(path) as readonly unknown[];
    return first === key;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether the value is an asset or an archive (a file given by path, text or address). */
export function isAsset(value: unknown): value is Readonly<Record<string, unknown>> {
    return isObject(value) && (value[SIGNATURE] === ASSET || value[SIGNATURE] === ARCHIVE);
}

export function isArchive(value: unknown): boolean {
    return isObject(value) && value[SIGNATURE] === ARCHIVE;
}

export function containsUnknown(value: unknown): boolean {
    if (value === UNKNOWN) return true;
    if (Array.isArray(value)) return value.some(containsUnknown);
    return isObject(value) && Object.values(value).some(containsUnknown);
}

/** Every text and number inside a value: the parts that must not be shown where the value is secret. */
export function textsOf(value: unknown): string[] {
    if (typeof value === "string") return [value];
    if (typeof value === "number") return [String(value)];
    if (Array.isArray(value)) return value.flatMap(textsOf);
    return isObject(value) ? Object.values(value).flatMap(textsOf) : [];
}

/** Takes secret envelopes off, turns the engine's marks for unknown values into `UNKNOWN`, and drops nulls. */
export function decode(struct: Struct | undefined): Decoded {
    const found: Found = { paths: new Set(), keys: new Set(), texts: [] };
    const values: Record<string, unknown> = {};
    for (const [key, raw] of Object.entries(struct?.toJavaScript() ?? {})) {
        const value = decodeValue(raw, [key], { secret: false, nested: false }, found);
        if (value !== undefined) values[key] = value;
    }
    return { values, secretKeys: found.keys, secretPaths: found.paths, secretTexts: found.texts };
}

interface Found {
    readonly paths: Set<string>;
    readonly keys: Set<string>;
    readonly texts: SecretText[];
}

interface Inside {
    readonly secret: boolean;
    readonly nested: boolean;
}

type Path = readonly [string, ...(string | number)[]];

function decodeValue(raw: unknown, path: Path, inside: Inside, found: Found): unknown {
    if (typeof raw === "string" && UNKNOWN_MARKS.includes(raw)) return UNKNOWN;
    if (Array.isArray(raw)) return raw.map((item, index) => decodeValue(item, [...path, index], inside, found) ?? null);
    if (isObject(raw)) return decodeObject(raw, path, inside, found);
    if (inside.secret && (typeof raw === "string" || typeof raw === "number")) {
        found.texts.push({ key: path[0], text: String(raw), nested: inside.nested });
    }
    return raw ?? undefined;
}

function decodeObject(raw: Readonly<Record<string, unknown>>, path: Path, inside: Inside, found: Found): unknown {
    const enter = (value: unknown): unknown => {
        found.paths.add(pathKey(path));
        found.keys.add(path[0]);
        return decodeValue(value, path, { secret: true, nested: path.length > 1 }, found);
    };
    switch (raw[SIGNATURE]) {
        case SECRET:
            return enter(raw["value"]);
        case OUTPUT: {
            const value = "value" in raw ? raw["value"] : UNKNOWN_MARKS[0];
            return raw["secret"] === true ? enter(value) : decodeValue(value, path, inside, found);
        }
        case RESOURCE:
            return decodeValue(raw["id"] ?? raw["urn"], path, inside, found);
        default: {
            const object: Record<string, unknown> = {};
            for (const [key, item] of Object.entries(raw)) {
                const value = decodeValue(item, [...path, key], inside, found);
                if (value !== undefined) object[key] = value;
            }
            return object;
        }
    }
}

/**
 * The way back: `secretKeys` are wrapped as secrets as a whole, and the values at `secretPaths` by themselves.
 * @throws Error that names the property whose value has no form on the wire (a function, a buffer, NaN).
 */
export function encode(values: Properties, secretKeys: ReadonlySet<string>, secretPaths: ReadonlySet<string> = new Set()): Struct {
    const wire: Record<string, JavaScriptValue> = {};
    const paths = new Set([...secretPaths, ...[...secretKeys].map((key) => pathKey([key]))]);
    for (const [key, value] of Object.entries(values)) {
        if (value !== undefined && value !== null) wire[key] = encodeValue(value, [key], paths);
    }
    return Struct.fromJavaScript(wire);
}

function encodeValue(value: unknown, path: readonly (string | number)[], secretPaths: ReadonlySet<string>): JavaScriptValue {
    const plain = encodePlain(value, path, secretPaths);
    return secretPaths.has(pathKey(path)) ? { [SIGNATURE]: SECRET, value: plain } : plain;
}

function encodePlain(value: unknown, path: readonly (string | number)[], secretPaths: ReadonlySet<string>): JavaScriptValue {
    if (value === UNKNOWN) return UNKNOWN_MARKS[0] ?? "";
    if (value === null || typeof value === "string" || typeof value === "boolean") return value;
    if (typeof value === "number" && Number.isFinite(value)) return value;
    if (Array.isArray(value)) return value.map((item, index) => encodeValue(item ?? null, [...path, index], secretPaths));
    if (isObject(value) && !(value instanceof Uint8Array)) {
        const object: Record<string, JavaScriptValue> = {};
        for (const [key, item] of Object.entries(value)) {
            if (item !== undefined) object[key] = encodeValue(item, [...path, key], secretPaths);
        }
        return object;
    }
    throw new Error(`${path.join(".")}: a value of type ${typeof value} cannot be sent to the engine`);
}

/** Equality by value. Absent, an empty list and an empty map are the same; an unknown value equals nothing. */
export function sameValue(a: unknown, b: unknown): boolean {
    if (a === UNKNOWN || b === UNKNOWN) return false;
    if (isEmpty(a) && isEmpty(b)) return true;
    if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, index) => sameValue(item, b[index]));
    if (isAsset(a) && isAsset(b)) return a["hash"] === b["hash"];
    if (isObject(a) && isObject(b)) return keysOf(a, b).every((key) => sameValue(a[key], b[key]));
    return Object.is(a, b);
}

function isEmpty(value: unknown): boolean {
    if (value === undefined || value === null) return true;
    return Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0;
}

/** Property names of either bag, without the ones that bridged providers keep for themselves (`__defaults`, `__meta`). */
export function keysOf(a: Properties, b: Properties): string[] {
    return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((key) => !key.startsWith("__"));
}
