import { existsSync, readdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { isRunning } from "../../../infra/settings/running";
import type { Engine } from "../../engine/types";
import { runPulumi } from "../../engine";

/** What is read of a stack's state: never a secret, those are encrypted in it. */
export interface StateResource {
    readonly urn: string;
    readonly type: string;
    readonly id?: string;
    readonly created?: string;
    /** When the engine last changed it; ISO 8601. */
    readonly modified?: string;
    readonly inputs?: Readonly<Record<string, unknown>>;
    readonly outputs?: Readonly<Record<string, unknown>>;
    /** URNs. */
    readonly dependencies?: readonly string[];
    /** Why it isn't fit for use, e.g. a container that never got healthy. */
    readonly initErrors?: readonly string[];
}

export interface StackState {
    readonly resources: readonly StateResource[];
    readonly pending: number;
    /** The whole text: what it names is known. */
    readonly text: string;
}

const PROJECT = "quai";

/** The folder of a file backend; undefined for a backend elsewhere. */
export function stateFolder(engine: Engine): string | undefined {
    const url = engine.env["PULUMI_BACKEND_URL"] ?? "";
    return url.startsWith("file://") ? join(url.slice("file://".length), ".pulumi") : undefined;
}

/** A stack's state, or undefined when it was never deployed. A file is read directly: asking the engine takes a second. */
export async function readState(engine: Engine, stack: string): Promise<StackState | undefined> {
    const folder = stateFolder(engine);
    if (folder === undefined) {
        const result = await runPulumi(engine, ["stack", "export", "--stack", stack], { capture: true });
        return result.code === 0 ? parseState(result.stdout, (root) => root.deployment) : undefined;
    }
    const file = join(folder, "stacks", PROJECT, `${stack}.json`);
    return existsSync(file) ? parseStateFile(readFileSync(file, "utf8")) : undefined;
}

/** A stack's file of a file backend. */
export function parseStateFile(text: string): StackState {
    return parseState(text, (root) => root.checkpoint?.latest);
}

interface Deployment {
    readonly resources?: readonly StateResource[];
    readonly pending_operations?: readonly unknown[];
}

interface StateRoot {
    readonly deployment?: Deployment;
    readonly checkpoint?: { readonly latest?: Deployment };
}

function parseState(text: string, pick: (root: StateRoot) => Deployment | undefined): StackState {
    const deployment = pick(JSON.parse(text) as StateRoot);
    return { resources: deployment?.resources ?? [], pending: deployment?.pending_operations?.length ?? 0, text };
}

/** The program's outputs, less those that are encrypted. */
export function outputsOf(state: StackState): Readonly<Record<string, unknown>> {
    return state.resources.find((resource) => resource.type === "pulumi:pulumi:Stack")?.outputs ?? {};
}

export interface LockHolders {
    /** Updates under way. */
    readonly alive: readonly number[];
    /** Locks of updates on this machine whose process is gone: an engine that was killed leaves one. */
    readonly dead: readonly number[];
}

/** Who holds the stack's lock, where the state is in files. Whether a process of another machine lives can't be seen: it counts as alive. */
export function lockHolders(engine: Engine, stack: string): LockHolders {
    const folder = join(stateFolder(engine) ?? "", "locks", "organization", PROJECT, stack);
    if (stateFolder(engine) === undefined || !existsSync(folder)) {
        return { alive: [], dead: [] };
    }
    // Beside each lock lies a file with its attributes.
    const files = readdirSync(folder).filter((file) => file.endsWith(".json"));
    const holders = files.map((file) => JSON.parse(readFileSync(join(folder, file), "utf8")) as { pid: number; hostname: string });
    const lives = (holder: { pid: number; hostname: string }) => holder.hostname !== hostname() || isRunning(holder.pid);
    return { alive: holders.filter(lives).map(({ pid }) => pid), dead: holders.filter((holder) => !lives(holder)).map(({ pid }) => pid) };
}
