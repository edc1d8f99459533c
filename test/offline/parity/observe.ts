import type { Case, Change, Refusal } from "./case";
import type { PluginClient } from "./plugin-client";
import { Unfit, type DiffResult, type Recorded } from "./plugin-client";
import { clearTexts, isObject, reveal, Secret, secretKeys, type Values } from "./wire";

/** What one plugin did with a case. Plain data: two of them are compared path by path. */
export type Observation = Record<string, unknown>;

/** Runs the case on one plugin, from the check to the delete. `whileItLives` gets the state while the real thing exists. */
export async function observe(
    client: PluginClient,
    example: Case,
    whileItLives?: (recorded: Recorded) => Promise<void>,
): Promise<Observation> {
    const seen: Observation = {};
    await example.prepare?.();
    try {
        const checked = await client.check(example.type, example.inputs(), undefined);
        seen["check"] = checked.failures.map((failure) => failure.property);
        if (checked.failures.length > 0) return seen;
        const logsBefore = client.process.logged.length;
        const created = await settleResource(() => client.create(example.type, checked.inputs));
        seen["create"] = describe(created, example);
        seen["secretsShown"] = secretsShown(example.inputs(), client.process.logged.slice(logsBefore), created.recorded);
        if (created.recorded === undefined) return seen;
        const { recorded } = created;
        await whileItLives?.(recorded);
        await follow(client, example, recorded, checked.inputs, seen);
        seen["delete"] = (await settle(() => client.delete(example.type, recorded))).error === undefined ? "done" : "failed";
    } finally {
        await example.cleanUp?.();
    }
    return seen;
}

async function follow(client: PluginClient, example: Case, recorded: Recorded, inputs: Values, seen: Observation): Promise<void> {
    if (example.inspect !== undefined) seen["real"] = await example.inspect(recorded.id, recorded.outputs);
    seen["again"] = diffOf(await client.diff(example.type, recorded, await recheck(client, example, {}, inputs)));
    const refreshed = await client.read(example.type, recorded);
    seen["refresh"] = refreshed === undefined ? "gone" : changedKeys(recorded.outputs, refreshed.outputs);
    if (refreshed !== undefined) {
        seen["againAfterRefresh"] = diffOf(
            await client.diff(example.type, refreshed, await recheck(client, example, {}, refreshed.inputs)),
        );
    }
    for (const change of example.changes ?? []) await tryChange(client, example, recorded, inputs, change, seen);
    for (const tampering of example.tampering ?? []) {
        await tampering.apply(recorded.id);
        const found = await client.read(example.type, recorded);
        const path = `after ${tampering.name}`;
        if (found === undefined) seen[path] = "gone";
        else seen[path] = diffOf(await client.diff(example.type, found, await recheck(client, example, {}, found.inputs)));
    }
}

async function tryChange(
    client: PluginClient,
    example: Case,
    recorded: Recorded,
    previous: Values,
    change: Change,
    seen: Observation,
): Promise<void> {
    const path = `change ${change.name}`;
    const checked = await client.check(example.type, { ...example.inputs(), ...change.set }, previous);
    if (checked.failures.length > 0) {
        seen[path] = { refused: checked.failures.map((failure) => failure.property) };
        return;
    }
    const difference = await client.diff(example.type, recorded, checked.inputs);
    const result: Observation = { ...diffOf(difference) };
    if (change.apply === true && difference.changes && difference.replaces.length === 0) {
        const updated = await settleResource(() => client.update(example.type, recorded, checked.inputs));
        result["update"] = describe(updated, example);
        if (example.inspect !== undefined) result["real"] = await example.inspect(recorded.id, recorded.outputs);
        if (updated.recorded !== undefined) {
            result["again"] = diffOf(await client.diff(example.type, updated.recorded, checked.inputs));
            const back = await recheck(client, example, {}, checked.inputs);
            await client.update(example.type, updated.recorded, back);
        }
    }
    seen[path] = result;
}

/** What a plugin makes of a state that another plugin wrote: the diff with the same inputs, before and after a refresh. */
export async function takeOver(client: PluginClient, example: Case, recorded: Recorded): Promise<Observation> {
    const before = diffOf(await client.diff(example.type, recorded, await recheck(client, example, {}, recorded.inputs)));
    const found = await client.read(example.type, recorded);
    if (found === undefined) return { before, afterRefresh: "gone" };
    return { before, afterRefresh: diffOf(await client.diff(example.type, found, await recheck(client, example, {}, found.inputs))) };
}

/** Whether the plugin refuses the inputs, be it by a check failure or by an error of the check. */
export async function refuses(client: PluginClient, refusal: Refusal): Promise<boolean> {
    const checked = await settle(() => client.check(refusal.type, refusal.inputs, undefined));
    return checked.error !== undefined || (checked.recorded?.failures.length ?? 0) > 0;
}

