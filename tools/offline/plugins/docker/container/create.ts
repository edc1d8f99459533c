import { PartialFailure, type CallContext, type Created, type Properties } from "../../kit/types";
import { pause } from "../cancel";
import { EngineError, engineFor, isConflict, type EngineClient } from "../engine/client";
import { ensureImage } from "../image/find";
import { flag, record, records, text, type Values } from "../values";
import { createRequest } from "./create-request";
import { inspectContainer } from "./inspect";
import { containerLogs } from "./logs";
import { connectNetworks } from "./networks";
import { containerOutputs } from "./read";
import { uploadFiles } from "./uploads";
import { waitUntilHealthy } from "./wait";

/**
 * Creates a container: create, networks, files, start, wait, attach. Whatever fails once it exists leaves it in place and recorded as failed,
 * so that it can be looked at; the next update replaces it.
 */
export async function createContainer(inputs: Properties, context: CallContext): Promise<Created> {
    const engine = engineFor(context.config);
    await refuseByVersion(engine, inputs);
    await ensureImage(engine, text(inputs, "image") ?? "", context);
    const id = await create(engine, inputs);
    try {
        await connectNetworks(engine, id, inputs);
        await uploadFiles(engine, id, inputs);
        const logs = await run(engine, id, inputs, context);
        const found = await inspectContainer(engine, id);
        if (found === undefined) {
            throw new Error(`container "${text(inputs, "name") ?? id}": it was removed as soon as it had ended; leave rm out`);
        }
        return { id, outputs: { ...containerOutputs(found, inputs), ...(logs === undefined ? {} : { containerLogs: logs }) } };
    } catch (error) {
        throw new PartialFailure(id, { envs: [], securityOpts: [], ...inputs }, [error instanceof Error ? error.message : String(error)]);
    }
}

async function refuseByVersion(engine: EngineClient, inputs: Values): Promise<void> {
    const subpath = records(inputs, "mounts").some((mount) => text(record(mount, "volumeOptions") ?? {}, "subpath") !== undefined);
    const minor = await engine.apiMinor();
    if (subpath && minor < 45) {
        throw new Error(`mounts: volumeOptions.subpath needs Docker 26 (API 1.45) or later; the engine has API 1.${minor}`);
    }
}

async function create(engine: EngineClient, inputs: Values): Promise<string> {
    const name = text(inputs, "name");
    try {
        const query = { name, platform: text(inputs, "platform") };
        const created = await engine.json<{ Id: string }>("POST", "/containers/create", { query, json: createRequest(inputs) });
        return created.Id;
    } catch (error) {
        if (isConflict(error) && name !== undefined) {
            throw new Error(await nameTaken(engine, name, error));
        }
        throw error instanceof EngineError ? new Error(`container "${name ?? ""}": can't create it: ${error.message}`) : error;
    }
}

/** Names the container that is in the way, with the labels that tell whose it is. */
async function nameTaken(engine: EngineClient, name: string, conflict: unknown): Promise<string> {
    const holder = await inspectContainer(engine, name);
    if (holder === undefined) {
        return `container "${name}": can't create it: ${conflict instanceof Error ? conflict.message : String(conflict)}`;
    }
    const labels = Object.entries(holder.Config.Labels ?? {}).map(([label, value]) => `${label}=${value}`);
    const whose = labels.length > 0 ? `labels ${labels.sort().join(", ")}` : "no labels";
    return (
        `container "${name}": the name is already in use by container ${holder.Id.slice(0, 12)} ` +
        `(${holder.State.Status}, created ${holder.Created.slice(0, 19)}Z, image ${holder.Config.Image}, ${whose}) that isn't in this stack's state; ` +
        `remove it with "docker rm -f ${name}", or adopt it with "pulumi import"`
    );
}

/** Some mistakes show only here: a network that isn't there, a port that is taken, a program that isn't in the image. */
async function start(engine: EngineClient, id: string, name: string): Promise<void> {
    try {
        await engine.send("POST", `/containers/${id}/start`, { repeatable: true });
    } catch (error) {
        throw error instanceof EngineError ? new Error(`container "${name}": can't start it: ${error.message}`) : error;
    }
}

/** Starts the container as far as the program wants it. Answers its whole output where `attach` and `logs` ask for it. */
async function run(engine: EngineClient, id: string, inputs: Values, context: CallContext): Promise<string | undefined> {
    if (inputs.start !== false) {
        await start(engine, id, text(inputs, "name") ?? id);
        if (flag(inputs, "wait")) {
            await waitUntilHealthy(engine, id, inputs, context);
        }
    }
    if (!flag(inputs, "attach")) {
        return undefined;
    }
    await untilEnded(engine, id, context);
    return flag(inputs, "logs") ? containerLogs(engine, id, { tty: flag(inputs, "tty") }) : undefined;
}

/** Asks again and again instead of holding a connection, of which there are few over ssh. */
async function untilEnded(engine: EngineClient, id: string, context: CallContext): Promise<void> {
    context.log("info", "running; waiting for its end", true);
    const started = Date.now();
    while ((await inspectContainer(engine, id))?.State.Running === true) {
        await pause(Date.now() - started < 5000 ? 200 : 1000, context.signal);
    }
}
