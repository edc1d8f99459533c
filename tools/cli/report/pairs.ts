import type { Change } from "./engine-events";

/** What a release, a rotation or another content makes beside the old and deletes afterwards: one thing for people, though two for the engine. */
export interface Pair {
    readonly former: Change;
    readonly made: Change;
}

export function paired(changed: readonly Change[]): { readonly pairs: readonly Pair[]; readonly alone: readonly Change[] } {
    const key = (change: Change) => `${change.new?.parent ?? change.old?.parent ?? ""} ${change.type} ${withoutVersion(change.name)}`;
    const gone = changed.filter(({ operation }) => operation === "delete");
    const used = new Set<Change>();
    const pairs = changed.flatMap((made): Pair[] => {
        const former = made.operation === "create" ? gone.find((each) => !used.has(each) && key(each) === key(made)) : undefined;
        if (former === undefined) return [];
        used.add(made).add(former);
        return [{ former, made }];
    });
    return { pairs, alone: changed.filter((change) => !used.has(change)) };
}

const HASH = /[-:@](?:sha256:)?([0-9a-f]{8,})(?=-|$)/;
const DATE = /[-_](1|\d{4}-?\d\d-?\d\d)$/;

/** `api-3fa9c1d2-2` and `api-81d0e2aa-2` are the same container of two releases. */
function withoutVersion(name: string): string {
    return name.replace(HASH, "").replace(DATE, "");
}

/** Puts the new version where the former stands in a text. A number alone stands anywhere. */
export function versions({ name: from }: Change, { name: to }: Change): (text: string) => string {
    const [old, next] = [from, to].map((name) => HASH.exec(name)?.[1]);
    return (text) => (old === undefined || next === undefined ? text : text.replaceAll(old, next));
}
