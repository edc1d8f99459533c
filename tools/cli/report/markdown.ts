import type { Report } from "./report";
import type { Section } from "./sections";
import { sectionsOf } from "./sections";

/** What GitHub takes in one comment; bytes, so that it holds whatever is counted. */
export const LONGEST_COMMENT = 65_536;
const LONGEST_VERDICT = 1_200;
/** Room for what says that something was left out. */
const RESERVE = 400;

/** By this line a workflow finds the comment that it made before. */
export function marker(stack: string): string {
    return `<!-- quai preview ${stack.replace(/[^A-Za-z0-9_.-]/g, "")} -->`;
}

const SIGNS = { nothing: "⚪", unjudged: "🔵", safe: "🟢", downtime: "🟡", risk: "🔴", blocked: "⛔" } as const;

/**
 * The report as a comment of a pull request. The first line is the verdict. What doesn't fit is left out, the least important first, and said so.
 *
 * @param longest bytes
 */
export function markdown(report: Report, longest = LONGEST_COMMENT): string {
    const verdict = escaped(shortened(report.verdict.text, LONGEST_VERDICT));
    const head = `${SIGNS[report.verdict.level]} **${verdict}**`;
    const foot = `\n<sub>${escaped(`${report.stack}, ${report.environment}`)}; \`./quai preview\` shows the same.</sub>\n${marker(report.stack)}\n`;
    const sections = [...sectionsOf(report).map(rendered), ...pictureSection(report), ...diffSection(report)];
    const room = longest - size(`${head}\n`) - size(foot);
    const whole = fit(sections, room);
    const { kept, left } = whole.left === 0 ? whole : fit(sections, room - RESERVE);
    const cut =
        left > 0
            ? `\n_Left out, because a comment holds no more: ${left} ${left === 1 ? "entry" : "entries"}, the least important first._\n`
            : "";
    return `${head}\n${kept.join("")}${cut}${foot}`;
}

interface Rendered {
    readonly before: string;
    readonly blocks: readonly string[];
    readonly after: string;
    readonly importance: number;
}

function rendered({ title, lines, importance }: Section): Rendered {
    return { before: `\n### ${title}\n\n`, blocks: lines.map((line) => `- ${escaped(line)}\n`), after: "", importance };
}

/** All of it or nothing: a part of a picture is none. */
function pictureSection({ picture }: Report): Rendered[] {
    if (picture === undefined) return [];
    const text = picture.mermaid.map((line) => `${literal(line).replaceAll("`", "'")}\n`).join("");
    return [
        {
            before: "\n<details><summary>The stack as it will be</summary>\n\n```mermaid\n",
            blocks: [text],
            after: "```\n\n</details>\n",
            importance: 2,
        },
    ];
}

function diffSection({ diff }: Report): Rendered[] {
    if (diff.length === 0) return [];
    const blocks = diff.map(({ title, lines }) => [title, ...lines].map((line) => `${literal(line)}\n`).join(""));
    const longestRun = Math.max(2, ...blocks.flatMap((block) => (block.match(/`+/g) ?? []).map((run) => run.length)));
    const fence = "`".repeat(longestRun + 1);
    return [
        {
            before: `\n<details><summary>Full diff (${diff.length} resources)</summary>\n\n${fence}diff\n`,
            blocks,
            after: `${fence}\n\n</details>\n`,
            importance: 1,
        },
    ];
}

/** Gives the room to the most important sections first; within one, to what stands first. Sections stay in their order. */
function fit(sections: readonly Rendered[], budget: number): { kept: string[]; left: number } {
    const texts = sections.map(() => "");
    let rest = budget;
    let left = 0;
    const order = sections.map((_, i) => i).sort((a, b) => (sections[b]?.importance ?? 0) - (sections[a]?.importance ?? 0) || a - b);
    for (const i of order) {
        const { before = "", blocks = [], after = "" } = sections[i] ?? {};
        const frame = size(before) + size(after);
        const chosen: string[] = [];
        let room = rest - frame;
        for (const block of blocks) {
            if (size(block) > room) break;
            chosen.push(block);
            room -= size(block);
        }
        left += blocks.length - chosen.length;
        if (chosen.length === 0) continue;
        texts[i] = before + chosen.join("") + after;
        rest = room;
    }
    return { kept: texts, left };
}

/** By code points: half of a pair would be no text. */
function shortened(text: string, longest: number): string {
    return text.length > longest ? `${Array.from(text).slice(0, longest).join("")}…` : text;
}

function size(text: string): number {
    return Buffer.byteLength(text);
}

/** Text between backticks stays code; the rest can't become markup, a mention or a reference, whoever wrote it. */
export function escaped(text: string): string {
    // eslint-disable-next-line no-control-regex
    const line = text.replace(/[\u0000-\u001f\u007f\u2028\u2029]+/g, " ").trim();
    const parts = line.split("`");
    // A lone backtick at the end opens nothing.
    const closed = parts.length % 2 === 1 ? parts : [...parts.slice(0, -2), `${parts.at(-2) ?? ""}'${parts.at(-1) ?? ""}`];
    return atStart(closed.map((part, i) => (i % 2 === 1 ? codeSpan(part) : plain(part))).join(""));
}

function codeSpan(content: string): string {
    return content.trim() === "" ? "" : `\`${literal(content)}\``;
}

/** What is shown as it is. A workflow finds its comment by the mark at its end: nothing else may look like one. */
function literal(text: string): string {
    return text.replaceAll("<!--", "<!\u200b--");
}

function plain(text: string): string {
    return text
        .replace(/[\\*_{}[\]<>|~&$]/g, (sign) => `\\${sign}`)
        .replace(/(?<![A-Za-z0-9])@(?=\w)|@(?=[\w-]+\.\w)/g, "@\u200b")
        .replace(/#(?=\d)/g, "#\u200b")
        .replace(/\b(GH-)(?=\d)/gi, "$1\u200b")
        .replace(/www(?=\.)/gi, "$&\u200b")
        .replace(/:\/\//g, ":\u200b//");
}

/** Where a line begins, these would make a heading, a list or a rule of it. */
function atStart(line: string): string {
    return line.replace(/^[#+=-]/, "\\$&").replace(/^(\d+)([.)])/, "$1\\$2");
}
