import { parseType, type PropertyType } from "./property-types";
import type { PluginFacts, Properties, PropertyFacts } from "./types";
import { isObject, isWithin, sameValue, textsOf, type Decoded } from "./values";

/** A secret shorter than this may stand in an output by chance ("postgres"), so it doesn't make the output secret. */
const TELLING = 8;

/** Properties that the schema marks as secret, or that hold a nested value it marks. */
export function secretByFacts(bag: Readonly<Record<string, PropertyFacts>>, values: Properties, facts: PluginFacts): Set<string> {
    const keys = Object.keys(values).filter((key) => {
        const property = bag[key];
        if (property === undefined) return false;
        return property.secret === true || holdsSecret(parseType(property.type, facts), values[key], facts);
    });
    return new Set(keys);
}

function holdsSecret(type: PropertyType, value: unknown, facts: PluginFacts): boolean {
    if ((type.kind === "list" || type.kind === "map") && typeof value === "object" && value !== null) {
        return Object.values(value).some((item) => holdsSecret(type.of, item, facts));
    }
    if (type.kind !== "object" || !isObject(value)) return false;
    return secretByFacts(type.properties, value, facts).size > 0;
}

/**
 * The texts that must not be shown. An object that the schema marks as a whole (a connection) holds plain fields too: of those only
 * what the program or the schema marks by itself counts, or no error could name the host.
 */
export function textsToHide(bag: Readonly<Record<string, PropertyFacts>>, decoded: Decoded, facts: PluginFacts): string[] {
    const marked = decoded.secretTexts.filter(({ key, nested }) => {
        const property = bag[key];
        return nested || property?.secret !== true || parseType(property.type, facts).kind !== "object";
    });
    return [...marked.map(({ text }) => text), ...secretTexts(bag, decoded.values, facts)];
}

/** The texts of the properties that the schema marks as secret: they are secret even where the program didn't say so. */
function secretTexts(bag: Readonly<Record<string, PropertyFacts>>, values: Properties, facts: PluginFacts): string[] {
    return Object.entries(values).flatMap(([key, value]) => {
        const property = bag[key];
        if (property === undefined) return [];
        return textsOfSecrets(property, parseType(property.type, facts), value, facts);
    });
}

function textsOfSecrets(property: PropertyFacts, type: PropertyType, value: unknown, facts: PluginFacts): string[] {
    if (type.kind === "object" && isObject(value)) return secretTexts(type.properties, value, facts);
    if ((type.kind === "list" || type.kind === "map") && typeof value === "object" && value !== null) {
        return Object.values(value).flatMap((item) => textsOfSecrets(property, type.of, item, facts));
    }
    return property.secret === true ? textsOf(value) : [];
}

/** Properties with the texts in them that must not be shown. */
export interface Hidden extends Decoded {
    readonly hidden: readonly string[];
}

/**
 * Outputs that must be encrypted in the state: those the schema marks, those whose input of the same name was or held a secret,
 * and those in which the text of a secret turns up.
 */
export function secretOutputs(
    bag: Readonly<Record<string, PropertyFacts>>,
    inputs: Hidden,
    outputs: Properties,
    facts: PluginFacts,
): Set<string> {
    const telling = inputs.hidden.filter((text) => text.length >= TELLING);
    const marked = secretByFacts(bag, outputs, facts);
    const keys = Object.entries(outputs).filter(([key, value]) => {
        if (marked.has(key) || inputs.secretKeys.has(key)) return true;
        if (telling.length === 0 || (key in inputs.values && sameValue(inputs.values[key], value))) return false;
        return textsOf(value).some((text) => telling.some((secret) => text.includes(secret)));
    });
    return new Set(keys.map(([key]) => key));
}

/**
 * Outputs that only repeat an input: their secrets stand where they stood in the input, not around the whole, because the official
 * plugins compare the two by secrecy as well.
 */
export function repeatedInputs(
    bag: Readonly<Record<string, PropertyFacts>>,
    inputs: Hidden,
    outputs: Properties,
    facts: PluginFacts,
): Set<string> {
    const marked = secretByFacts(bag, outputs, facts);
    const keys = Object.keys(outputs).filter((key) => {
        const hasPath = [...inputs.secretPaths].some((path) => isWithin(path, key));
        return hasPath && !marked.has(key) && sameValue(inputs.values[key], outputs[key]);
    });
    return new Set(keys);
}
