import type { CallContext, Properties } from "../../kit/types";
import { pause } from "../cancel";
import { compare } from "../compare";
import { EngineError, engineFor, isConflict, isNotFound, type EngineClient } from "../engine/client";
import { flag, integer, text } from "../values";
import { updateRequest } from "./create-request";
import { inspectContainer } from "./inspect";
import { networkDatas } from "./read";
import { CONTAINER_RULES } from "./rules";

/** What /containers/{id}/update can change. */
const LIVE = new Set([
    "restart",
    "maxRetryCount",
    "cpuShares",
    "cpuSet",
    "cpuPeriod",
    "cpuQuota",
    "memory",
    "memoryReservation",
    "memorySwap",
    "deviceReadBps",
    "deviceReadIops",
    "deviceWriteBps",
    "deviceWriteIops",
]);
const REMOVAL_SECONDS = 30;

/** Changes a container in place. Like the official plugin it records what the program asked for, without another look. */
export async function updateContainer(
    id: string,
    _previousInputs: Properties,
    state: Properties,
    inputs: Properties,
    context: CallContext,
): Promise<Properties> {
    const engine = engineFor(context.config);
    const { changed } = compare(CONTAINER_RULES, state, inputs);
    let networks: Properties = {};
    if (changed.includes("mustRun") && flag(inputs, "mustRun") && inputs.start !== false) {
        await engine.send("POST", `/containers/${id}/start`);
        // A container gets new addresses when it starts again.
        const found = await inspectContainer(engine, id);
        networks = found === undefined ? {} : { networkDatas: networkDatas(found) };
    }
    if (changed.some((name) => LIVE.has(name))) {
        await updateLive(engine, id, inputs);
    }
    return { ...afterUpdate(state, inputs), ...networks };
}

async function updateLive(engine: EngineClient, id: string, inputs: Properties): Promise<void> {
    try {
        await engine.send("POST", `/containers/${id}/update`, { json: updateRequest(inputs) });
    } catch (error) {
        if (error instanceof EngineError) {
            const hint = /memoryswap/i.test(error.message) ? "; set memorySwap beside memory (twice the memory is Docker's default)" : "";
            throw new Error(`container "${text(inputs, "name") ?? id}": can't change it in place: ${error.message}${hint}`);
        }
        throw error;
    }
}

/** Outputs after a change in place: a property that left the program leaves the state, unless Docker chose it. */
export function afterUpdate(state: Properties, inputs: Properties): Properties {
    const kept = Object.entries(state).filter(([name]) => {
        const rule = CONTAINER_RULES[name];
        return rule === undefined || rule.computed === true || name in inputs;
    });
    return { ...Object.fromEntries(kept), ...inputs };
}

/** Stops and removes a container. One that is gone already is fine. */
export async function deleteContainer(id: string, inputs: Properties, outputs: Properties, context: CallContext): Promise<void> {
    const engine = engineFor(context.config);
    const known = { ...inputs, ...outputs };
    if (!flag(known, "attach")) {
        // No grace given means none: the official plugin kills at once.
        const grace = Math.max(0, integer(known, "destroyGraceSeconds") ?? 0);
        if (grace > 0) {
            context.log("info", `stopping, with up to ${grace} s of grace`, true);
        }
        await ignoring(isNotFound, engine.send("POST", `/containers/${id}/stop`, { query: { t: grace }, repeatable: true }));
    }
    const query = { v: known.removeVolumes !== false, force: true };
    await ignoring(
        (error) => isNotFound(error) || (isConflict(error) && /already in progress/i.test((error as Error).message)),
        engine.send("DELETE", `/containers/${id}`, { query }),
    );
    await untilGone(engine, id, text(known, "name") ?? id, context);
}

async function ignoring(fine: (error: unknown) => boolean, request: Promise<void>): Promise<void> {
    try {
        await request;
    } catch (error) {
        if (!fine(error)) {
            throw error;
        }
    }
}

/** Only then is its name free for a replacement. */
async function untilGone(engine: EngineClient, id: string, name: string, context: CallContext): Promise<void> {
    const deadline = Date.now() + REMOVAL_SECONDS * 1000;
    while ((await inspectContainer(engine, id)) !== undefined) {
        if (Date.now() > deadline) {
            throw new Error(
                `container "${name}": still there ${REMOVAL_SECONDS} s after its removal; look at: docker inspect ${id.slice(0, 12)}`,
            );
        }
        await pause(200, context.signal);
    }
}
