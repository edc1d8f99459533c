import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Engine } from "../../../tools/engine";
import { ensureEngine, ensurePlugins, runPulumi } from "../../../tools/engine";
import { installFallbackPlugin } from "../../../tools/offline/plugins/install";
import { makeCheckout, removeCheckout } from "../support/checkout";
import { ACCOUNT, REAL, SETTINGS, STACK } from "./settings";

export { ACCOUNT, REAL, STACK };

/** A step of a preview: what would happen to which resource. */
export interface Step {
    readonly op: string;
    readonly urn: string;
}

/** The program of this checkout on the real engine, with an aws plugin that makes nothing. */
export class Rehearsal {
    private constructor(
        readonly engine: Engine,
        private readonly stack: string,
        private readonly base: Readonly<Record<string, unknown>>,
    ) {}

    static async open(stack = STACK, base = SETTINGS): Promise<Rehearsal> {
        const checkout = makeCheckout();
        const engine = await ensureEngine({ checkout });
        await ensurePlugins(engine, ["docker", "command", "random", "tls"]);
        if (REAL) await ensurePlugins(engine, ["aws"]);
        else await installFallbackPlugin("aws", { pulumiHome: engine.home });
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
    async resources(): Promise<
        { type: string; urn: string; id?: string; inputs?: Record<string, unknown>; outputs?: Record<string, unknown> }[]
    > {
        const exported = JSON.parse(await this.must("stack", "export")) as { deployment: { resources?: [] } };
        return exported.deployment.resources ?? [];
    }

    /** Ways between security groups as the state has them: `proxy > api:8000`. */
    async ways(): Promise<string[]> {
        const all = await this.resources();
        const named = new Map(
            all
                .filter(({ type }) => type === "aws:ec2/securityGroup:SecurityGroup")
                .map(({ id, urn }) => [id, (urn.split("::").at(-1) ?? "").replace(/-group$/, "")]),
        );
        return all
            .filter(({ type }) => type === "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
            .map(({ inputs = {} }) => {
                const text = (key: string) => (typeof inputs[key] === "string" ? inputs[key] : undefined);
                const from = text("cidrIpv4") ?? text("prefixListId") ?? named.get(text("referencedSecurityGroupId")) ?? "?";
                return `${from} > ${named.get(text("securityGroupId")) ?? "?"}:${String(inputs["fromPort"])}`;
            })
            .sort();
    }

    /**
     * Takes down what is left, whatever a test that failed left behind: an account would go on paying for it.
     *
     * @throws Error that says where the state is kept and how to go on, if something still stands
     */
    async takeDown(): Promise<void> {
        const left = async () => (await this.resources()).filter(({ id }) => id !== undefined && id !== "");
        if ((await left()).length > 0) {
            // Protection ends by an update of its own. One that fails has done some of it, and the next goes on.
            for (const more of [{ "quai:protect": false }, { "quai:protect": false, "quai:running": false }]) {
                this.settings(more);
                await this.run(["up", "--yes", "--skip-preview", "--refresh"]);
            }
            await this.run(["destroy", "--yes", "--skip-preview", "--refresh"]);
        }
        const names = (await left()).map(({ urn }) => urn.split("::").slice(2).join(" ").replace(/^.*\$/, ""));
        if (names.length === 0) return this.close();
        const env = Object.entries(this.engine.env).flatMap(([key, value]) =>
            /^PULUMI_/.test(key) && value !== process.env[key] ? [`${key}='${value ?? ""}'`] : [],
        );
        const again = `cd ${this.engine.checkout} && ${env.join(" ")} ${this.engine.pulumi} destroy -s ${this.stack} --refresh`;
        throw new Error(`left in the account, and the state is kept: ${names.join(", ")}. Go on by:\n${again}`);
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
