import { Struct, type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";

/** Plain property values, as the engine holds them. Secrets are `Secret` objects; unknown values the engine's own mark. */
export type Values = Readonly<Record<string, unknown>>;

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A value the engine must keep encrypted, on its way to a plugin or back. */
export class Secret {
    constructor(readonly value: unknown) {}
}

export function secret(value: unknown): Secret {
    return new Secret(value);
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
    return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Secret);
}

export function toStruct(values: Values): Struct {
    const wire: Record<string, JavaScriptValue> = {};
    for (const [key, value] of Object.entries(values)) if (value !== undefined) wire[key] = toWire(value);
    return Struct.fromJavaScript(wire);
}

function toWire(value: unknown): JavaScriptValue {
    if (value instanceof Secret) return { [SIGNATURE]: SECRET, value: toWire(value.value) };
    if (Array.isArray(value)) return value.map(toWire);
    if (isObject(value)) {
        const entries = Object.entries(value).filter(([, item]) => item !== undefined);
        return Object.fromEntries(entries.map(([key, item]) => [key, toWire(item)]));
    }
    if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
    throw new Error(`a value of type ${typeof value} cannot be sent to a plugin`);
}

export function fromStruct(struct: Struct | undefined): Record<string, unknown> {
    return Object.fromEntries(Object.entries(struct?.toJavaScript() ?? {}).map(([key, value]) => [key, fromWire(value)]));
}

function fromWire(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(fromWire);
    if (!isObject(value)) return value;
    if (value[SIGNATURE] === SECRET) return new Secret(fromWire(value["value"]));
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fromWire(item)]));
}

/** The value as a program would see it: without the secret envelopes. */
export function reveal(value: unknown): unknown {
    if (value instanceof Secret) return reveal(value.value);
    if (Array.isArray(value)) return value.map(reveal);
    return isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, reveal(item)])) : value;
}

/** Every text that stands outside of secrets: what an unencrypted state, or a log, would show. */
export function clearTexts(value: unknown): string[] {
    if (typeof value === "string") return [value];
    if (Array.isArray(value)) return value.flatMap(clearTexts);
    return isObject(value) ? Object.values(value).flatMap(clearTexts) : [];
}

/** Top-level properties that are, or contain, a secret. */
export function secretKeys(values: Values): string[] {
    return Object.keys(values)
        .filter((key) => containsSecret(values[key]))
        .sort();
}

/**
 * What the engine does for a plugin that takes no secrets: a property whose input holds a secret becomes one as a whole; in a map,
 * only the value at fault does.
 */
export function markSecrets(outputs: Values, inputs: Values): Record<string, unknown> {
    return Object.fromEntries(
        Object.entries(outputs).map(([key, value]) => {
            const input = inputs[key];
            if (isObject(value) && isObject(input)) return [key, markSecrets(value, input)];
            return [key, value instanceof Secret || !containsSecret(input) ? value : new Secret(value)];
        }),
    );
}

function containsSecret(value: unknown): boolean {
    if (value instanceof Secret) return true;
    if (Array.isArray(value)) return value.some(containsSecret);
    return isObject(value) && Object.values(value).some(containsSecret);
}
