import { parseType, typeToken, type PropertyType } from "./property-types";
import type { Plugin, PluginFacts, PropertyFacts } from "./types";

type Json = Readonly<Record<string, unknown>>;

/** The package schema, as far as this plugin goes: what `pulumi import` and `pulumi package` ask for. */
export function packageSchema(plugin: Plugin): string {
    const { facts } = plugin;
    const resources = Object.fromEntries(
        Object.keys(plugin.resources).map((token) => {
            const resource = facts.resources[token];
            return [
                token,
                {
                    inputProperties: properties(resource?.inputs ?? {}, facts),
                    requiredInputs: required(resource?.inputs ?? {}),
                    properties: properties(resource?.outputs ?? {}, facts),
                    required: required(resource?.outputs ?? {}),
                },
            ];
        }),
    );
    const types = Object.fromEntries(Object.entries(facts.types).map(([token, definition]) => [token, typeSchema(definition, facts)]));
    const provider = { inputProperties: properties(facts.provider, facts), requiredInputs: required(facts.provider) };
    const meta = { moduleFormat: "(.*)(?:/[^/]*)" };
    return JSON.stringify({ name: plugin.name, version: plugin.version, meta, resources, types, provider, config: {} });
}

function typeSchema(definition: PluginFacts["types"][string], facts: PluginFacts): Json {
    if (isEnumeration(definition)) return { type: "string", enum: definition.map((value) => ({ value })) };
    return { type: "object", properties: properties(definition, facts), required: required(definition) };
}

function isEnumeration(definition: PluginFacts["types"][string]): definition is readonly string[] {
    return Array.isArray(definition);
}

function properties(bag: Readonly<Record<string, PropertyFacts>>, facts: PluginFacts): Json {
    return Object.fromEntries(
        Object.entries(bag).map(([name, property]) => [
            name,
            {
                ...typeReference(parseType(property.type, facts), property.type, facts),
                ...(property.default === undefined ? {} : { default: property.default }),
                ...(property.secret === true ? { secret: true } : {}),
                ...(property.replaces === true ? { willReplaceOnChanges: true } : {}),
            },
        ]),
    );
}

function required(bag: Readonly<Record<string, PropertyFacts>>): string[] {
    return Object.keys(bag).filter((name) => bag[name]?.required === true);
}

function typeReference(type: PropertyType, text: string, facts: PluginFacts): Json {
    const inner = text.replace(/^(?:list|map)<(.*)>$/, "$1");
    switch (type.kind) {
        case "list":
            return { type: "array", items: typeReference(type.of, inner, facts) };
        case "map":
            return { type: "object", additionalProperties: typeReference(type.of, inner, facts) };
        case "object":
        case "enum":
            return { $ref: `#/types/${typeToken(text, facts)}` };
        case "any":
        case "asset":
            return { $ref: text };
        default:
            return { type: type.kind };
    }
}
