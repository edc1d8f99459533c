import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bddbot } from "../../contract/support/bddbot";
import { checkout, quai, source } from "../support/checkout";

const digest = (digit: string) => `registry.internal.corp/demo@sha256:${digit.repeat(64)}`;

/** The pictures of docs/pictures: stacks that are described here alone, and none of which is deployed. */
export const PICTURES: Readonly<Record<string, Record<string, unknown>>> = {
    demo: {
        "quai:application": "demo",
        "quai:environment": "development",
        "quai:domain": "demo.localhost",
        "quai:tls": { mode: "local" },
    },
    viatique: {
        "quai:application": "viatique",
        "quai:environment": "staging",
        "quai:domain": "viatique.acme.net",
        "quai:tls": { mode: "acme", email: "ops@acme.net" },
        "quai:images": { backend: digest("1"), frontend: digest("2") },
        "quai:target": { kind: "docker", host: "ssh://deploy@app-1.acme.net", hostKey: `ssh-ed25519 ${"A".repeat(68)}` },
        "quai:backup": {
            offsite: {
                repository: "s3:https://s3.eu-west-3.amazonaws.com/acme-backups/viatique",
                environment: { AWS_ACCESS_KEY_ID: "backupKeyId", AWS_SECRET_ACCESS_KEY: "backupKey" },
            },
        },
        "quai:secrets": { backupKeyId: { secure: "" }, backupKey: { secure: "" }, emailPassword: { secure: "" } },
    },
    aws: {
        "quai:application": "demo",
        "quai:environment": "development",
        "quai:domain": "demo.quai.dev",
        "quai:images": { api: digest("1"), web: digest("2") },
        "quai:target": {
            kind: "aws",
            region: "eu-west-3",
            hostedZone: "Z0123456789ABCDEFGHIJ",
            alarmEmail: "ops@quai.dev",
            monthlyBudget: 300,
        },
    },
    bddbot: bddbot("production"),
};

/** Draws one in the checkout of the test. */
export async function drawn(name: string, ...words: readonly string[]): Promise<string> {
    const stack = `${name}-picture`;
    writeFileSync(join(checkout(), `Pulumi.${stack}.yaml`), JSON.stringify({ config: PICTURES[name] }));
    const { code, stdout, text } = await quai("diagram", stack, ...words);
    if (code !== 0) throw new Error(text);
    return stdout;
}

export const pictureFile = (name: string) => join(source, "docs/pictures", `${name}.svg`);
export const kept = (name: string) => readFileSync(pictureFile(name), "utf8");
