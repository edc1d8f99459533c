import type { CallContext, CheckFailure, Created, DiffAnswer, Properties, ReadResult, ResourceHandler } from "../kit/types";
import { autoname } from "./autoname";
import { pause } from "./cancel";
import { Problems } from "./checks";
import { compare, inputsAfterRead, map, object, scalar, scalarOr, setOf, type Rule } from "./compare";
import { EngineError, engineFor, isConflict, isNotFound, type EngineClient } from "./engine/client";
import { defined, flag, labelList, labelMap, records, text, textMap, withDefaults, type Values } from "./values";

interface InspectedNetwork {
    readonly Id: string;
    readonly Name: string;
    readonly Scope: string;
    readonly Driver: string;
    readonly EnableIPv6: boolean;
    readonly Internal: boolean;
    readonly Attachable: boolean;
    readonly Ingress: boolean;
    readonly Options: Readonly<Record<string, string>> | null;
    readonly Labels: Readonly<Record<string, string>> | null;
    readonly IPAM: {
        readonly Driver: string;
        readonly Options: Readonly<Record<string, string>> | null;
        readonly Config:
            | readonly {
                  Subnet?: string;
                  IPRange?: string;
                  Gateway?: string;
                  AuxiliaryAddresses?: Readonly<Record<string, string>> | null;
              }[]
            | null;
    };
    readonly Containers?: Readonly<Record<string, { readonly Name: string }>> | null;
}

const REMOVAL_SECONDS = 30;
const chosen = (shape: Rule["shape"] = scalar): Rule => ({ shape, effect: "replace", computed: true });
const fixed = (shape: Rule["shape"] = scalar): Rule => ({ shape, effect: "replace" });

const RULES: Readonly<Record<string, Rule>> = {
    name: chosen(),
    driver: chosen(),
    options: chosen(map),
    internal: chosen(),
    ipamConfigs: chosen(setOf(object({ subnet: scalar, ipRange: scalar, gateway: scalar, auxAddress: map }))),
    labels: fixed(setOf(object({ label: scalar, value: scalar }))),
    attachable: fixed(),
    ingress: fixed(),
    ipv6: fixed(),
    ipamDriver: fixed(scalarOr("default")),
    ipamOptions: fixed(map),
};

export const networkHandler: ResourceHandler = {
    normalize: (inputs, previous, resource) => withDefaults(autoname(inputs, previous, resource), { ipamDriver: "default" }),
    check,
    diff,
    create,
    read,
    delete: remove,
};

function check(inputs: Properties): readonly CheckFailure[] {
    const problems = new Problems();
    problems.each(inputs, "ipamConfigs", (entry, prefix) => {
        problems.pattern(entry, "subnet", /^[0-9a-fA-F:.]+\/\d{1,3}$/, 'a network such as "10.20.0.0/24"', prefix);
        problems.pattern(entry, "ipRange", /^[0-9a-fA-F:.]+\/\d{1,3}$/, 'a network such as "10.20.0.0/28"', prefix);
    });
    return problems.found;
}

/** Nothing of a network can be changed. One that keeps its name must go before its replacement comes. */
function diff(_id: string, _previousInputs: Properties, state: Properties, inputs: Properties): DiffAnswer {
    return { ...compare(RULES, state, inputs), deleteBeforeReplace: state.name === inputs.name };
}

async function create(inputs: Properties, context: CallContext): Promise<Created> {
    const engine = engineFor(context.config);
    const name = text(inputs, "name") ?? "";
    try {
        const created = await engine.json<{ Id: string }>("POST", "/networks/create", { json: createRequest(name, inputs) });
        const found = await inspect(engine, created.Id);
        return { id: created.Id, outputs: found === undefined ? inputs : outputsOf(found, inputs) };
    } catch (error) {
        if (isConflict(error)) {
            throw new Error(
                `network "${name}": the name is taken; remove it with "docker network rm ${name}", or adopt it with "pulumi import"`,
            );
        }
        throw error instanceof EngineError ? new Error(`network "${name}": can't create it: ${error.message}`) : error;
    }
}

