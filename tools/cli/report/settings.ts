import type { Preview } from "./engine-events";
import type { Difference } from "./values";
import { asList, asText, differences, isRecord, shown } from "./values";

export interface SettingChange {
    /** `quai:services.api.memory` */
    readonly path: string;
    readonly from: string;
    readonly to: string;
}

/** Sizes and durations are shown as people write them. */
const BYTES = /\.(memory|bodyLimit|sharedBuffers|maxSize)$/;
const MEBIBYTE = 1024 * 1024;

/** What differs between the settings that are deployed and these; undefined where the state doesn't hold any, or the program gave none. */
export function settingChanges(preview: Preview): readonly SettingChange[] | undefined {
    const [old, next] = [settingsOf(preview.outputs.old), settingsOf(preview.outputs.new)];
    if (old === undefined || next === undefined) return undefined;
    return differences(old, next)
        .flatMap(leaves)
        .filter(standsForItself)
        .map(({ path, old: from, new: to }) => ({
            path: `quai:${path}`,
            from: valueText(path, from),
            to: valueText(path, to),
        }))
        .filter(({ from, to }) => from !== to);
}

/** A group that is new or gone is shown by its members. */
function leaves(difference: Difference): readonly Difference[] {
    const { path, old, new: next } = difference;
    if (old === undefined && isRecord(next)) return differences({}, next, path).flatMap(leaves);
    return next === undefined && isRecord(old) ? differences(old, {}, path).flatMap(leaves) : [difference];
}

/** Images that the machine put in the place of official ones (docs/images.md) are nobody's setting. */
function standsForItself({ path, old, new: next }: Difference): boolean {
    return !(path.startsWith("imageMirror") && shown(old ?? next).startsWith("quai.local/"));
}

function settingsOf(outputs: Readonly<Record<string, unknown>> | undefined): Readonly<Record<string, unknown>> | undefined {
    const settings = outputs?.["settings"];
    if (!isRecord(settings)) return undefined;
    const { givenSecrets: _, ...plain } = settings;
    return plain;
}

function valueText(path: string, value: unknown): string {
    if (value === undefined || value === null) return "not set";
    // A group beside `false` or a word: which of its members are set is in the stack file.
    if (isRecord(value)) return "set";
    const isBytes = typeof value === "number" && BYTES.test(`.${path}`) && value % MEBIBYTE === 0;
    return isBytes ? `${value / MEBIBYTE} MiB` : shown(value);
}

/** A setting of the stack as it would be deployed, e.g. `["postgres", "version"]`; of the old one where there is no new. */
export function settingOf(preview: Preview, which: "old" | "new", path: readonly string[]): unknown {
    return path.reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), settingsOf(preview.outputs[which]));
}

export interface SecretChange {
    readonly name: string;
    readonly what: "new" | "rotated" | "removed";
    /** Date of the rotation, for one that is generated. */
    readonly on?: string;
}

const GENERATORS = ["random:index/randomPassword:RandomPassword", "tls:index/privateKey:PrivateKey"];
const VERSIONED = /^(.+?)-(1|\d{4}-\d\d-\d\d(?:\.\d+)?)$/;

/** Secrets that get another value: generated ones by the resources that make them, given ones by their fingerprints. Never a value. */
export function secretChanges(preview: Preview): readonly SecretChange[] {
    return [...generated(preview), ...given(preview)].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function generated(preview: Preview): SecretChange[] {
    const made = new Map<string, string>();
    const gone = new Set<string>();
    for (const { type, name, urn, operation } of preview.changes) {
        const [, secret, version] =
            GENERATORS.includes(type) && urn.includes("quai:index:SecretsBundle$") ? (VERSIONED.exec(name) ?? []) : [];
        if (secret === undefined || version === undefined) continue;
        if (operation === "create" || operation === "replace") made.set(secret, version);
        if (operation === "delete" || operation === "replace") gone.add(secret);
    }
    return [...new Set([...made.keys(), ...gone])].map((name) => {
        const version = made.get(name);
        const what = version === undefined ? "removed" : gone.has(name) ? "rotated" : "new";
        return { name, what, ...(version === undefined || version === "1" ? {} : { on: version }) };
    });
}

function given(preview: Preview): SecretChange[] {
    const [old, next] = [fingerprints(preview.outputs.old), fingerprints(preview.outputs.new)];
    if (old === undefined || next === undefined) return [];
    return differences(old, next)
        .flatMap(leaves)
        .filter(standsForItself)
        .map(({ path, old: from, new: to }) => ({
            name: path,
            what: from === undefined ? "new" : to === undefined ? "removed" : "rotated",
        }));
}

function fingerprints(outputs: Readonly<Record<string, unknown>> | undefined): Readonly<Record<string, unknown>> | undefined {
    const settings = outputs?.["settings"];
    if (!isRecord(settings)) return undefined;
    const entries = asList(settings["givenSecrets"]).flatMap((each) =>
        isRecord(each) ? [[asText(each["name"]) ?? "", each["version"]] as const] : [],
    );
    return Object.fromEntries(entries);
}
