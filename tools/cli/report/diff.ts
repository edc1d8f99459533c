import type { Change, Preview } from "./engine-events";
import { described, isComponent } from "./resources";
import { differences, shown } from "./values";

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
            lines: change.operation === "delete" ? [] : differencesOf(change),
        }));
    return [...pairs, ...rest];
}

/** What a release, a rotation or another content makes beside the old and deletes afterwards: one thing for people, though two for the engine. */
function paired(changed: readonly Change[]): { pairs: ResourceDiff[]; alone: Change[] } {
    const key = (change: Change) => `${change.new?.parent ?? change.old?.parent ?? ""} ${change.type} ${withoutVersion(change.name)}`;
    const gone = changed.filter(({ operation }) => operation === "delete");
    const used = new Set<Change>();
    const pairs = changed.flatMap((made): ResourceDiff[] => {
        const former = made.operation === "create" ? gone.find((each) => !used.has(each) && key(each) === key(made)) : undefined;
        if (former === undefined) return [];
        used.add(made).add(former);
        const title = `± ${described(former)} → ${made.name}`;
        return [{ title, operation: "replace", lines: differencesOf({ old: former.old, new: made.new }) }];
    });
    return { pairs, alone: changed.filter((change) => !used.has(change)) };
}

/** `api-3fa9c1d2-2` and `api-81d0e2aa-2` are the same container of two releases. */
function withoutVersion(name: string): string {
    return name.replace(/[-:@](sha256:)?[0-9a-f]{8,}(?=-|$)/, "").replace(/[-_](1|\d{4}-?\d\d-?\d\d)$/, "");
}

function differencesOf({ old, new: next }: Pick<Change, "old" | "new">): string[] {
    return differences(old?.inputs ?? {}, next?.inputs ?? {}).flatMap(({ path, old: from, new: to }) => [
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
