import type { Group, Node, Picture } from "./picture";
import { inLines, shortened } from "./picture";

const SHAPES: Readonly<Record<Node["kind"], readonly [string, string]>> = {
    outside: ["([", "])"],
    door: ["[", "]"],
    service: ["[", "]"],
    job: ["[[", "]]"],
    data: ["[(", ")]"],
    files: ["[(", ")]"],
    backup: ["[(", ")]"],
};

const CLASSES = [
    "classDef door fill:#e0ecff,stroke:#3b6fd4,color:#12203a",
    "classDef service fill:#eaf6ea,stroke:#3f8f4a,color:#12301a",
    "classDef job fill:#f4f4f4,stroke:#8a8a8a,color:#2a2a2a",
    "classDef data fill:#fff3dc,stroke:#c58a1a,color:#3a2a08",
    "classDef files fill:#fff3dc,stroke:#c58a1a,color:#3a2a08",
    "classDef backup fill:#f3e9fb,stroke:#8a55b5,color:#2c1640",
    "classDef outside fill:#ffffff,stroke:#666666,color:#222222",
];

/** Characters in a line of secrets' names. */
const WIDTH = 34;

/** As GitHub, GitLab and most editors draw it. The same picture gives the same text. */
export function mermaid(picture: Picture): string {
    const ids = new Map(picture.nodes.map(({ id }, i) => [id, `n${i}_${id.replace(/[^A-Za-z0-9]/g, "")}`]));
    const idOf = (id: string) => ids.get(id) ?? "n";
    const drawn = (node: Node) => {
        const [open, close] = SHAPES[node.kind];
        return `${idOf(node.id)}${open}"${label(node)}"${close}:::${node.kind}`;
    };
    const group = (each: Group): string[] => [
        `subgraph g_${each.id} ["${text(each.title)}"]`,
        ...picture.groups
            .filter(({ within }) => within === each.id)
            .flatMap(group)
            .map(indented),
        ...picture.nodes
            .filter(({ within }) => within === each.id)
            .map(drawn)
            .map(indented),
        "end",
    ];
    const edges = picture.edges.map(({ from, to, labels, light }) => {
        const words = shortened(labels).map(text).join("<br/>");
        return `${idOf(from)} ${light ? "-.->" : "-->"}${words === "" ? "" : `|"${words}"|`} ${idOf(to)}`;
    });
    const body = [
        ...picture.nodes.filter(({ within }) => within === undefined).map(drawn),
        ...picture.groups.filter(({ within }) => within === undefined).flatMap(group),
        ...edges,
        ...CLASSES,
    ];
    return ["flowchart TB", ...body.map(indented), ""].join("\n");
}

function label({ title, detail, secrets }: Node): string {
    const small = detail === undefined || detail === "" ? [] : [text(detail)];
    const keys =
        (secrets ?? []).length === 0 ? [] : inLines(secrets ?? [], WIDTH).map((line, i) => `<i>${i === 0 ? "🔑 " : ""}${text(line)}</i>`);
    return [`<b>${text(title)}</b>`, ...small, ...keys].join("<br/>");
}

/** A text that can't become markup of Mermaid's. */
function text(value: string): string {
    return value.replace(/[^\p{L}\p{N} .,:;/@…_*+()-]/gu, (sign) => `#${sign.codePointAt(0) ?? 63};`);
}

function indented(line: string): string {
    return `    ${line}`;
}