function createRequest(name: string, inputs: Values): Values {
    return defined({
        Name: name,
        // Two networks of one name can't be told apart afterwards.
        CheckDuplicate: true,
        Driver: text(inputs, "driver"),
        Internal: flag(inputs, "internal"),
        Attachable: flag(inputs, "attachable"),
        Ingress: flag(inputs, "ingress"),
        EnableIPv6: flag(inputs, "ipv6"),
        Labels: labelMap(inputs, "labels"),
        Options: textMap(inputs, "options"),
        IPAM: defined({
            Driver: text(inputs, "ipamDriver"),
            Options: textMap(inputs, "ipamOptions"),
            Config: records(inputs, "ipamConfigs").map((config) =>
                defined({
                    Subnet: text(config, "subnet"),
                    IPRange: text(config, "ipRange"),
                    Gateway: text(config, "gateway"),
                    AuxiliaryAddresses: textMap(config, "auxAddress"),
                }),
            ),
        }),
    });
}

async function read(
    id: string,
    inputs: Properties | undefined,
    outputs: Properties | undefined,
    context: CallContext,
): Promise<ReadResult | undefined> {
    const found = await inspect(engineFor(context.config), id);
    if (found === undefined) {
        return undefined;
    }
    const now = outputsOf(found, outputs ?? {});
    return { id: found.Id, inputs: outputs === undefined ? importedInputs(now) : inputsAfterRead(RULES, inputs ?? {}, now), outputs: now };
}

function importedInputs(outputs: Properties): Properties {
    const said = Object.entries(outputs).filter(([name, value]) => name in RULES && JSON.stringify(value).length > 2 && value !== false);
    return Object.fromEntries(said);
}

function outputsOf(found: InspectedNetwork, known: Values): Properties {
    return {
        ...known,
        name: found.Name,
        scope: found.Scope,
        driver: found.Driver,
        internal: found.Internal,
        attachable: found.Attachable,
        ingress: found.Ingress,
        ipv6: found.EnableIPv6,
        labels: labelList(found.Labels),
        options: found.Options ?? {},
        ipamDriver: found.IPAM.Driver,
        ipamOptions: found.IPAM.Options ?? {},
        ipamConfigs: (found.IPAM.Config ?? []).map((config) =>
            defined({
                subnet: config.Subnet || undefined,
                ipRange: config.IPRange || undefined,
                gateway: config.Gateway || undefined,
                auxAddress: config.AuxiliaryAddresses ?? undefined,
            }),
        ),
    };
}

async function inspect(engine: EngineClient, id: string): Promise<InspectedNetwork | undefined> {
    try {
        return await engine.json<InspectedNetwork>("GET", `/networks/${encodeURIComponent(id)}`);
    } catch (error) {
        if (isNotFound(error)) {
            return undefined;
        }
        throw error;
    }
}

/** Removes a network, waiting for containers that are just leaving it. */
async function remove(id: string, _inputs: Properties, outputs: Properties, context: CallContext): Promise<void> {
    const engine = engineFor(context.config);
    const name = text(outputs, "name") ?? id;
    const deadline = Date.now() + REMOVAL_SECONDS * 1000;
    for (;;) {
        try {
            return await engine.send("DELETE", `/networks/${id}`);
        } catch (error) {
            if (isNotFound(error)) {
                return;
            }
            if (!(error instanceof EngineError) || !/has active endpoints/i.test(error.message)) {
                throw error instanceof EngineError ? new Error(`network "${name}": can't remove it: ${error.message}`) : error;
            }
            const users = Object.values((await inspect(engine, id))?.Containers ?? {}).map((container) => container.Name);
            if (Date.now() > deadline) {
                throw new Error(
                    `network "${name}": still used by ${users.sort().join(", ") || "a container"} after ${REMOVAL_SECONDS} s; ` +
                        "remove these containers, or disconnect them with: docker network disconnect",
                );
            }
            context.log("info", `waiting until ${users.join(", ")} has left`, true);
        }
        await pause(500, context.signal);
    }
}
