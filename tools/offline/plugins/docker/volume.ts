import type { CallContext, CheckFailure, Created, DiffAnswer, Properties, ReadResult, ResourceHandler } from "../kit/types";
import { autoname } from "./autoname";
import { pause } from "./cancel";
import { Problems } from "./checks";
import { compare, inputsAfterRead, map, object, scalar, setOf, type Rule } from "./compare";
import { EngineError, engineFor, isNotFound, type EngineClient } from "./engine/client";
import { defined, labelList, labelMap, text, textMap, type Values } from "./values";

interface InspectedVolume {
    readonly Name: string;
    readonly Driver: string;
    readonly Mountpoint: string;
    readonly Labels: Readonly<Record<string, string>> | null;
    readonly Options: Readonly<Record<string, string>> | null;
}

const REMOVAL_SECONDS = 30;

const RULES: Readonly<Record<string, Rule>> = {
    name: { shape: scalar, effect: "replace", computed: true },
    driver: { shape: scalar, effect: "replace", computed: true },
    driverOpts: { shape: map, effect: "replace" },
    labels: { shape: setOf(object({ label: scalar, value: scalar })), effect: "replace" },
};

export const volumeHandler: ResourceHandler = { normalize: autoname, check, diff, create, read, delete: remove };

function check(inputs: Properties): readonly CheckFailure[] {
    const problems = new Problems();
    problems.unsupported(inputs, ["cluster"]);
    problems.pattern(inputs, "name", /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/, "letters, digits, _ . or -, two at least, not beginning with a sign");
    return problems.found;
}

function diff(_id: string, _previousInputs: Properties, state: Properties, inputs: Properties): DiffAnswer {
    return { ...compare(RULES, state, inputs), deleteBeforeReplace: true };
}

/**
 * Docker's own creation takes over a volume that exists under this name, with its data and its labels. Like the official plugin it records the
 * labels as asked for: others would make the next update replace the volume, and with it the data. Only a refresh tells the difference.
 */
async function create(inputs: Properties, context: CallContext): Promise<Created> {
    const engine = engineFor(context.config);
    const name = text(inputs, "name") ?? "";
    const json = defined({
        Name: name,
        Driver: text(inputs, "driver"),
        DriverOpts: textMap(inputs, "driverOpts"),
        Labels: labelMap(inputs, "labels"),
    });
    try {
        const created = await engine.json<InspectedVolume>("POST", "/volumes/create", { json });
        return { id: created.Name, outputs: { ...outputsOf(created, inputs), labels: inputs.labels ?? [] } };
    } catch (error) {
        throw error instanceof EngineError ? new Error(`volume "${name}": can't create it: ${error.message}`) : error;
    }
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
    const given = outputs === undefined ? { name: found.Name, driver: found.Driver } : (inputs ?? {});
    return { id: found.Name, inputs: inputsAfterRead(RULES, given, now), outputs: now };
}

function outputsOf(found: InspectedVolume, known: Values): Properties {
    return {
        ...known,
        name: found.Name,
        driver: found.Driver,
        mountpoint: found.Mountpoint,
        labels: labelList(found.Labels),
        driverOpts: found.Options ?? {},
    };
}

async function inspect(engine: EngineClient, name: string): Promise<InspectedVolume | undefined> {
    try {
        return await engine.json<InspectedVolume>("GET", `/volumes/${encodeURIComponent(name)}`);
    } catch (error) {
        if (isNotFound(error)) {
            return undefined;
        }
        throw error;
    }
}

/** Removes a volume and its data, waiting for containers that are just being removed. */
async function remove(id: string, _inputs: Properties, _outputs: Properties, context: CallContext): Promise<void> {
    const engine = engineFor(context.config);
    const deadline = Date.now() + REMOVAL_SECONDS * 1000;
    for (;;) {
        try {
            return await engine.send("DELETE", `/volumes/${encodeURIComponent(id)}`, { query: { force: true } });
        } catch (error) {
            if (isNotFound(error)) {
                return;
            }
            if (!(error instanceof EngineError) || !/volume is in use/i.test(error.message)) {
                throw error instanceof EngineError ? new Error(`volume "${id}": can't remove it: ${error.message}`) : error;
            }
            if (Date.now() > deadline) {
                throw new Error(
                    `volume "${id}": still used by ${(await users(engine, id)).join(", ") || "a container"} after ${REMOVAL_SECONDS} s; remove what uses it`,
                );
            }
            context.log("info", "waiting until no container uses it", true);
        }
        await pause(500, context.signal);
    }
}

async function users(engine: EngineClient, volume: string): Promise<string[]> {
    const filters = JSON.stringify({ volume: [volume] });
    const containers = await engine.json<{ Names: string[] }[]>("GET", "/containers/json", { query: { all: true, filters } });
    return containers.map((container) => `container "${(container.Names[0] ?? "").replace(/^\//, "")}"`).sort();
}
