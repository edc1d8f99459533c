import facts from "../../../tools/offline/plugins/facts/aws.json";
import { ATTRIBUTES, birth } from "../../../tools/offline/plugins/aws/attributes";
import { RULES } from "../../../tools/offline/plugins/aws/rules";
import { typeOf } from "../../../tools/offline/plugins/aws/types";
import { checkAgainstFacts } from "../../../tools/offline/plugins/kit/check";
import type { PluginFacts } from "../../../tools/offline/plugins/kit/types";

export const REGION = "eu-west-3";

/** What the rehearsal of AWS makes of a resource: the service's rules are kept under mocks, too. @throws Error with all that it refuses */
export function rehearsed(type: string, name: string, inputs: Record<string, unknown>): { id: string; state: Record<string, unknown> } {
    const known = facts as PluginFacts;
    const resource = known.resources[type];
    const maker = ATTRIBUTES[typeOf(type)];
    if (resource === undefined || maker === undefined) throw new Error(`${type} ${name}: not a type of the rehearsal`);
    const checked = checkAgainstFacts(known, type, resource.inputs, onTheWire(inputs));
    const failures = [
        ...checked.failures,
        ...(checked.wellFormed ? (RULES[typeOf(type)] ?? []).flatMap((rule) => rule(checked.values)) : []),
    ];
    if (failures.length > 0) throw new Error(failures.map(({ property, reason }) => `${type} ${name}: ${property}: ${reason}`).join("\n"));
    const made = maker(birth(`${type} ${name}`, name, inputs, REGION));
    return { id: made.id, state: { ...inputs, ...made.outputs } };
}

const SIGNATURE = "4dabf18193072939515e22adb298388d";

/** The mocks take archives and assets apart before they hand them over. */
function onTheWire(inputs: Record<string, unknown>): Record<string, unknown> {
    const marked = (mark: string, value: unknown) => typeof value === "object" && value !== null && mark in value;
    const wire = (value: unknown) => {
        if (marked("__pulumiArchive", value)) return { [SIGNATURE]: "0def7320c3a5731c473e5ecbe6d01bc7" };
        return marked("__pulumiAsset", value) ? { [SIGNATURE]: "c44067f5952c0a294b673a41bacd8c17" } : value;
    };
    return Object.fromEntries(Object.entries(inputs).map(([key, value]) => [key, wire(value)]));
}
