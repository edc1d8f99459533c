import { acrossSettings } from "./rules";
import type { Context } from "./context";
import { isMapping, lines, type Problem, problemsOf, SettingsError } from "./problems";
import { resolve } from "./resolve";
import { type Key, type Parsed, schema } from "./schema";
import { unknownKey } from "./shapes";
import type { Settings } from "./types";

/**
 * Reads the settings of a stack.
 *
 * @param raw the `quai:` keys, with or without that prefix, in the order of the file; values as in YAML, or as text (Pulumi hands
 *   structures over as JSON)
 * @throws SettingsError that lists every problem there is, in the order of the file
 */
export function parseSettings(raw: Readonly<Record<string, unknown>>, context: Context): Settings {
    const own = Object.fromEntries(Object.entries(raw).map(([key, value]) => [key.replace(/^quai:/, ""), unpacked(value)]));
    const preset = typeof own["application"] === "string" ? context.preset?.(own["application"]) : undefined;
    const written = preset === undefined ? own : merged({ ...preset.settings, custom: preset.application }, own);
    const keys = Object.keys(schema) as Key[];
    const parsed: Record<string, unknown> = {};
    const problems: Problem[] = Object.keys(written)
        .filter((key) => !(keys as string[]).includes(key))
        .map((key) => ({ path: [key], message: unknownKey(key, keys, "quai:"), show: false }));
    for (const key of keys) {
        const result = schema[key].safeParse(written[key], { reportInput: true });
        if (result.success) parsed[key] = result.data;
        else problems.push(...problemsOf(result.error.issues, written[key], [key]));
    }
    if (own["custom"] !== undefined && own["application"] !== "custom") {
        problems.push({ path: ["custom"], message: "has no use but with quai:application: custom; remove one of the two", show: false });
    }
    problems.push(...acrossSettings(parsed, context));
    const readable = keys.every((key) => key in parsed) ? resolve(parsed as Parsed, context) : undefined;
    if (problems.length > 0 || readable === undefined) {
        throw new SettingsError(context.stack, lines(problems, written, context.secretKeys ?? []), readable);
    }
    return readable;
}

/** What the stack file says, over what the application's own file says: mappings are merged, everything else is replaced. */
function merged(base: Readonly<Record<string, unknown>>, over: Readonly<Record<string, unknown>>): Record<string, unknown> {
    const both = Object.entries(over).map(([key, value]): [string, unknown] => {
        const below = base[key];
        return [key, isMapping(below) && isMapping(value) ? merged(below, value) : value];
    });
    return { ...base, ...Object.fromEntries(both) };
}

/** A structure that arrived as JSON text; anything else as it is. */
function unpacked(value: unknown): unknown {
    if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
    try {
        return JSON.parse(value);
    } catch {
        return value;
    }
}
