import type { Change, Preview } from "../report/engine-events";
import { pictureOf } from "./from-resources";
import { mermaid } from "./mermaid";
import type { Node, Picture } from "./picture";

/** What an update makes of the architecture. */
export interface PictureChange {
    /** In words, one each. */
    readonly changes: readonly string[];
    /** The picture as it will be, in the lines of Mermaid. */
    readonly mermaid: readonly string[];
}

/** Undefined: it stays as it is, or one of the two can't be drawn. */
export function pictureChange(title: string, { changes }: Preview): PictureChange | undefined {
    const [old, next] = (["old", "new"] as const).map((which) =>
        pictureOf(
            title,
            changes.flatMap((change) => side(change, which)),
        ),
    );
    if (next === undefined || (old === undefined && changes.some((change) => change.old !== undefined))) return undefined;
    const text = mermaid(next);
    if (old !== undefined && mermaid(old) === text) return undefined;
    return { changes: old === undefined ? [] : inWords(old, next), mermaid: text.trimEnd().split("\n") };
}

function side(change: Change, which: "old" | "new") {
    const state = change[which];
    return state === undefined || (which === "new" && change.operation === "delete")
        ? []
        : [{ type: change.type, name: change.name, ...state }];
}

function inWords(old: Picture, next: Picture): string[] {
    const nodes = (picture: Picture) => new Map(picture.nodes.map((node) => [node.id, node]));
    const [before, after] = [nodes(old), nodes(next)];
    const gone = old.nodes.filter(({ id }) => !after.has(id)).map(({ id }) => `\`${id}\` goes`);
    const come = next.nodes.filter(({ id }) => !before.has(id)).map(({ id }) => `\`${id}\` comes`);
    const stayed = next.nodes.flatMap((node) => {
        const former = before.get(node.id);
        return former === undefined ? [] : nodeChanges(former, node);
    });
    const both = (id: string) => before.has(id) && after.has(id);
    const ways = (picture: Picture) =>
        new Set(picture.edges.filter(({ from, to }) => both(from) && both(to)).map(({ from, to }) => `\`${from}\` → \`${to}\``));
    const [ledTo, leads] = [ways(old), ways(next)];
    const closed = [...ledTo].filter((way) => !leads.has(way)).map((way) => `${way} is closed`);
    const opened = [...leads].filter((way) => !ledTo.has(way)).map((way) => `${way} is new`);
    return [...gone, ...come, ...stayed, ...closed, ...opened];
}

function nodeChanges(old: Node, next: Node): string[] {
    const given = (next.secrets ?? []).filter((name) => !(old.secrets ?? []).includes(name));
    const taken = (old.secrets ?? []).filter((name) => !(next.secrets ?? []).includes(name));
    return [
        ...(old.title === next.title && (old.detail ?? "") === (next.detail ?? "")
            ? []
            : [`\`${next.id}\`: ${shown(old)} → ${shown(next)}`]),
        ...given.map((name) => `\`${next.id}\` is given the secret \`${name}\``),
        ...taken.map((name) => `\`${next.id}\` is no longer given the secret \`${name}\``),
    ];
}

function shown({ title, detail, kind }: Node): string {
    return detail === undefined || detail === "" ? (kind === "service" ? "1 container" : title) : detail;
}
