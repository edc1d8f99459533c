import type { Preview, ResourceState } from "./engine-events";
import { asList, asText, isRecord } from "./values";

/** A secret that a service or job is given as a variable of its process, because it can't read files. */
export interface SecretVariable {
    readonly service: string;
    /** `DATABASE_URL` */
    readonly variable: string;
    /** Names of the secrets in it. */
    readonly holds: readonly string[];
    readonly what: "stays" | "new" | "removed";
}

/** Every secret that is, or was, in an environment: by what the application says of its parts. */
export function secretVariables({ changes }: Preview): readonly SecretVariable[] {
    const applications = changes.filter(({ type }) => type === "quai:index:WebStack");
    return applications.flatMap(({ old, new: next, operation }) => {
        const [before, after] = [variablesOf(old), operation === "delete" ? [] : variablesOf(next)];
        const has = (list: readonly Given[], { service, variable }: Given) =>
            list.some((each) => each.service === service && each.variable === variable);
        return [
            ...after.map((each) => ({ ...each, what: has(before, each) ? ("stays" as const) : ("new" as const) })),
            ...before.filter((each) => !has(after, each)).map((each) => ({ ...each, what: "removed" as const })),
        ];
    });
}

type Given = Omit<SecretVariable, "what">;

function variablesOf(state: ResourceState | undefined): readonly Given[] {
    const containers = [...asList(state?.outputs["services"]), ...asList(state?.outputs["jobs"])].filter(isRecord);
    return containers.flatMap(({ name, variables }) =>
        asList(variables)
            .filter(isRecord)
            .map((each) => ({
                service: asText(name) ?? "",
                variable: asText(each["name"]) ?? "",
                holds: asList(each["holds"]).flatMap((secret) => asText(secret) ?? []),
            })),
    );
}
