import type { Colour } from "../terminal";
import type { Report } from "./report";
import { sectionsOf } from "./sections";

/** Puts a colour on a text, or not. */
export type Paint = (colour: Colour, text: string) => string;

const COLOURS = {
    nothing: "dim",
    unjudged: "blue",
    safe: "green",
    downtime: "yellow",
    risk: "red",
    blocked: "red",
} as const satisfies Record<string, Colour>;

/** The report for a terminal. `diff`: with every property that differs. */
export function terminalText(report: Report, paint: Paint, options: { readonly diff?: boolean } = {}): string {
    const lines = [paint(COLOURS[report.verdict.level], report.verdict.text)];
    for (const { title, lines: entries } of sectionsOf(report)) {
        lines.push("", paint("bold", title), ...entries.map((entry) => `  ${entry.replaceAll("`", "")}`));
    }
    if (options.diff === true && report.diff.length > 0) {
        lines.push("", paint("bold", "Full diff"));
        for (const { title, lines: entries } of report.diff) lines.push(`  ${title}`, ...entries.map((entry) => `  ${entry}`));
    }
    return lines.join("\n");
}
