import { isDeepStrictEqual } from "node:util";
import { type Document, isMap, isScalar, type Node, type Pair, parseDocument, type YAMLMap } from "yaml";
import {
    dayOf,
    FIRST,
    formerVersions,
    nextOf,
    renewalOf,
    type Renewals,
    signedWith,
    versionsOf,
} from "../../../components/secrets-bundle/versions";

const KEY = "quai:rotation";

/** A generated secret as a deployed stack tells it in its outputs. */
export interface Rotatable {
    readonly name: string;
    /** Seconds that a former value counts; undefined where nothing accepts one. */
    readonly overlap?: number;
}

/**
 * What stands in `quai:rotation` after a renewal now: one date, or with former values that still count.
 *
 * @param announced whether what verifies must know a value before it signs: then the new date comes behind the present one, and in front the next time
 */
export function renewed(written: Renewals | undefined, { overlap = 0 }: Rotatable, now: Date, announced = false): Renewals {
    const versions = versionsOf(written);
    const signed = signedWith(versions);
    const known = nextOf(versions);
    // The overlap is counted from its day: one that was announced long ago would cut the present one off.
    const fresh = known !== undefined && formerVersions([known, ...signed], overlap, now).includes(versions[0]);
    const next = fresh ? known : nextVersion(known ?? versions[0], now);
    const all = announced && !fresh && overlap > 0 ? [versions[0], next, ...signed.slice(1)] : [next, ...signed];
    const [present = next] = all;
    const others = formerVersions(all, overlap, now);
    return others.length === 0 ? present : [present, ...others].map((version) => (dayOf(version) === undefined ? FIRST : version));
}

/** Today, or one more of today. A date ahead of UTC is somebody's today already. */
function nextVersion(present: string, now: Date): string {
    const today = now.toISOString().slice(0, 10);
    const [day, number] = renewalOf(present);
    return day >= today ? `${day}.${number + 1}` : today;
}

/** The secret that is meant: its name, or a part of one that no other begins with, such as `database` for `databasePassword`. */
export function secretCalled(name: string, known: readonly Rotatable[]): Rotatable | undefined {
    const exact = known.find((each) => each.name === name);
    const begins = known.filter((each) => each.name.startsWith(name));
    return exact ?? (begins.length === 1 ? begins[0] : undefined);
}

/**
 * The text of a stack file with another entry in quai:rotation. Nothing else changes, neither comments nor layout: the places are found
 * with the YAML library, and the text is changed only there. A file in a form where that isn't plain (JSON) is written by the library.
 */
export function withRotation(text: string, name: string, renewals: Renewals): string {
    const wanted = parseDocument(text);
    wanted.setIn(["config", KEY, name], renewals);
    const edited = inPlace(text, name, renewals);
    if (edited !== undefined && isDeepStrictEqual(parseDocument(edited).toJS(), wanted.toJS())) return edited;
    return wanted.toString({ lineWidth: 0 });
}

function inPlace(text: string, name: string, renewals: Renewals): string | undefined {
    const config: unknown = (parseDocument(text) as Document<Node>).get("config");
    if (!isMap(config) || config.flow === true) return undefined;
    const value = valueText(renewals);
    const rotation = pairOf(config, KEY)?.value;
    if (rotation === undefined) return addLine(text, config, `${KEY}: { ${name}: ${value} }`);
    if (!isMap(rotation)) return undefined;
    const present = pairOf(rotation, name)?.value as Node | undefined;
    if (present?.range) return text.slice(0, present.range[0]) + value + text.slice(present.range[1]);
    if (rotation.flow !== true) return addLine(text, rotation, `${name}: ${value}`);
    const last = rotation.items.at(-1)?.value as Node | undefined;
    const at = last?.range?.[1];
    if (at !== undefined) return `${text.slice(0, at)}, ${name}: ${value}${text.slice(at)}`;
    const range = rotation.range;
    return range ? `${text.slice(0, range[0])}{ ${name}: ${value} }${text.slice(range[1])}` : undefined;
}

function pairOf(map: YAMLMap, key: string): Pair | undefined {
    return map.items.find((pair) => isScalar(pair.key) && pair.key.value === key);
}

/** After the last entry of a block mapping, indented as the first one is. */
function addLine(text: string, map: YAMLMap, line: string): string | undefined {
    const first = (map.items[0]?.key as Node | undefined)?.range?.[0];
    const end = (map.items.at(-1)?.value as Node | undefined)?.range?.[1];
    if (first === undefined || end === undefined) return undefined;
    const indent = first - (text.lastIndexOf("\n", first - 1) + 1);
    const eol = text.indexOf("\n", end === 0 ? 0 : end - 1);
    const at = eol === -1 ? text.length : eol;
    return `${text.slice(0, at)}\n${" ".repeat(indent)}${line}${text.slice(at)}`;
}

function valueText(renewals: Renewals): string {
    const quoted = (version: string) => (version === FIRST ? version : `"${version}"`);
    return typeof renewals === "string" ? quoted(renewals) : `[${renewals.map(quoted).join(", ")}]`;
}
