import type { Last } from "../../../infra/deploy";
import { deploy } from "../../../infra/deploy";
import type { Recording } from "../../unit/support/mocks";
import { record } from "../../unit/support/mocks";

export type Deployed = ReturnType<typeof deploy>;

const IMAGE = (digit: string) => `registry.internal.corp/demo@sha256:${digit.repeat(64)}`;
export const AWS = { kind: "aws", region: "eu-west-3", hostedZone: "Z0123456789ABCDEFGHIJ" };

/** The demonstration with one set of settings on a target; what differs between the targets is the target alone. */
export function demoOn(
    target: object,
    more: Readonly<Record<string, unknown>> = {},
    stack = "prod",
    last: Last = {},
): Promise<Recording<Deployed>> {
    const config = {
        "quai:application": "demo",
        "quai:environment": "development",
        "quai:domain": "demo.quai.dev",
        "quai:ports": { http: 80, https: 443 },
        "quai:images": { api: IMAGE("1"), web: IMAGE("2") },
        "quai:backup": { at: "03:30", timeZone: "Europe/Paris", keep: { daily: 7, weekly: 4, monthly: 12 }, drill: "weekly" },
        "quai:services": { api: { replicas: 2, stopGrace: "45s" } },
        "quai:target": target,
        ...more,
    };
    const texts = Object.entries(config).map(([key, value]): [string, string] => [
        key,
        typeof value === "string" ? value : JSON.stringify(value),
    ]);
    return record(() => deploy(undefined, last), { stack, config: Object.fromEntries(texts) });
}
