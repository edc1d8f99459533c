import { type Policies, PolicyPack, type ReportViolation, type ResourceValidationArgs, type StackValidationArgs } from "@pulumi/policy";
import { join } from "node:path";
import { parse } from "yaml";
import { readFileSync } from "node:fs";
import { judge, judgeResources, policies, type Policy, type Verdict } from "..";
import { aroundStack } from "../../infra/around";
import { parseSettings, type Settings } from "../../infra/settings";
import { withoutSecrets } from "../../infra/settings/without-secrets";
import { applications, presetOf } from "../../stacks/catalogue";

/*
 * The rules as a policy pack. They are the same objects that the program and ./quai ask. A pack is given resources and nothing of the
 * stack's settings, so it reads the stack file itself; encrypted values stay closed to it (the program judges those).
 */

const CHECKOUT = join(__dirname, "..", "..");
const STACK = "pulumi:pulumi:Stack";

/** A policy of the engine's refuses or warns, whatever the stack; a rule may do either. So each rule is two: `<rule>` and `<rule>-warning`. */
export function enginePolicies(checkout = CHECKOUT): Policies {
    const settingsOf = remembered((stack: string) => stackSettings(checkout, stack));
    const aroundOf = remembered((stack: string) => aroundStack({ checkout, stack, env: process.env }));
    return policies.flatMap((policy) => {
        const ofSettings = (stack: string) => only(policy, judge(settingsOf(stack), new Date(), aroundOf(stack)));
        const ofResource = ({ type, name, props, opts }: ResourceValidationArgs, stack: string) =>
            only(policy, judgeResources(settingsOf(stack), [{ type, name, inputs: props, protect: opts.protect }]));
        return (["refused", "warned"] as const).map((which) => ({
            name: which === "refused" ? policy.id : `${policy.id}-warning`,
            description: policy.why,
            enforcementLevel: which === "refused" ? ("mandatory" as const) : ("advisory" as const),
            validateResource: (args: ResourceValidationArgs, report: ReportViolation) => {
                for (const line of ofResource(args, stackOf(args.urn))[which]) report(line);
            },
            validateStack: ({ resources }: StackValidationArgs, report: ReportViolation) => {
                const urn = resources.find(({ type }) => type === STACK)?.urn;
                for (const line of urn === undefined ? [] : ofSettings(stackOf(urn))[which]) report(line);
            },
        }));
    });
}

/** Starts to answer the engine. */
export function serve(): void {
    new PolicyPack("quai-rules", { policies: enginePolicies() });
}

function only({ id }: Policy, { refused, warned }: Verdict): Pick<Verdict, "refused" | "warned"> {
    const own = (lines: readonly string[]) => lines.filter((line) => [`(rule ${id})`, `(rule ${id},`].some((end) => line.includes(end)));
    return { refused: own(refused), warned: own(warned) };
}

/** `urn:pulumi:<stack>::<project>::<type>::<name>` */
function stackOf(urn: string): string {
    return urn.split("::")[0]?.replace("urn:pulumi:", "") ?? "";
}

function stackSettings(checkout: string, stack: string): Settings {
    const content = parse(readFileSync(join(checkout, `Pulumi.${stack}.yaml`), "utf8")) as { config?: Record<string, unknown> };
    return parseSettings(withoutSecrets(content.config ?? {}) as Record<string, unknown>, { stack, applications, preset: presetOf });
}

function remembered<T>(read: (key: string) => T): (key: string) => T {
    const known = new Map<string, T>();
    return (key) => {
        const value = known.get(key) ?? read(key);
        known.set(key, value);
        return value;
    };
}
