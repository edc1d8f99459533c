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

export interface TextOptions {
    /** With every property that differs. */
    readonly diff?: boolean;
    /** Columns; lines are broken between words. @default no end */
    readonly width?: number;
}

/** The report for a terminal. */
export function terminalText(report: Report, paint: Paint, options: TextOptions = {}): string {
    const { width = Infinity } = options;
    const lines = [paint(COLOURS[report.verdict.level], broken(report.verdict.text.replaceAll("`", ""), width, "", ""))];
    for (const { title, lines: entries } of sectionsOf(report)) {
        lines.push("", paint("bold", title), ...entries.map((entry) => broken(entry.replaceAll("`", ""), width, "  ", "    ")));
    }
    if (options.diff === true && report.diff.length > 0) {
        lines.push("", paint("bold", "Full diff"));
        for (const { title, lines: entries } of report.diff) lines.push(`  ${title}`, ...entries.map((entry) => `  ${entry}`));
    }
    return lines.join("\n");
}

/** A text on lines of a width, as far as there are blanks to break it at. */
export function broken(text: string, width: number, first: string, others: string): string {
    const lines: string[] = [];
    let line = first;
    for (const word of text.split(/\s+/)) {
        const empty = line.trim() === "";
        if (!empty && line.length + 1 + word.length > width) {
            lines.push(line);
            line = `${others}${word}`;
        } else {
            line += empty ? word : ` ${word}`;
        }
    }
    return [...lines, line].join("\n");
}
