import { parse as parseYaml } from "yaml";
import { parseSettings } from "../../../infra/settings";
import { withoutSecrets } from "../../../infra/settings/without-secrets";
import { applications, presetOf } from "../../../stacks/catalogue";
import { settingsSchema } from "../../../tools/schema/stack-schema";
import type { Document } from "./documents";
import { documents, parse } from "./documents";

const all = documents();
const LONG_ENOUGH = "a-value-for-tests-only-0123456789abcdefghijklmnop";

/** Blocks of YAML that hold settings, as the settings they show; `whole`: they are a stack file. */
function shown(document: Document): { whole: boolean; settings: Record<string, unknown> }[] {
    return document.fences
        .filter(({ language, text }) => language === "yaml" && /^\s*quai:/m.test(text))
        .map(({ text }) => {
            const content = parseYaml(text) as Record<string, unknown>;
            const config = content["config"] as Record<string, unknown> | undefined;
            return { whole: config !== undefined, settings: config ?? content };
        });
}

/** @throws SettingsError. A part is completed to a stack; secrets that it refers to are there, as they would be encrypted in the file. */
function check({ whole, settings }: { whole: boolean; settings: Record<string, unknown> }): void {
    const names = [...JSON.stringify(settings).matchAll(/"(?:[A-Z_]+|passwordSecret)":"([a-z]\w*(?:Key|KeyId|Password))"/g)].map(
        ([, name]) => name ?? "",
    );
    const secrets = { "quai:secrets": Object.fromEntries(names.map((name) => [name, LONG_ENOUGH])) };
    const base = whole ? {} : { "quai:application": "demo", "quai:environment": "development" };
    parseSettings(
        { ...base, ...(names.length > 0 ? secrets : {}), ...(withoutSecrets(settings) as typeof settings) },
        { stack: "docs", applications, preset: presetOf, now: new Date("2026-12-01") },
    );
}

interface Node {
    readonly properties?: Readonly<Record<string, Node>>;
    readonly additionalProperties?: Node | boolean;
    readonly anyOf?: readonly Node[];
    readonly oneOf?: readonly Node[];
}

/** Whether the schema has this path; a name of somebody's choice stands for any. */
function known(nodes: readonly Node[], path: readonly string[]): boolean {
    const [first, ...rest] = path;
    if (first === undefined) return true;
    const branches = nodes.flatMap((node) => [node, ...(node.anyOf ?? []), ...(node.oneOf ?? [])]);
    const below = branches.flatMap(({ properties, additionalProperties }) => [
        ...(properties?.[first] === undefined ? [] : [properties[first]]),
        ...(typeof additionalProperties === "object" ? [additionalProperties] : []),
    ]);
    return below.length > 0 && known(below, rest);
}

function unknownSettings(document: Document): string[] {
    const named = [...document.prose.matchAll(/\bquai:([a-z]\w*(?:\.[a-z]\w*)*)/g)].map(([, path]) => path ?? "");
    return [...new Set(named)].filter((path) => !known([{ properties: settingsSchema().properties }], path.split(".")));
}

describe("settings that documents show", () => {
    test("the checks find what is wrong", () => {
        const document = parse(
            "x.md",
            "`quai:tls.mode` `quai:tls.colour` quai:nothing `quai:services.api.env`\n\n```yaml\nquai:postgres: { version: 9 }\n```\n",
        );
        expect(unknownSettings(document)).toEqual(["tls.colour", "nothing"]);
        expect(() => shown(document).forEach(check)).toThrow(/quai:postgres\.version/);
    });

    test("there are examples to check", () => {
        expect(all.flatMap(shown).length).toBeGreaterThan(5);
        expect(all.flatMap(shown).filter(({ whole }) => whole).length).toBeGreaterThan(1);
    });

    test.each(all.map((document) => [document.path, document] as const))("%s: examples are settings that would be taken", (_, document) => {
        for (const example of shown(document)) expect(() => check(example)).not.toThrow();
    });

    test.each(all.map((document) => [document.path, document] as const))("%s: settings that it names exist", (_, document) => {
        expect(unknownSettings(document)).toEqual([]);
    });
});
