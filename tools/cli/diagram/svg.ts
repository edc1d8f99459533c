import type { Group, Node, Picture } from "./picture";
import { inLines, shortened } from "./picture";

interface Look {
    readonly fill: string;
    readonly line: string;
    readonly shape?: string;
}

const LOOKS: Readonly<Record<Node["kind"], Look>> = {
    outside: { fill: "#ffffff", line: "#6b7280" },
    door: { fill: "#dbe8ff", line: "#3b6fd4" },
    service: { fill: "#e3f4e4", line: "#3f8f4a" },
    job: { fill: "#f3f4f6", line: "#9ca3af" },
    data: { fill: "#ffefcf", line: "#c58a1a", shape: "cylinder" },
    files: { fill: "#fff7e6", line: "#c58a1a", shape: "folder" },
    backup: { fill: "#f1e4fb", line: "#8a55b5", shape: "cylinder" },
};

const GROUPS: Readonly<Record<Group["kind"], Look>> = {
    place: { fill: "#f8fafc", line: "#94a3b8" },
    network: { fill: "#ffffff", line: "#b6c6dd" },
    closed: { fill: "#fdf6f0", line: "#d9a27a" },
    storage: { fill: "#fffdf7", line: "#e0cf9f" },
};

const WIDTH = 30;

/** Drawn by Graphviz, which is only loaded here. The same picture gives the same bytes. */
export async function svg(picture: Picture): Promise<string> {
    const { instance } = await import("@viz-js/viz");
    const text = (await instance()).renderString(dot(picture), { format: "svg" });
    return text
        .replace(/<\?xml[^>]*\?>\s*/, "")
        .replace(/<!DOCTYPE[^>]*>\s*/, "")
        .replace(/<!--[\s\S]*?-->\s*/g, "")
        .replace("<svg ", `<svg role="img" aria-label="${attribute(picture.title)}" `)
        .replaceAll('font-family="Helvetica,sans-Serif"', "font-family=\"Helvetica,Arial,'Liberation Sans',sans-serif\"");
}

export function dot(picture: Picture): string {
    const node = (each: Node) => {
        const { fill, line, shape } = LOOKS[each.kind];
        const form =
            shape === undefined
                ? `shape=box style="rounded,filled${each.kind === "job" ? ",dashed" : ""}"`
                : `shape=${shape} style="filled"`;
        return `${quoted(each.id)} [${form} fillcolor="${fill}" color="${line}" label=<${label(each)}>]`;
    };
    const group = (each: Group): string[] => {
        const { fill, line } = GROUPS[each.kind];
        return [
            `subgraph ${quoted(`cluster_${each.id}`)} {`,
            `label=<<FONT POINT-SIZE="11" COLOR="#475569"><B>${html(each.title)}</B></FONT>> labeljust=l style="rounded,filled" fillcolor="${fill}" color="${line}" margin=14`,
            ...picture.groups.filter(({ within }) => within === each.id).flatMap(group),
            ...picture.nodes.filter(({ within }) => within === each.id).map(node),
            "}",
        ];
    };
    const edges = picture.edges.map(({ from, to, labels, light }) => {
        const words = shortened(labels).map((each) => `<FONT POINT-SIZE="10" COLOR="#334155">${html(each)}</FONT>`);
        const text = words.length === 0 ? "" : ` label=<${table(words, 4)}>`;
        return `${quoted(from)} -> ${quoted(to)} [color="${light ? "#94a3b8" : "#475569"}"${light ? " style=dashed" : ""}${text}]`;
    });
    return [
        "digraph {",
        'graph [rankdir=TB fontname="Helvetica" bgcolor="#ffffff" pad=0.25 nodesep=0.35 ranksep=0.6 compound=true newrank=false]',
        'node [fontname="Helvetica" fontsize=12 penwidth=1.2 margin="0.2,0.1"]',
        'edge [fontname="Helvetica" fontsize=10 arrowsize=0.7 penwidth=1.1]',
        ...picture.nodes.filter(({ within }) => within === undefined).map(node),
        ...picture.groups.filter(({ within }) => within === undefined).flatMap(group),
        ...edges,
        ...below(picture),
        "}",
    ].join("\n");
}

/** What no route leads to stands beside the services that it is like, not beside the door. */
function below({ nodes, edges }: Picture): string[] {
    // The last of several has the services behind it.
    const door = nodes.filter(({ kind }) => kind === "door").at(-1);
    const led = new Set(edges.map(({ to }) => to));
    return nodes
        .filter(({ id, kind }) => door !== undefined && (kind === "service" || kind === "job") && !led.has(id))
        .map(({ id }) => `${quoted(door?.id ?? "")} -> ${quoted(id)} [style=invis]`);
}

function label({ title, detail, secrets }: Node): string {
    const small = detail === undefined || detail === "" ? [] : [`<FONT POINT-SIZE="10" COLOR="#475569">${html(detail)}</FONT>`];
    const keys = inLines(secrets ?? [], WIDTH).map((line) => `<FONT POINT-SIZE="9" COLOR="#7c3aed">${html(line)}</FONT>`);
    return table([`<FONT POINT-SIZE="13" COLOR="#0f172a"><B>${html(title)}</B></FONT>`, ...small, ...keys]);
}

function table(lines: readonly string[], beside = 0): string {
    const pad = beside === 0 ? "" : `<TD WIDTH="${beside}"></TD>`;
    return `<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">${lines.map((line) => `<TR>${pad}<TD>${line}</TD>${pad}</TR>`).join("")}</TABLE>`;
}

function html(text: string): string {
    return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
}

function attribute(text: string): string {
    return html(text);
}

function quoted(text: string): string {
    return `"${text.replace(/["\\]/g, "")}"`;
}
