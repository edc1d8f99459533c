import { runPulumi } from "../../engine";
import { lastLines } from "../../engine/process";
import { SetupError } from "../../engine/types";
import type { Terminal } from "../terminal";
import type { HostContainer } from "./docker";
import type { Session } from "./session";
import type { StackState, StateResource } from "./state";
import { lockHolders, readState } from "./state";

/**
 * Puts right what an update that was killed left behind: its lock, operations that were under way, and containers and networks that the
 * state doesn't know. Says what it does. Volumes are never touched: an unknown one may hold data.
 */
export async function recover(out: Terminal, session: Session): Promise<void> {
    await releaseLock(out, session);
    let state = await readState(session.engine, session.stack);
    if (state !== undefined && state.pending > 0) {
        await forgetPending(out, session);
        state = await readState(session.engine, session.stack);
    }
    await removeUnknown(out, session, state);
}

async function releaseLock(out: Terminal, session: Session): Promise<void> {
    const { alive, dead } = lockHolders(session.engine, session.stack);
    if (alive.length > 0) {
        throw new SetupError(`stack ${session.stack} is being updated by process ${alive.join(", ")}; wait for it to end`);
    }
    if (dead.length === 0) {
        return;
    }
    out.info("An earlier update was killed: releasing its lock.");
    const result = await runPulumi(session.engine, ["cancel", session.stack, "--yes", "--non-interactive"]);
    if (result.code !== 0) {
        throw new SetupError(`the lock of an earlier update could not be released:\n${lastLines(result.stderr)}`);
    }
}

/** What was being made is found by its label below, and every command can be run again; so the engine may forget that it had begun. */
async function forgetPending(out: Terminal, session: Session): Promise<void> {
    out.info("An earlier update was interrupted: clearing the operations that it had begun.");
    const exported = await runPulumi(session.engine, ["stack", "export", "--stack", session.stack], { capture: true });
    const root = JSON.parse(exported.stdout) as { deployment: { pending_operations?: unknown } };
    delete root.deployment.pending_operations;
    const result = await runPulumi(session.engine, ["stack", "import", "--stack", session.stack], { input: JSON.stringify(root) });
    if (exported.code !== 0 || result.code !== 0) {
        throw new SetupError(`the state could not be put right:\n${lastLines(result.stderr || exported.stderr)}`);
    }
}

async function removeUnknown(out: Terminal, session: Session, state: StackState | undefined): Promise<void> {
    const known = state?.text ?? "";
    // By id: a new container may have the name of the one that it was to replace. Jobs are in the state by the command that removes them.
    const containers = (await session.host.containers())
        // What somebody runs in a release's environment is nobody's leftover while it runs.
        .filter(({ role, state: now }) => role !== "one-off" || now !== "running")
        .filter(({ id, name }) => !known.includes(id) && !known.includes(` ${name} `));
    if (containers.length > 0) {
        out.info(`Removing containers that an interrupted update left: ${containers.map(({ name }) => name).join(", ")}`);
        await initialised(
            session,
            containers.filter(({ role }) => role === "postgres"),
        );
        // One that takes the public ports may have requests under way.
        const proxies = containers.filter(({ role, state: now }) => role === "proxy" && now === "running");
        if (proxies.length > 0) await session.host.docker(["stop", "--time", "10", ...proxies.map(({ id }) => id)]);
        await removed(
            session,
            containers.map(({ id }) => id),
        );
    }
    const networks = (await session.host.networks()).filter(({ id }) => !known.includes(id));
    if (networks.length > 0) {
        out.info(`Removing networks that an interrupted update left: ${networks.map(({ name }) => name).join(", ")}`);
        await session.host.docker(["network", "rm", ...networks.map(({ id }) => id)]);
    }
}

const LONGEST_REMOVAL_SECONDS = 30;

/** Docker refuses to remove what is just being removed, as a container of `docker run --rm` is at its end: then that is waited for. */
async function removed(session: Session, ids: readonly string[]): Promise<void> {
    const deadline = Date.now() + LONGEST_REMOVAL_SECONDS * 1000;
    let left = ids;
    while (left.length > 0) {
        try {
            await session.host.docker(["rm", "--force", "--volumes", ...left]);
            return;
        } catch (error) {
            const there = new Set((await session.host.containers()).map(({ id }) => id));
            left = left.filter((id) => there.has(id));
            if (Date.now() > deadline) throw error;
            await new Promise((resolve) => setTimeout(resolve, 500));
        }
    }
}

const LONGEST_INITIALISATION_SECONDS = 90;

/** A server that is making its first database must not be stopped half-way: what it leaves could never be started again. */
async function initialised(session: Session, servers: readonly HostContainer[]): Promise<void> {
    const deadline = Date.now() + LONGEST_INITIALISATION_SECONDS * 1000;
    for (const { id } of servers) {
        const starting = async () =>
            (await session.host.containers()).some((each) => each.id === id && each.state === "running" && each.health === "starting");
        while (Date.now() < deadline && (await starting())) {
            await new Promise((resolve) => setTimeout(resolve, 500));
        }
        await session.host.docker(["stop", "--time", "60", id]);
    }
}

export interface Drift {
    /** What is missing or stopped, for people. */
    readonly missing: readonly string[];
    /** Commands that filled a volume that is gone: to be run again. */
    readonly again: readonly string[];
    /** What the last update left unfit for use. A refresh would make it pass as good. */
    readonly failed: readonly string[];
}

const CONTAINER = "docker:index/container:Container";
const VOLUME = "docker:index/volume:Volume";

/** What the state has and the host hasn't. Two calls of docker, so that an update needn't ask for each resource when all is as it was. */
export async function findDrift(session: Session, state: StackState | undefined): Promise<Drift> {
    if (state === undefined) {
        return { missing: [], again: [], failed: [] };
    }
    const running = new Set((await session.host.containers()).filter((each) => each.state === "running").map(({ id }) => id));
    const volumes = new Set(await session.host.volumes());
    const failed = state.resources.filter(({ initErrors }) => (initErrors?.length ?? 0) > 0);
    const lost = state.resources
        .filter((resource) => !failed.includes(resource))
        .filter(({ type, id }) => (type === CONTAINER && !running.has(id ?? "")) || (type === VOLUME && !volumes.has(id ?? "")));
    const again = state.resources.filter((resource) => filled(resource).some((volume) => !volumes.has(volume)));
    return {
        missing: [...new Set([...lost.map(nameOf), ...again.flatMap(filled).filter((volume) => !volumes.has(volume))])],
        again: again.map(({ urn }) => urn),
        failed: failed.map(nameOf),
    };
}

/** Names of the volumes that a command says it fills; see components/targets/host-command.ts. */
function filled(resource: StateResource): string[] {
    const text = resource.inputs?.["create"];
    return typeof text === "string"
        ? [...(text.split("\n")[0] ?? "").matchAll(/fills volume ([^\s,]+)/g)].map(([, volume]) => volume ?? "")
        : [];
}

function nameOf(resource: StateResource): string {
    const name = resource.outputs?.["name"] ?? resource.id;
    return typeof name === "string" ? name : resource.urn;
}

/** Marks commands so that the next update runs them again. */
export async function runAgain(session: Session, urns: readonly string[]): Promise<void> {
    if (urns.length === 0) {
        return;
    }
    const result = await runPulumi(session.engine, ["state", "taint", "--stack", session.stack, "--yes", ...urns]);
    if (result.code !== 0) {
        throw new SetupError(`the state could not be marked:\n${lastLines(result.stderr)}`);
    }
}
