import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

/** The settings of BDD Bot's stack file, its placeholders replaced. */
export function bddbot(environment: "staging" | "production"): Record<string, unknown> {
    const text = readFileSync(join(__dirname, `../../../Pulumi.bddbot-${environment}.yaml`), "utf8")
        .replaceAll("example.com", "quai.dev")
        .replaceAll("0".repeat(64), "1".repeat(64))
        .replaceAll("0".repeat(12), "123456789012");
    return (parse(text) as { config: Record<string, unknown> }).config;
}
