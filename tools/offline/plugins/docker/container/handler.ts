import type { CallContext, Properties, ReadResult, ResourceHandler } from "../../kit/types";
import { inputsAfterRead } from "../compare";
import { engineFor } from "../engine/client";
import { flag } from "../values";
import { afterUpdate, deleteContainer, updateContainer } from "./change";
import { checkContainer } from "./check";
import { createContainer } from "./create";
import { normalizeContainer } from "./defaults";
import { importedValues } from "./import";
import { inspectContainer, type InspectedContainer } from "./inspect";
import { containerOutputs } from "./read";
import { CONTAINER_RULES, diffContainer } from "./rules";

export const containerHandler: ResourceHandler = {
    normalize: normalizeContainer,
    check: checkContainer,
    diff: diffContainer,
    create: createContainer,
    read: readContainer,
    previewUpdate: (_id, _previousInputs, state, inputs) => afterUpdate(state, inputs),
    update: updateContainer,
    delete: deleteContainer,
};

async function readContainer(
    id: string,
    inputs: Properties | undefined,
    outputs: Properties | undefined,
    context: CallContext,
): Promise<ReadResult | undefined> {
    const engine = engineFor(context.config);
    const found = await inspectContainer(engine, id);
    if (found === undefined) {
        return undefined;
    }
    if (outputs === undefined) {
        const imported = containerOutputs(found, await importedValues(engine, found));
        return { id: found.Id, inputs: importedInputs(imported, inputs), outputs: imported };
    }
    const now = stillUnfit(found, outputs) ? { ...outputs } : containerOutputs(found, outputs);
    return { id: found.Id, inputs: inputsAfterRead(CONTAINER_RULES, inputs ?? {}, now), outputs: now };
}

/**
 * A container whose creation failed stays marked as failed over a refresh, until it has become fit by itself; otherwise a refresh would
 * turn it into a good one. (The official plugin forgets the failure here.)
 */
function stillUnfit(found: InspectedContainer, outputs: Properties): boolean {
    if (Array.isArray(outputs.networkDatas)) {
        return false;
    }
    return flag(outputs, "wait") ? found.State.Health?.Status !== "healthy" : !found.State.Running;
}

/** Inputs that describe an imported container: what differs from Docker's own choices. */
function importedInputs(outputs: Properties, given: Properties | undefined): Properties {
    const settable = Object.entries(outputs).filter(([name, value]) => name in CONTAINER_RULES && !isEmpty(value) && !CHOSEN.has(name));
    return { ...Object.fromEntries(settable), ...given };
}

/** Values Docker always fills in, so they say nothing about what was asked for. */
const CHOSEN = new Set(["hostname", "ipcMode", "logDriver", "runtime", "shmSize", "platform", "securityOpts", "init"]);

function isEmpty(value: unknown): boolean {
    return (
        value === "" ||
        value === 0 ||
        value === false ||
        value === undefined ||
        (Array.isArray(value) && value.length === 0) ||
        (typeof value === "object" && value !== null && Object.keys(value).length === 0)
    );
}
