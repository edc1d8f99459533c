import type { Change, Preview } from "./engine-events";
import { paired, versions } from "./pairs";
import { described, isComponent, labelOf, oneLine } from "./resources";
import { differences, isRecord, shown } from "./values";

/** What differs in one resource: a title and lines that begin with `-` or `+`. */
export interface ResourceDiff {
    readonly title: string;
    readonly operation: Change["operation"];
    readonly lines: readonly string[];
}

/** Characters of one value that are shown. */
const LONGEST_VALUE = 240;

/** What is updated or replaced first: there something may be found that isn't plain from the name. */
const ORDER: Readonly<Record<Change["operation"], number>> = { replace: 0, update: 1, delete: 2, create: 3, same: 4 };

const SIGNS: Readonly<Record<Change["operation"], string>> = { replace: "±", update: "~", delete: "-", create: "+", same: " " };

export function diffsOf(preview: Preview): readonly ResourceDiff[] {
    const changed = preview.changes.filter((change) => change.operation !== "same" && !isComponent(change));
    const { pairs, alone } = paired(changed);
    const rest = [...alone]
        .sort((a, b) => ORDER[a.operation] - ORDER[b.operation] || (a.urn < b.urn ? -1 : 1))
        .map((change) => ({
            title: `${SIGNS[change.operation]} ${change.operation} ${described(change)}`,
            operation: change.operation,
            // What a deleted resource was made of is in the state; nobody needs it to judge the deletion.
            lines: change.operation === "delete" ? [] : differencesOf(change, releases(change)),
        }));
    const renewed = pairs.map(({ former, made }): ResourceDiff => {
        const title = `± ${described(former)} → ${oneLine(made.name)}`;
        return { title, operation: "replace", lines: differencesOf({ old: former.old, new: made.new }, versions(former, made)) };
    });
    return [...renewed, ...rest];
}

/** @param former what the version of the former is in the new: what differs by that alone isn't told */
function differencesOf({ old, new: next }: Pick<Change, "old" | "new">, former: (text: string) => string = (text) => text): string[] {
    const before = mapTexts(old?.inputs ?? {}, former);
    return differences(before, next?.inputs ?? {}).flatMap(({ path, old: from, new: to }) => [
        ...(from === undefined ? [] : [`-     ${path}: ${short(from)}`]),
        ...(to === undefined ? [] : [`+     ${path}: ${short(to)}`]),
    ]);
}

export function short(value: unknown, longest = LONGEST_VALUE): string {
    const text = shown(value)
        .replace(/-----BEGIN ([A-Z ]+)-----[\s\S]*?-----END \1-----/g, (_, kind: string) => `[${kind.toLowerCase()}]`)
        // eslint-disable-next-line no-control-regex
        .replace(/[\u0000-\u001f\u007f\u2028\u2029]+/g, " ")
        .trim();
    // By code points: half of a pair would be no text.
    const points = text.length > longest ? Array.from(text) : [];
    return points.length > longest ? `${points.slice(0, longest).join("")}… (${points.length} characters)` : text;
}

/** A scheduler keeps its name from one release to the next. */
function releases({ old, new: next }: Change): (text: string) => string {
    const [from, to] = [labelOf(old, "release"), labelOf(next, "release")];
    return (text) => (from === undefined || to === undefined ? text : text.replaceAll(from, to));
}

function mapTexts(value: unknown, text: (text: string) => string): unknown {
    if (typeof value === "string") return text(value);
    if (Array.isArray(value)) return value.map((item) => mapTexts(item, text));
    return isRecord(value) ? Object.fromEntries(Object.entries(value).map(([key, member]) => [key, mapTexts(member, text)])) : value;
}
