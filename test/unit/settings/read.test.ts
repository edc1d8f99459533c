import * as pulumi from "@pulumi/pulumi";
import { readSettings } from "../../../infra/settings/read";
import { secretVersion } from "../../../infra/settings/fingerprint";

const VALUE = "kX8-vPz2Lq0-wN";
const CONFIG = { "quai:application": "demo", "quai:environment": "development", "other:key": "x" };

async function mocks(stack: string): Promise<void> {
    await pulumi.runtime.setMocks(
        { newResource: ({ name, inputs }) => ({ id: name, state: inputs as object }), call: ({ inputs }) => inputs as object },
        "quai",
        stack,
    );
}

describe("reading a stack's settings", () => {
    beforeEach(() => mocks("dev"));

    test("takes the quai: keys and leaves other namespaces alone", () => {
        pulumi.runtime.setAllConfig(CONFIG);
        const { settings, secrets } = readSettings(["demo"]);
        expect(settings.stackId).toBe("demo-dev");
        expect(secrets).toEqual({});
    });

    test("R27: secrets are Outputs that stay secret", async () => {
        pulumi.runtime.setAllConfig({ ...CONFIG, "quai:secrets": JSON.stringify({ smtpPassword: VALUE }) }, ["quai:secrets"]);
        const { smtpPassword } = readSettings(["demo"]).secrets;
        expect(smtpPassword?.version).toMatch(/^[0-9a-f]{8}$/);
        expect(await pulumi.isSecret(smtpPassword?.value ?? pulumi.output(""))).toBe(true);
        const value = await new Promise((resolve) => smtpPassword?.value.apply(resolve));
        expect(value).toBe(VALUE);
    });

    test("R27: secrets in clear are refused, without being shown", () => {
        pulumi.runtime.setAllConfig({ ...CONFIG, "quai:secrets": JSON.stringify({ smtpPassword: VALUE }) });
        expect(() => readSettings(["demo"])).toThrow(/quai:secrets: is written in clear/);
        expect(() => readSettings(["demo"])).not.toThrow(VALUE);
    });

    test("an encrypted value elsewhere is refused", () => {
        pulumi.runtime.setAllConfig({ ...CONFIG, "quai:domain": VALUE }, ["quai:domain"]);
        expect(() => readSettings(["demo"])).toThrow(/quai:domain: must not be encrypted/);
        expect(() => readSettings(["demo"])).not.toThrow(VALUE);
    });

    test("an unknown application is refused", () => {
        pulumi.runtime.setAllConfig({ ...CONFIG, "quai:application": "dmo" });
        expect(() => readSettings(["demo"])).toThrow(/did you mean demo\?/);
    });
});

describe("a secret's version", () => {
    test("is the same each time, and changes with the value, the stack, the name and the key", () => {
        const version = secretVersion(VALUE, "demo-dev", "smtpPassword");
        expect(version).toMatch(/^[0-9a-f]{8}$/);
        expect(secretVersion(VALUE, "demo-dev", "smtpPassword")).toBe(version);
        const others = [
            secretVersion(`${VALUE}x`, "demo-dev", "smtpPassword"),
            secretVersion(VALUE, "demo-prod", "smtpPassword"),
            secretVersion(VALUE, "demo-dev", "other"),
            secretVersion(VALUE, "demo-dev", "smtpPassword", "key"),
            secretVersion(VALUE, "demo-de", "vsmtpPassword"),
        ];
        expect(new Set([version, ...others]).size).toBe(6);
    });

    test("costs whoever guesses at least 10 ms a guess", () => {
        const start = process.hrtime.bigint();
        secretVersion(VALUE, "demo-dev", "smtpPassword");
        expect(Number(process.hrtime.bigint() - start) / 1e6).toBeGreaterThan(10);
    });
});
