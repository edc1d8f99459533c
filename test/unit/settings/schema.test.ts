import fs from "node:fs";
import path from "node:path";
import Ajv, { type ValidateFunction } from "ajv";
import { parse as parseYaml } from "yaml";
import { parseSettings, SettingsError } from "../../../infra/settings";
import { judge } from "../../../policies";
import { derivedFiles } from "../../../tools/schema";
import { stackSchema } from "../../../tools/schema/stack-schema";
import { CONTEXT, parse, type Raw } from "./base";

const ROOT = path.join(__dirname, "../../..");

interface StackFile {
    config: Raw;
    [key: string]: unknown;
}

function stackFile(name: string): StackFile {
    return parseYaml(fs.readFileSync(path.join(ROOT, name), "utf8")) as StackFile;
}

const derived = derivedFiles();
const schema = stackSchema();
const validate: ValidateFunction = new Ajv({ strict: true, allowUnionTypes: true, strictRequired: false, allErrors: true }).compile(schema);
const faults = (file: unknown): string[] =>
    validate(file) ? [] : (validate.errors ?? []).map((e) => `${e.instancePath} ${e.message ?? ""}`);

describe("derived files", () => {
    test.each(Object.keys(derived))("%s is up to date (else: npm run schema)", (name) => {
        expect(fs.readFileSync(path.join(ROOT, name), "utf8")).toBe(derived[name]);
    });

    test.each(["Pulumi.dev.yaml", "Pulumi.prod.yaml"])("%s names the schema, so that editors complete it", (name) => {
        const [first] = fs.readFileSync(path.join(ROOT, name), "utf8").split("\n");
        expect(first).toBe("# yaml-language-server: $schema=./schema/stack.schema.json");
    });

    test("every setting has a description and an example", () => {
        const bare: string[] = [];
        const visit = (node: unknown, where: string): void => {
            if (typeof node !== "object" || node === null) return;
            const { properties, ...rest } = node as { properties?: Record<string, Raw> };
            for (const [key, child] of Object.entries(properties ?? {})) {
                const own = where.includes("quai:") || key.startsWith("quai:");
                const told = typeof child["description"] === "string" && Array.isArray(child["examples"]);
                if (own && key !== "secure" && !told) bare.push(`${where}.${key}`);
                visit(child, `${where}.${key}`);
            }
            for (const child of Object.values(rest)) visit(child, where);
        };
        visit(schema, "");
        expect(bare).toEqual([]);
    });

    test("examples are right, and writing out a default changes nothing", () => {
        const config = (schema.properties?.["config"]?.["properties"] ?? {}) as Record<string, Raw>;
        const plain = parse();
        const written = Object.entries(config).flatMap(([key, node]) =>
            "default" in node ? [[key.replace("quai:", ""), node["default"]]] : [],
        );
        expect(written.length).toBeGreaterThan(12);
        const { secrets: _secrets, target: _target, tls: _tls, images: _images, ...defaults } = Object.fromEntries(written) as Raw;
        expect(parse(defaults)).toEqual(plain);
        const proxy = (config["quai:proxy"]?.["properties"] ?? {}) as Record<string, Raw>;
        const figures = Object.fromEntries(Object.entries(proxy).map(([key, node]) => [key, node["default"]]));
        expect(parse({ proxy: figures })).toEqual(plain);
        for (const [key, node] of Object.entries(config)) {
            const [example] = node["examples"] as unknown[];
            if (key === "quai:registries" || key === "quai:application") continue;
            expect([key, faults({ config: { "quai:application": "demo", "quai:environment": "production", [key]: example } })]).toEqual([
                key,
                [],
            ]);
        }
    });
});

