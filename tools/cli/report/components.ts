import type { Change, Operation, Preview } from "./engine-events";
import { PROPERTIES, whyReplaced } from "./downtime";
import { paired } from "./pairs";
import { componentOf, described, isComponent, oneLine } from "./resources";
import { differences, own } from "./values";

/** What happens to the parts of one component, in words. */
export interface ComponentChanges {
    readonly name: string;
    readonly created: readonly string[];
    /** What a release or a rotation makes beside the former, which goes then: `container api-3fa9c1d2 → api-81d0e2aa`. */
    readonly renewed: readonly string[];
    /** With what differs: `container api (memory)`. */
    readonly updated: readonly string[];
    /** With why: `container proxy (other ports)`. */
    readonly replaced: readonly string[];
    readonly deleted: readonly string[];
}

export function componentChanges(preview: Preview): readonly ComponentChanges[] {
    const changed = preview.changes.filter((change) => change.operation !== "same" && !isComponent(change));
    const parents = new Map(preview.changes.map((change) => [change.urn, change.new?.parent ?? change.old?.parent ?? ""]));
    const nameOf = new Map(changed.map((change) => [change, componentOf(change, parents)]));
    const { pairs, alone } = paired(changed);
    return [...new Set(nameOf.values())].sort().map((name) => {
        const parts = alone.filter((change) => nameOf.get(change) === name);
        const texts = (operation: Operation, words: (change: Change) => string) =>
            parts
                .filter((change) => change.operation === operation)
                .map(words)
                .sort();
        return {
            name,
            created: texts("create", described),
            renewed: pairs
                .filter(({ made }) => nameOf.get(made) === name)
                .map(({ former, made }) => succession(former, made))
                .sort(),
            updated: texts("update", (change) => `${described(change)}${inParentheses(updatedFor(change))}`),
            replaced: texts("replace", (change) => `${described(change)}${inParentheses(whyReplaced(change))}`),
            deleted: texts("delete", described),
        };
    });
}

function succession(former: Change, made: Change): string {
    const [from, to] = [described(former), described(made)];
    return from === to ? to : `${from} → ${oneLine(made.name)}`;
}

const MOST_PROPERTIES = 4;

/** Properties that an update changes; what a step is fed isn't named, it is always its input. */
function updatedFor({ type, old, new: next }: Change): string {
    if (type.startsWith("command:")) return "";
    const names = [...new Set(differences(old?.inputs, next?.inputs).map(({ path }) => path.split(/[.[]/)[0] ?? path))].map(
        (name) => own(PROPERTIES, name) ?? name,
    );
    return names.length > MOST_PROPERTIES
        ? `${names.slice(0, MOST_PROPERTIES).join(", ")} and ${names.length - MOST_PROPERTIES} more`
        : names.join(", ");
}

function inParentheses(text: string): string {
    return text === "" ? "" : ` (${text})`;
}
