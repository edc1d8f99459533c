import path from "node:path";
import { z } from "zod";
import { schema } from "../../infra/settings/schema";
import { describe, type Node } from "./doc-comments";

const TYPES = path.join(__dirname, "../../infra/settings/types/index.ts");

interface SettingsSchema {
    readonly properties: Readonly<Record<string, Node>>;
    readonly required: readonly string[];
}

let known: SettingsSchema | undefined;

/** JSON Schema of the `quai:` settings, by key without that prefix, with the doc comments in it. Made once: reading TypeScript takes a second. */
export function settingsSchema(): SettingsSchema {
    if (known === undefined) {
        const whole = z.toJSONSchema(z.strictObject(schema), { io: "input", target: "draft-7" }) as Node;
        describe(whole, TYPES, "Settings");
        known = { properties: whole.properties ?? {}, required: (whole["required"] ?? []) as string[] };
    }
    return known;
}

/** JSON Schema of a whole Pulumi.<stack>.yaml. */
export function stackSchema(): Node {
    const { properties, required } = settingsSchema();
    const settings = Object.entries(properties).map(([key, node]): [string, Node] => [`quai:${key}`, withoutNotes(node)]);
    const quai = Object.fromEntries(settings);
    encrypt(quai["quai:secrets"] ?? {});
    return {
        $schema: "http://json-schema.org/draft-07/schema#",
        title: "A stack of quai",
        description: "Pulumi.<stack>.yaml: what is deployed where, and how. The manual is docs/settings.md.",
        type: "object",
        required: ["config"],
        additionalProperties: false,
        properties: {
            config: {
                type: "object",
                description: "Settings. This project's begin with quai:, others belong to Pulumi's providers.",
                required: required.map((key) => `quai:${key}`),
                properties: quai,
                // Keys of other namespaces (pulumi:tags, aws:region …) are none of our business; an unknown quai: key is a slip.
                patternProperties: { "^(?!quai:)[^:]+:.+$": {} },
                additionalProperties: false,
            },
            encryptionsalt: { type: "string", description: "Written by Pulumi: salt of the passphrase that encrypts the secrets of this file." },
            encryptedkey: { type: "string", description: "Written by Pulumi: the key that encrypts the secrets of this file, itself encrypted." },
            secretsprovider: { type: "string", description: "What encrypts the secrets of this stack and file, when it isn't a passphrase.", examples: ["awskms://alias/quai?region=eu-west-3", "hashivault://quai"] },
            environment: { description: "Environments of Pulumi ESC to take settings from.", anyOf: [{ type: "array", items: { type: "string" } }, { type: "object" }] },
        },
    };
}

/** In the file a secret is what Pulumi made of it, or says where it is read. */
function encrypt(secrets: Node): void {
    const closed = (path: string): Node => ({
        type: "object",
        description: `Encrypted by \`./quai secrets set ${path}\`.`,
        required: ["secure"],
        additionalProperties: false,
        properties: { secure: { type: "string", minLength: 1 } },
    });
    const given = objectOf(secrets.additionalProperties as Node);
    const { value = {}, former = {}, ...places } = given.properties ?? {};
    const other: Node = {
        ...given,
        properties: {
            value: { ...closed("<name>.value"), examples: value["examples"] },
            former: { ...former, anyOf: [closed("<name>.former"), objectOf(former)] },
            ...places,
        },
    };
    secrets.additionalProperties = { type: "object", anyOf: [closed("<name>"), other] };
}

/** Of a text or a mapping: the mapping. */
function objectOf(node: Node): Node {
    return node.anyOf?.find((each) => each["type"] === "object") ?? node;
}

function withoutNotes(node: Node): Node {
    const copy = JSON.stringify(node, (key, value: unknown) => (key === "x-default" ? undefined : value));
    return JSON.parse(copy) as Node;
}
