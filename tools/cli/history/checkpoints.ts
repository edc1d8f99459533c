import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Engine } from "../../engine/types";
import { hostName, labelOf, TYPE } from "../report/resources";
import { asText, isRecord } from "../report/values";
import { parseStateFile, type StackState, stateFolder } from "../stack/state";

/** What an update left: releases by service, and the references of images. */
export interface Deployed {
    readonly releases: Readonly<Record<string, string>>;
    readonly images: readonly string[];
    /** Folders that images were built from, as the machine that built them names them. */
    readonly contexts: readonly string[];
}

/** Files of the states after each update, the oldest first. Only a backend of files keeps them where they can be read. */
export function checkpoints(engine: Engine, stack: string): readonly string[] {
    const folder = join(stateFolder(engine) ?? "", "history", "quai", stack);
    if (stateFolder(engine) === undefined || !existsSync(folder)) return [];
    return readdirSync(folder)
        .filter((file) => /\.history\.json(\.gz)?$/.test(file))
        .sort()
        .map((file) => join(folder, file.replace(".history.", ".checkpoint.")));
}

/** Undefined: it can't be read any more. */
export function deployedIn(file: string): Deployed | undefined {
    if (!existsSync(file)) return undefined;
    const raw = readFileSync(file);
    return deployedOf(parseStateFile((file.endsWith(".gz") ? gunzipSync(raw) : raw).toString("utf8")));
}

export function deployedOf({ resources }: Pick<StackState, "resources">): Deployed {
    const states = resources.map(({ type, inputs, outputs }) => ({ type, state: { inputs: inputs ?? {}, outputs: outputs ?? {} } }));
    const releases = states.flatMap(({ type, state }): [string, string][] => {
        const [service, release] = [labelOf(state, "service"), labelOf(state, "release")];
        return type === TYPE.container && service !== undefined && release !== undefined ? [[service, release]] : [];
    });
    const images = states.flatMap(({ type, state }) => (type === TYPE.image ? (hostName(state) ?? []) : []));
    const contexts = states.flatMap(({ type, state }) => {
        const build = state.inputs["build"];
        return type === TYPE.image && isRecord(build) ? (asText(build["context"]) ?? []) : [];
    });
    const unique = (texts: readonly string[]) => [...new Set(texts)].sort();
    return { releases: Object.fromEntries(releases.sort()), images: unique(images), contexts: unique(contexts) };
}
