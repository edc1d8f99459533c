import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Engine } from "../../../tools/engine";
import { ensureEngine, ensurePlugins, runPulumi } from "../../../tools/engine";
import { installFallbackPlugin } from "../../../tools/offline/plugins/install";
import { makeCheckout, removeCheckout } from "../support/checkout";

export const STACK = "awse2e";

/** A step of a preview: what would happen to which resource. */
export interface Step {
    readonly op: string;
    readonly urn: string;
}

/** A real account, where somebody gives one: the same cycle, with the official plugin. See docs/aws.md. */
export const ACCOUNT = process.env["QUAI_AWS_ACCOUNT"];
const digest = (digit: string) => `registry.internal.corp/demo@sha256:${digit.repeat(64)}`;
const [api = digest("1"), web = digest("2")] = process.env["QUAI_AWS_IMAGES"]?.split(",") ?? [];

/** The settings of the test's stack. */
const SETTINGS: Readonly<Record<string, unknown>> = {
    "quai:application": "demo",
    "quai:environment": "development",
    "quai:domain": process.env["QUAI_AWS_DOMAIN"] ?? "demo.quai.dev",
    "quai:images": { api, web },
    "quai:target": {
        kind: "aws",
        region: process.env["QUAI_AWS_REGION"] ?? "eu-west-3",
        ...(ACCOUNT === undefined ? {} : { accountId: ACCOUNT }),
        hostedZone: process.env["QUAI_AWS_ZONE"] ?? "Z0123456789ABCDEFGHIJ",
        alarmEmail: process.env["QUAI_AWS_MAIL"] ?? "ops@quai.dev",
        monthlyBudget: 300,
    },
};

/** The program of this checkout on the real engine, with an aws plugin that makes nothing. */
export class Rehearsal {
    private constructor(
        private readonly engine: Engine,
        private readonly stack: string,
        private readonly base: Readonly<Record<string, unknown>>,
    ) {}

    static async open(stack = STACK, base = SETTINGS): Promise<Rehearsal> {
        const checkout = makeCheckout();
        const engine = await ensureEngine({ checkout });
        await ensurePlugins(engine, ["docker", "command", "random", "tls"]);
        if (ACCOUNT === undefined) await installFallbackPlugin("aws", { pulumiHome: engine.home });
        else await ensurePlugins(engine, ["aws"]);
        const rehearsal = new Rehearsal(engine, stack, base);
        rehearsal.settings();
        await rehearsal.must("stack", "init", stack);
        return rehearsal;
    }

    settings(more: Readonly<Record<string, unknown>> = {}): void {
        writeFileSync(
            join(this.engine.checkout, `Pulumi.${this.stack}.yaml`),
            JSON.stringify({ config: { ...this.base, ...more } }, null, 2),
        );
    }

    run(args: readonly string[], env: Readonly<Record<string, string>> = { QUAI_AWS_REHEARSAL: "1" }) {
        return runPulumi(this.engine, [...args, "--non-interactive"], { env });
    }

    async must(...args: readonly string[]): Promise<string> {
        const { code, stdout, stderr } = await this.run(args);
        if (code !== 0) throw new Error(`pulumi ${args.join(" ")} ended with ${code}:\n${stdout.slice(-6000)}\n${stderr.slice(-3000)}`);
        return stdout;
    }

    /** What an update would do, without what stays as it is. */
    async preview(): Promise<Step[]> {
        const { steps } = JSON.parse(await this.must("preview", "--json")) as { steps: Step[] };
        return steps.filter(({ op }) => op !== "same");
    }

    /** The state, as the engine gives it out: secrets encrypted. */
    async resources(): Promise<{ type: string; urn: string; outputs?: Record<string, unknown> }[]> {
        const exported = JSON.parse(await this.must("stack", "export")) as { deployment: { resources?: [] } };
        return exported.deployment.resources ?? [];
    }

    close(): void {
        removeCheckout();
    }
}

/** `create ecs/service:Service api` */
export function short({ op, urn }: Step): string {
    const [, , types = "", name = ""] = urn.split("::");
    const type = types.split("$").at(-1) ?? "";
    return `${op} ${type.replace(/^aws:/, "")} ${name.replace(/-[0-9a-f]{8}$/, "-<release>")}`;
}
