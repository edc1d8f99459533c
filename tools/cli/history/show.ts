import { escaped } from "../report/markdown";
import type { Colour } from "../terminal";
import type { Entry } from "./entries";

export const TITLES = ["#", "when (UTC)", "who", "outcome", "took", "changes", "release", "commit", "what for"] as const;

const OUTCOME_COLOURS: Readonly<Record<Entry["outcome"], Colour>> = { succeeded: "green", failed: "red", "in progress": "yellow" };

type Paint = (colour: Colour, text: string) => string;

/** Cells of a table. @param all every entry, to tell what an update changed; @param shown those to show */
export function rows(all: readonly Entry[], shown: readonly Entry[], paint: Paint = (_, text) => text): string[][] {
    return shown.map((entry) => [
        String(entry.number),
        entry.started.slice(0, 16).replace("T", " "),
        entry.who.replace(/ <[^>]*>$/, ""),
        paint(OUTCOME_COLOURS[entry.outcome], entry.outcome),
        entry.seconds === null ? "" : took(entry.seconds),
        changesText(entry.changes),
        releaseText(
            entry,
            all.find(({ number }) => number === entry.number - 1),
        ),
        entry.commit === null ? "" : `${entry.commit.id.slice(0, 7)}${entry.commit.dirty ? " and changes" : ""}`,
        entry.kind === "update" ? entry.message : `${entry.kind}: ${entry.message}`,
    ]);
}

export function took(seconds: number): string {
    return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

function changesText({ created, updated, replaced, deleted }: Entry["changes"]): string {
    const parts = [
        [created, "+"],
        [updated, "~"],
        [replaced, "±"],
        [deleted, "-"],
    ] as const;
    return (
        parts
            .filter(([count]) => count > 0)
            .map(([count, sign]) => `${sign}${count}`)
            .join(" ") || "none"
    );
}

const MOST = 4;

/** What is new in it: releases where the backend keeps them, else the images of the settings. */
export function releaseText(entry: Entry, former: Entry | undefined): string {
    const now = entry.deployed?.releases ?? entry.images;
    const before = former === undefined ? {} : ((entry.deployed === null ? former.images : former.deployed?.releases) ?? {});
    const changed = Object.entries(now).filter(([name, value]) => before[name] !== value);
    const gone = Object.keys(before).filter((name) => now[name] === undefined);
    const texts = [...changed.map(([name, value]) => `${name} ${short(value)}`), ...gone.map((name) => `without ${name}`)];
    const rest = texts.length - MOST;
    return `${texts.slice(0, MOST).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}

/** Of an image's reference its tag, or the beginning of its digest. */
function short(value: string): string {
    const [reference = "", digest] = value.split("@sha256:");
    const tag = /:([^:/]+)$/.exec(reference)?.[1];
    return tag ?? digest?.slice(0, 12) ?? value;
}

export function historyMarkdown(all: readonly Entry[], shown: readonly Entry[]): string {
    const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
    const cells = rows(all, shown).map((row) => line(row.map((cell) => escaped(cell.replaceAll("`", "'")))));
    return [line(TITLES), line(TITLES.map(() => "---")), ...cells].join("\n");
}
