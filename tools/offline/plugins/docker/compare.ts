import { UNKNOWN, type DiffAnswer } from "../kit/types";
import { isRecord, type Values } from "./values";

/**
 * How two values of a property are compared. Sets are compared without order; zero values and absent ones are the same, as they
 * are for the official plugin.
 */
export type Shape =
    | { readonly kind: "scalar"; readonly normal?: (value: string | number | boolean) => unknown }
    | { readonly kind: "list" | "set"; readonly of: Shape }
    | { readonly kind: "map" }
    | { readonly kind: "object"; readonly fields: Readonly<Record<string, Shape>> };

export interface Rule {
    readonly shape: Shape;
    /** What a change needs. */
    readonly effect: "replace" | "update";
    /** Absent from the program: keeps what the engine (Docker) chose, so it is no change. */
    readonly computed?: boolean;
    /** Overrides the comparison by shape. */
    readonly same?: (state: unknown, input: unknown) => boolean;
}

export const scalar: Shape = { kind: "scalar" };
export const map: Shape = { kind: "map" };
export const listOf = (of: Shape): Shape => ({ kind: "list", of });
export const setOf = (of: Shape): Shape => ({ kind: "set", of });
export const object = (fields: Readonly<Record<string, Shape>>): Shape => ({ kind: "object", fields });
/** A scalar for which absence means `value`. */
export const scalarOr = (value: string | number | boolean): Shape => ({
    kind: "scalar",
    normal: (given) => (given === value ? undefined : given),
});

let unknowns = 0;

function canonicalItems(of: Shape, value: unknown): unknown[] {
    return Array.isArray(value) ? value.map((item: unknown) => canonical(of, item) ?? null) : [];
}

function canonicalMap(value: unknown, field: (name: string, of: unknown) => unknown): unknown {
    if (!isRecord(value)) {
        return undefined;
    }
    const entries = Object.keys(value)
        .sort()
        .map((name) => [name, field(name, value[name])] as const)
        .filter(([, entry]) => entry !== undefined);
    return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

/** One form for all the spellings of the same value; undefined for a zero value. */
export function canonical(shape: Shape, value: unknown): unknown {
    if (value === UNKNOWN) {
        return `unknown:${(unknowns += 1)}`;
    }
    if (value === undefined || value === null) {
        return undefined;
    }
    switch (shape.kind) {
        case "scalar": {
            if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") {
                return value;
            }
            const normal = shape.normal === undefined ? value : shape.normal(value);
            return normal === "" || normal === 0 || normal === false ? undefined : normal;
        }
        case "list": {
            const items = canonicalItems(shape.of, value);
            return items.length > 0 ? items : undefined;
        }
        case "set": {
            const items = [...new Set(canonicalItems(shape.of, value).map((item) => JSON.stringify(item)))].sort();
            return items.length > 0 ? items : undefined;
        }
        case "map":
            return canonicalMap(value, (_name, entry) => (entry === UNKNOWN ? canonical(scalar, entry) : entry));
        case "object":
            return canonicalMap(value, (name, entry) => canonical(shape.fields[name] ?? scalar, entry));
        default:
            return shape satisfies never;
    }
}

export function same(shape: Shape, state: unknown, input: unknown): boolean {
    return JSON.stringify(canonical(shape, state)) === JSON.stringify(canonical(shape, input));
}

/** Compares the state (the outputs, so that drift found by a refresh shows) with what the program asks for. */
export function compare(rules: Readonly<Record<string, Rule>>, state: Values, inputs: Values): DiffAnswer {
    const changed = Object.entries(rules).filter(([name, rule]) => {
        const input = inputs[name];
        if (rule.computed === true && (input === undefined || input === null)) {
            return false;
        }
        return rule.same === undefined ? !same(rule.shape, state[name], input) : !rule.same(state[name], input);
    });
    return {
        changed: changed.map(([name]) => name),
        replaces: changed.filter(([, rule]) => rule.effect === "replace").map(([name]) => name),
    };
}

/**
 * The inputs of a resource that was read: what the program had given, with the values that drifted replaced by the real ones. A value that
 * only differs in spelling or order stays as the program wrote it.
 */
export function inputsAfterRead(rules: Readonly<Record<string, Rule>>, inputs: Values, outputs: Values): Record<string, unknown> {
    const { changed } = compare(rules, outputs, inputs);
    const drifted = changed.filter((name) => name in inputs || outputs[name] !== undefined);
    return { ...inputs, ...Object.fromEntries(drifted.map((name) => [name, outputs[name]])) };
}
