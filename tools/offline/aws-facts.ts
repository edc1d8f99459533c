/* Writes plugins/facts/aws.json: what the SDK's declarations say of the types in use. `npx tsx tools/offline/aws-facts.ts` */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { SECRETS, tokenOf, TYPES } from "./plugins/aws/types";

const SDK = dirname(require.resolve("@pulumi/aws/package.json"));

interface Fact {
    type: string;
    required?: true;
    replaces?: true;
    secret?: true;
}

type Bag = Record<string, Fact>;

const found: Record<string, Bag> = {};
const declarations = readFileSync(join(SDK, "types/input.d.ts"), "utf8");
const namespaces = new Map(
    [...declarations.matchAll(/^export declare namespace (\w+) \{\n([\s\S]*?)^\}/gm)].map(([, name = "", text = ""]) => [name, text]),
);

/** The members of an interface: `name?: pulumi.Input<…>;`, with what stands between. */
function members(text: string): { name: string; optional: boolean; type: string }[] {
    const bare = text.replace(/\/\*\*[\s\S]*?\*\//g, "").replace(/\s+/g, " ");
    const list: { name: string; optional: boolean; type: string }[] = [];
    let rest = bare;
    for (;;) {
        const match = /^\s*(?:readonly )?(\w+)(\?)?: /.exec(rest);
        if (match === null) return list;
        const start = match[0].length;
        const end = endOf(rest, start);
        list.push({ name: match[1] ?? "", optional: match[2] === "?", type: rest.slice(start, end) });
        rest = rest.slice(end + 1);
    }
}

/** The semicolon that ends a type. */
function endOf(text: string, start: number): number {
    let depth = 0;
    for (let index = start; index < text.length; index++) {
        const character = text[index];
        if (character === "{" || character === "<") depth++;
        if (character === "}" || (character === ">" && text[index - 1] !== "=")) depth--;
        if (character === ";" && depth === 0) return index;
    }
    return text.length;
}

function unwrapped(type: string): string {
    const inner = type.replace(/ \| undefined/g, "").trim();
    const match = /^pulumi\.(?:Input|Output)<(.*)>$/.exec(inner);
    return match?.[1] === undefined ? inner : unwrapped(match[1]);
}

function factType(text: string): string {
    const type = unwrapped(text);
    if (type.endsWith("[]")) return `list<${factType(type.slice(0, -2))}>`;
    const map = /^\{ \[key: string\]: (.*?);? \}$/.exec(type);
    if (map?.[1] !== undefined) return `map<${factType(map[1])}>`;
    const nested = /^inputs\.(?:(\w+)\.)?(\w+)$/.exec(type);
    if (nested?.[2] !== undefined) return nestedType(nested[1] ?? "", nested[2]);
    if (["string", "number", "boolean"].includes(type)) return type;
    if (/^string \| /.test(type)) return "string";
    if (type.startsWith("pulumi.asset.")) return "pulumi.json#/Archive";
    return "pulumi.json#/Any";
}

function nestedType(namespace: string, name: string): string {
    const token = `aws:${namespace}/${name}:${name}`;
    if (found[token] === undefined) {
        const text = new RegExp(`^    interface ${name} \\{\\n([\\s\\S]*?)^    \\}`, "m").exec(namespaces.get(namespace) ?? "")?.[1];
        if (text === undefined) return "pulumi.json#/Any";
        found[token] = {};
        Object.assign(found[token], bag(text));
    }
    return token;
}

function bag(text: string, skip: readonly string[] = []): Bag {
    const facts = members(text)
        .filter(({ name }) => !skip.includes(name))
        .map(({ name, optional, type }): [string, Fact] => [name, { type: factType(type), ...(optional ? {} : { required: true }) }]);
    return Object.fromEntries(facts);
}

/** The statements of a web firewall nest without end in the declarations; its rules are given as JSON. */
const LEFT_OUT: Readonly<Record<string, readonly string[]>> = { "wafv2/webAcl": ["rules"] };

function resource(type: string) {
    const text = readFileSync(join(SDK, `${type}.d.ts`), "utf8");
    const name = tokenOf(type).split(":")[2] ?? "";
    const args = new RegExp(`^export interface ${name}Args \\{\\n([\\s\\S]*?)^\\}`, "m").exec(text)?.[1] ?? "";
    const inputs = bag(args, LEFT_OUT[type]);
    for (const [key, fact] of Object.entries(inputs)) {
        const replaces = TYPES[type] ?? [];
        if (replaces.includes("*") ? key !== "tags" && key !== "skipDestroy" : replaces.includes(key)) fact.replaces = true;
        if (SECRETS[type]?.includes(key)) fact.secret = true;
    }
    const outputs = [...text.matchAll(/^ {4}readonly (\w+): pulumi\.Output</gm)].map(([, key = ""]): [string, Fact] => [
        key,
        { type: "pulumi.json#/Any", ...(SECRETS[type]?.includes(key) ? { secret: true } : {}) },
    ]);
    return { inputs, outputs: Object.fromEntries(outputs) };
}

export function awsFacts(): string {
    const provider = bag(
        /^export interface ProviderArgs \{\n([\s\S]*?)^\}/m.exec(readFileSync(join(SDK, "provider.d.ts"), "utf8"))?.[1] ?? "",
    );
    const resources = Object.fromEntries(Object.keys(TYPES).map((type) => [tokenOf(type), resource(type)]));
    // The SDK sets the two switches by itself.
    const used = ["region", "profile", "allowedAccountIds", "defaultTags", "skipCredentialsValidation", "skipRegionValidation"];
    const own = Object.fromEntries(Object.entries(provider).filter(([key]) => used.includes(key)));
    return `${JSON.stringify({ package: "aws", provider: own, resources, types: found }, null, 1)}\n`;
}

if (require.main === module) {
    writeFileSync(join(__dirname, "plugins/facts/aws.json"), awsFacts());
}
