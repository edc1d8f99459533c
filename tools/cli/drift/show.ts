import { escaped, marker } from "../report/markdown";
import { broken } from "../report/text";
import type { Drift } from "./find";
import type { Finding, Repair } from "./findings";

/** 0: as it was left; 2: it isn't, and a repair can put it right; 3: data may be concerned, or somebody has to decide. */
export function exitCodeOf({ findings, update }: Drift): 0 | 1 | 2 | 3 {
    if (findings.some(({ repair, what }) => repair.kind === "hand" || /^volume /.test(what))) return 3;
    if (findings.length > 0) return 2;
    return update.verdict.exitCode;
}

export function driftVerdict(drift: Drift): string {
    const count = drift.findings.length;
    if (count > 0)
        return `${count} ${count === 1 ? "thing isn't" : "things aren't"} as the last update left ${count === 1 ? "it" : "them"}.`;
    if (drift.update.verdict.level === "nothing") return "As the last update left it.";
    return `What runs is as the state knows it. An update would change something all the same: ${drift.update.verdict.text}`;
}

/** Lines of findings, grouped by what they are about. */
function lines({ findings, notes, update }: Drift): string[] {
    const groups: readonly (readonly [Finding["kind"], string])[] = [
        ["machine", "The machine"],
        ["missing", "Missing"],
        ["changed", "Changed by hand"],
        ["undeclared", "Not declared"],
        ["file", "Files"],
        ["image", "Images"],
        ["certificate", "Certificates"],
        ["backup", "Backups"],
    ];
    const found = groups.flatMap(([kind, title]) => {
        const own = findings.filter((finding) => finding.kind === kind);
        return own.length === 0 ? [] : ["", `### ${title}`, "", ...own.map(({ what, repair }) => `- ${what}; ${repairText(repair)}`)];
    });
    const engine =
        update.verdict.level === "nothing"
            ? []
            : ["", "### An update with a refresh", "", `- ${update.verdict.text}`, ...update.components.map(componentText)];
    return [...found, ...engine, ...(notes.length === 0 ? [] : ["", "### Notes", "", ...notes.map((text) => `- ${text}`)])];
}

function componentText({ name, ...changes }: Drift["update"]["components"][number]): string {
    const parts = (["created", "renewed", "updated", "replaced", "deleted"] as const).filter((what) => changes[what].length > 0);
    return `- ${name}: ${parts.map((what) => `${what} ${changes[what].join(", ")}`).join("; ")}`;
}

export function repairText(repair: Repair): string {
    switch (repair.kind) {
        case "update":
            return "an update puts it right";
        case "again":
            return "its step is run again";
        case "docker":
            return `repaired by docker ${repair.args.filter((word) => !/^[0-9a-f]{64}$/.test(word)).join(" ")}`;
        case "machine":
            return "its step is run again";
        case "backup":
            return "a snapshot is made";
        case "hand":
            return `by hand: ${repair.how}`;
    }
}

/** @param width columns; lines are broken between words */
export function driftText(drift: Drift, width = Infinity): string {
    const plain = (line: string) =>
        line.startsWith("- ") ? broken(line.slice(2).replaceAll("`", ""), width, "  ", "    ") : line.replace(/^### /, "");
    return [broken(driftVerdict(drift).replaceAll("`", ""), width, "", ""), ...lines(drift).map(plain)]
        .filter((line, i, all) => !(line === "" && all[i - 1] !== undefined && /^[A-Z]/.test(all[i - 1] ?? "") && i > 1))
        .join("\n");
}

const LONGEST = 60_000;

/** An issue's text: the same findings give the same text, so that a workflow can see whether anything is new. */
export function driftMarkdown(drift: Drift): string {
    const sign = { 0: "🟢", 1: "⛔", 2: "🟡", 3: "🔴" }[exitCodeOf(drift)];
    const body = lines(drift).map((line) =>
        line.startsWith("### ") ? line : line.startsWith("- ") ? `- ${escaped(line.slice(2))}` : line,
    );
    const kept: string[] = [];
    let room = LONGEST;
    for (const line of body) {
        room -= Buffer.byteLength(line) + 1;
        if (room < 0) break;
        kept.push(line);
    }
    const cut = kept.length < body.length ? [`\n_Left out: ${body.length - kept.length} lines; \`./quai drift\` shows all._`] : [];
    const foot = [
        "",
        `<sub>${escaped(drift.stack)}; \`./quai drift --repair\` puts right what can be.</sub>`,
        marker(`drift-${drift.stack}`),
        "",
    ];
    return [`${sign} **${escaped(driftVerdict(drift))}**`, ...kept, ...cut, ...foot].join("\n");
}
