import type { PluginFacts, PropertyFacts } from "./types";

/** A property's type, read from the short form the facts use (`list<string>`, `ContainerPort:ContainerPort`, …). */
export type PropertyType =
    | { readonly kind: "string" | "boolean" | "integer" | "number" | "any" | "asset" }
    | { readonly kind: "list" | "map"; readonly of: PropertyType }
    | { readonly kind: "enum"; readonly values: readonly string[] }
    | { readonly kind: "object"; readonly name: string; readonly properties: Readonly<Record<string, PropertyFacts>> };

const SCALARS: Readonly<Record<string, PropertyType>> = {
    string: { kind: "string" },
    boolean: { kind: "boolean" },
    integer: { kind: "integer" },
    number: { kind: "number" },
    "pulumi.json#/Any": { kind: "any" },
    "pulumi.json#/Asset": { kind: "asset" },
    "pulumi.json#/Archive": { kind: "asset" },
};

/** @throws Error for a type that the facts don't define. */
export function parseType(text: string, facts: PluginFacts): PropertyType {
    const scalar = SCALARS[text];
    if (scalar !== undefined) return scalar;
    const container = /^(list|map)<(.*)>$/.exec(text);
    if (container?.[1] !== undefined && container[2] !== undefined) {
        return { kind: container[1] === "list" ? "list" : "map", of: parseType(container[2], facts) };
    }
    const definition = facts.types[typeToken(text, facts)];
    if (definition === undefined) throw new Error(`facts of ${facts.package}: no such type "${text}"`);
    if (isEnum(definition)) return { kind: "enum", values: definition };
    return { kind: "object", name: shortName(text), properties: definition };
}

/** The facts shorten references to types of the package's main module: `ContainerPort:ContainerPort`. */
export function typeToken(text: string, facts: PluginFacts): string {
    return text in facts.types ? text : `${facts.package}:index/${text}`;
}

/** `docker:index/container:Container` → `Container`. */
export function shortName(token: string): string {
    return token.slice(token.lastIndexOf(":") + 1);
}

function isEnum(definition: PluginFacts["types"][string]): definition is readonly string[] {
    return Array.isArray(definition);
}