async function recheck(client: PluginClient, example: Case, set: Values, previous: Values): Promise<Values> {
    return (await client.check(example.type, { ...example.inputs(), ...set }, previous)).inputs;
}

interface Settled<T> {
    readonly recorded: T | undefined;
    readonly error?: string;
    readonly unfit?: readonly string[];
}

async function settle<T>(work: () => Promise<T>): Promise<Settled<T>> {
    try {
        return { recorded: await work() };
    } catch (error) {
        if (error instanceof Unfit) throw error;
        return { recorded: undefined, error: error instanceof Error ? error.message : String(error) };
    }
}

/** The same for a create or an update, which may leave a resource that failed to initialise. */
async function settleResource(work: () => Promise<Recorded>): Promise<Settled<Recorded>> {
    return settle(work).catch((error: unknown) => {
        if (error instanceof Unfit) return { recorded: error.recorded, unfit: error.reasons };
        throw error;
    });
}

function describe(settled: Settled<Recorded>, example: Case): Observation {
    const { recorded } = settled;
    const seen: Observation = {};
    if (settled.error !== undefined) seen["error"] = "failed";
    if (settled.unfit !== undefined) seen["unfit"] = true;
    if (recorded === undefined) return seen;
    const outputs: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(recorded.outputs)) {
        if (key.startsWith("__") || key === "id" || key === "urn") continue;
        // A property that nobody set: the official plugins say false, 0 or "", the fallbacks nothing.
        outputs[key] = example.volatile?.includes(key) === true ? shape(withoutZeros(reveal(value))) : withoutZeros(reveal(value));
    }
    return {
        ...seen,
        id: recorded.id === "" ? "empty" : "given",
        outputs,
        secrets: secretKeys(recorded.outputs).filter((key) => !key.startsWith("__")),
    };
}

function diffOf(difference: DiffResult): Observation {
    if (!difference.changes) return { changes: "none" };
    const replaces = difference.replaces.length > 0;
    return {
        changes: replaces ? "replace" : "update",
        properties: difference.diffs,
        ...(replaces ? { deleteBeforeReplace: difference.deleteBeforeReplace } : {}),
    };
}

function changedKeys(before: Values, after: Values): string[] {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((key) => !key.startsWith("__"));
    return keys
        .filter(
            (key) => JSON.stringify(sorted(withoutZeros(reveal(before[key])))) !== JSON.stringify(sorted(withoutZeros(reveal(after[key])))),
        )
        .sort();
}

/** Lists of texts or objects in a fixed order, empty values as nothing: what both plugins may write either way. */
export function sorted(value: unknown): unknown {
    if (Array.isArray(value)) {
        const items = value.map(sorted).sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
        return items.length === 0 ? null : items;
    }
    if (!isObject(value)) return value ?? null;
    const entries = Object.keys(value)
        .sort()
        .map((key): [string, unknown] => [key, sorted(value[key])]);
    return entries.length === 0 ? null : Object.fromEntries(entries);
}

function withoutZeros(value: unknown): unknown {
    if (value === false || value === 0 || value === "") return null;
    if (Array.isArray(value)) return value.map((item: unknown) => (isObject(item) ? withoutZeros(item) : item));
    return isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutZeros(item)])) : value;
}

function shape(value: unknown): unknown {
    if (typeof value === "string") return value === "" ? "" : `<${/^-----BEGIN [A-Z ]+-----/.exec(value)?.[0] ?? "text"}>`;
    if (Array.isArray(value)) return value.map(shape);
    if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shape(item)]));
    return value === null || value === undefined ? null : `<${typeof value}>`;
}

/** Secrets of the inputs that stand unencrypted in outputs, or in what the user is shown. */
function secretsShown(inputs: Values, logged: readonly string[], recorded: Recorded | undefined): readonly string[] {
    const secrets: string[] = [];
    const collect = (value: unknown, hidden: boolean): void => {
        if (value instanceof Secret) collect(value.value, true);
        else if (Array.isArray(value)) value.forEach((item) => collect(item, hidden));
        else if (isObject(value)) Object.values(value).forEach((item) => collect(item, hidden));
        else if (hidden && typeof value === "string") secrets.push(value);
    };
    collect(inputs, false);
    const outputs =
        recorded === undefined
            ? []
            : Object.entries(recorded.outputs).flatMap(([key, value]) => clearTexts(value).map((text) => [key, text] as const));
    const shown = secrets.flatMap((text) => [
        ...outputs.filter(([, clear]) => clear.includes(text)).map(([key]) => `outputs.${key}`),
        ...(logged.some((line) => line.includes(text)) ? ["log"] : []),
    ]);
    return [...new Set(shown)].sort();
}
