import type { DataRisk } from "./data";
import type { Downtime } from "./downtime";
import type { Release } from "./releases";
import type { SecretChange, SettingChange } from "./settings";

export interface Verdict {
    readonly level: "nothing" | "unjudged" | "safe" | "downtime" | "risk" | "blocked";
    /** One sentence or two, for people. */
    readonly text: string;
    /** What `./quai preview` ends with. */
    readonly exitCode: 0 | 1 | 2 | 3;
}

export const exitCodes: Readonly<Record<Verdict["level"], Verdict["exitCode"]>> = {
    nothing: 0,
    blocked: 1,
    unjudged: 2,
    safe: 2,
    downtime: 2,
    risk: 3,
};

/** Interruptions and data that the verdict names. */
const MOST = 3;

export interface Grounds {
    readonly blocked: readonly string[];
    readonly data: readonly DataRisk[];
    readonly downtime: readonly Downtime[];
    readonly releases: readonly Release[];
    readonly settings: readonly SettingChange[] | undefined;
    readonly secrets: readonly SecretChange[];
    readonly routes: readonly string[];
    readonly certificates: readonly string[];
    /** Whether anything is created, updated, replaced or deleted. */
    readonly changes: boolean;
    /** The plan is one against an empty state: what is deployed isn't known. */
    readonly apart: boolean;
    readonly resources: number;
    /** Nothing is deployed yet. */
    readonly first: boolean;
    /** The engine came to the end. */
    readonly complete: boolean;
}

export function verdictOf(grounds: Grounds): Verdict {
    const { level, text } = judged(grounds);
    return { level, text, exitCode: exitCodes[level] };
}

function judged(grounds: Grounds): Omit<Verdict, "exitCode"> {
    const { blocked, data, downtime } = grounds;
    const rest = data.length > MOST ? `; and ${data.length - MOST} more` : "";
    const lost = `${data
        .slice(0, MOST)
        .map(({ what }) => what)
        .join("; ")}${rest}`;
    if (blocked.length > 0 || !grounds.complete) {
        const reason = firstLine(blocked[0] ?? "the preview did not come to its end");
        const more = blocked.length > 1 ? ` (and ${blocked.length - 1} more)` : "";
        return { level: "blocked", text: `Blocked: ${reason}${more}${data.length > 0 ? `. It would also put data at risk: ${lost}` : ""}` };
    }
    if (grounds.apart) {
        const text = `Settings and program are in order (a plan of ${grounds.resources} resources). What is deployed was not looked at: nothing is known of downtime or data.`;
        return { level: "unjudged", text };
    }
    if (data.length > 0) return { level: "risk", text: `Data at risk: ${lost}.` };
    if (downtime.length > 0) {
        const what = downtime.slice(0, MOST).map(({ what: each, howLong }) => `${lowerFirst(each)}, ${howLong}`);
        const more = downtime.length > MOST ? [`and ${downtime.length - MOST} more`] : [];
        return { level: "downtime", text: `Downtime, no data at risk: ${[...what, ...more].join("; ")}.` };
    }
    if (!grounds.changes) return { level: "nothing", text: "Nothing changes." };
    if (grounds.first) return { level: "safe", text: "First deployment: everything is created, nothing can be lost." };
    return { level: "safe", text: `Safe: no downtime, no data at risk${summary(grounds)}.` };
}

/** ` (2 releases, 1 secret rotated)` */
function summary({ releases, secrets, routes, certificates }: Grounds): string {
    const count = (what: string, number: number) => (number === 0 ? [] : [`${number} ${what}${number === 1 ? "" : "s"}`]);
    const removed = releases.filter(({ to }) => to === undefined);
    const parts = [
        ...count("release", releases.filter(({ to }) => to !== undefined).length),
        ...removed.map(({ service }) => `${service} is removed`),
        ...(["new", "rotated", "removed"] as const).flatMap((what) =>
            count("secret", secrets.filter((each) => each.what === what).length).map((text) => `${text} ${what}`),
        ),
        ...(routes.length > 0 ? ["routes or addresses change"] : []),
        ...(certificates.length > 0 ? ["certificates change"] : []),
    ];
    return parts.length === 0 ? "" : ` (${parts.join(", ")})`;
}

function firstLine(text: string): string {
    return (text.split("\n")[0] ?? "").replace(/[.:]$/, "");
}

/** Within a sentence; names keep their first letter. */
function lowerFirst(text: string): string {
    if (/^(?:CloudFront|PostgreSQL|Redis)\b/.test(text)) return text;
    return `${text.slice(0, 1).toLowerCase()}${text.slice(1)}`;
}
