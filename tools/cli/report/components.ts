import type { Change, Operation, Preview } from "./engine-events";
import { whyReplaced } from "./downtime";
import { componentOf, described, isComponent } from "./resources";
import { differences } from "./values";

/** What happens to the parts of one component, in words. */
export interface ComponentChanges {
    readonly name: string;
    readonly created: readonly string[];
    /** With what differs: `container api (memory)`. */
    readonly updated: readonly string[];
    /** With why: `container proxy (other ports)`. */
    readonly replaced: readonly string[];
    readonly deleted: readonly string[];
}

export function componentChanges(preview: Preview): readonly ComponentChanges[] {
    const changed = preview.changes.filter((change) => change.operation !== "same" && !isComponent(change));
    const names = [...new Set(changed.map(componentOf))].sort();
    return names.map((name) => {
        const own = changed.filter((change) => componentOf(change) === name);
        const texts = (operation: Operation, words: (change: Change) => string) =>
            own
                .filter((change) => change.operation === operation)
                .map(words)
                .sort();
        return {
            name,
            created: texts("create", described),
            updated: texts("update", (change) => `${described(change)}${inParentheses(updatedFor(change))}`),
            replaced: texts("replace", (change) => `${described(change)}${inParentheses(whyReplaced(change))}`),
            deleted: texts("delete", described),
        };
    });
}

const MOST_PROPERTIES = 4;

/** Properties that an update changes; what a step is fed isn't named, it is always its input. */
function updatedFor({ type, old, new: next }: Change): string {
    if (type.startsWith("command:")) return "";
    const names = [...new Set(differences(old?.inputs, next?.inputs).map(({ path }) => path.split(/[.[]/)[0] ?? path))];
    return names.length > MOST_PROPERTIES
        ? `${names.slice(0, MOST_PROPERTIES).join(", ")} and ${names.length - MOST_PROPERTIES} more`
        : names.join(", ");
}

function inParentheses(text: string): string {
    return text === "" ? "" : ` (${text})`;
}