describe("the JSON Schema of a stack file", () => {
    const good = { "quai:application": "demo", "quai:environment": "production", "quai:domain": "app.quay.eu" };

    test.each(["Pulumi.dev.yaml", "Pulumi.prod.yaml"])("accepts %s", (name) => expect(faults(stackFile(name))).toEqual([]));

    test("accepts what Pulumi writes: encrypted values, salts, other namespaces, booleans and dates in its own spelling", () => {
        const config = {
            ...good,
            "pulumi:tags": { a: "b" },
            "aws:region": "eu-west-3",
            "quai:secrets": { smtpPassword: { secure: "v1:abc" } },
            "quai:running": "false",
            "quai:rotation": { database: "2026-11-01 00:00:00 +0000 UTC" },
        };
        expect(faults({ config, encryptionsalt: "v1:x", secretsprovider: "passphrase", environment: ["base"] })).toEqual([]);
    });

    test.each<[string, unknown, string]>([
        ["no config", {}, " must have required property 'config'"],
        ["no application", { config: { "quai:environment": "staging" } }, "/config must have required property 'quai:application'"],
        ["an unknown key", { config: { ...good, "quai:domian": "a.eu" } }, "/config must NOT have additional properties"],
        [
            "an unknown key below",
            { config: { ...good, "quai:tls": { domain: "a" } } },
            "/config/quai:tls must NOT have additional properties",
        ],
        ["an unknown key of Pulumi's", { config: good, confg: {} }, " must NOT have additional properties"],
        ["a key without namespace", { config: { ...good, domain: "a.eu" } }, "/config must NOT have additional properties"],
        [
            "a secret in clear",
            { config: { ...good, "quai:secrets": { smtpPassword: "hunter2" } } },
            "/config/quai:secrets/smtpPassword must be object",
        ],
        [
            "a word that isn't one of the choices",
            { config: { ...good, "quai:environment": "prod" } },
            "/config/quai:environment must be equal to one of the allowed values",
        ],
        ["a number out of bounds", { config: { ...good, "quai:ports": { http: 0 } } }, "/config/quai:ports/http must be >= 1"],
        ["a name for a host", { config: { ...good, "quai:domain": "https://a.eu" } }, "/config/quai:domain must match pattern"],
        ["a size without unit", { config: { ...good, "quai:logs": { maxSize: "50" } } }, "/config/quai:logs/maxSize must match pattern"],
    ])("refuses %s", (_what, file, fault) => expect(faults(file)).toContainEqual(expect.stringContaining(fault)));
});

describe("the stack files of the project", () => {
    const placed = (name: string, stack: string, secrets: Raw = {}): readonly string[] => {
        try {
            const settings = parseSettings(
                { ...stackFile(name).config, ...(Object.keys(secrets).length > 0 ? { secrets } : {}) },
                { ...CONTEXT, stack },
            );
            return judge(settings, CONTEXT.now).refused;
        } catch (error) {
            if (error instanceof SettingsError) return error.problems;
            throw error;
        }
    };

    test("Pulumi.dev.yaml starts as it is", () => expect(placed("Pulumi.dev.yaml", "dev")).toEqual([]));

    test("Pulumi.prod.yaml doesn't start before its secrets are given", () => {
        expect(placed("Pulumi.prod.yaml", "prod").map((line) => line.replace(/; add it .*/, ""))).toEqual([
            'quai:registries["registry.example.com"].passwordSecret: names no entry of quai:secrets (there: none yet)',
            "quai:backup.offsite.environment.AWS_ACCESS_KEY_ID: names no entry of quai:secrets (there: none yet)",
            "quai:backup.offsite.environment.AWS_SECRET_ACCESS_KEY: names no entry of quai:secrets (there: none yet)",
        ]);
    });

    test("Pulumi.prod.yaml doesn't start before its placeholders are replaced, and that is all that's wrong with it", () => {
        const secrets = { registryPassword: "kX8-vPz2Lq0-wN", backupKeyId: "AKIAKX8VPZ2LQ0WN", backupKey: "kX8-vPz2Lq0-wN-7yT" };
        const refused = placed("Pulumi.prod.yaml", "prod", secrets);
        expect(refused.map((line) => line.replace(/: .*/, ""))).toEqual([
            "quai:target.host",
            "quai:domain",
            "quai:aliases[0]",
            "quai:tls.email",
            "quai:images.api",
            "quai:images.web",
            'quai:registries["registry.example.com"]',
            "quai:backup.offsite.repository",
        ]);
        expect(refused.every((line) => line.endsWith("is a placeholder of the examples; write your own (rule real-names)"))).toBe(true);
    });
});
