import type { DiffAnswer, Properties } from "../../kit/types";
import { canonical, compare, map, scalar, setOf, type Rule } from "../compare";
import { isRecord, record } from "../values";

export const IMAGE_RULES: Readonly<Record<string, Rule>> = {
    name: { shape: scalar, effect: "replace" },
    platform: { shape: scalar, effect: "replace" },
    pullTriggers: { shape: setOf(scalar), effect: "replace" },
    triggers: { shape: map, effect: "replace" },
    keepLocally: { shape: scalar, effect: "update" },
    forceRemove: { shape: scalar, effect: "update" },
    build: { shape: map, effect: "replace", same: (state, input) => changedBuild(state, input).length === 0 },
};

/** Parts of `build` that don't make another image: they are taken note of, and new tags are set on the image there is. */
const IN_PLACE = new Set(["tags", "remove", "authConfigs", "forceRemove", "suppressOutput"]);

export function diffImage(_id: string, _previousInputs: Properties, state: Properties, inputs: Properties): DiffAnswer {
    const { changed, replaces } = compare(IMAGE_RULES, state, inputs);
    const parts = changedBuild(state.build, inputs.build);
    const light = parts.length > 0 && parts.every((part) => IN_PLACE.has(part)) && isRecord(state.build) && isRecord(inputs.build);
    return { changed, replaces: light ? replaces.filter((name) => name !== "build") : replaces };
}

/** Names of the parts of `build` that differ. */
function changedBuild(state: unknown, input: unknown): string[] {
    const before = record({ state }, "state") ?? {};
    const after = record({ input }, "input");
    if (after === undefined) {
        return input === undefined || input === null ? Object.keys(before) : ["context"];
    }
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return names.filter((name) => plain(name, before[name]) !== plain(name, after[name]));
}

/** One form of the spellings of a part's value; its default counts as absent. */
function plain(name: string, value: unknown): string | undefined {
    const known = value === BUILD_DEFAULTS[name] ? undefined : value;
    if (isRecord(known)) {
        return JSON.stringify(canonical(map, known));
    }
    return JSON.stringify(Array.isArray(known) ? (known.length === 0 ? undefined : known.map(deep)) : canonical(scalar, known));
}

function deep(value: unknown): unknown {
    return canonical(isRecord(value) ? map : scalar, value);
}

export const BUILD_DEFAULTS: Readonly<Record<string, unknown>> = { dockerfile: "Dockerfile", remove: true, useLegacyBuilder: false };
