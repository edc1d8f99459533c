import type { ComponentChanges } from "./components";
import type { Release } from "./releases";
import type { Report } from "./report";
import type { SecretChange } from "./settings";

/** A part of the report, the same for a terminal and for a pull request. Between backticks: names and values. */
export interface Section {
    readonly title: string;
    readonly lines: readonly string[];
    /** What is kept first where there isn't room for all. */
    readonly importance: number;
}

/** A name or value as code; it can't end the code by itself. */
export function code(value: string): string {
    return `\`${value.replaceAll("`", "'")}\``;
}

/** The sections that have something to say, in the order in which one reads them; the diff comes apart. */
export function sectionsOf(report: Report): readonly Section[] {
    const sections: readonly Section[] = [
        { title: "Blocked", lines: report.blocked.flatMap(eachLine), importance: 10 },
        { title: "Data at risk", lines: dataLines(report), importance: 10 },
        { title: "Downtime", lines: report.downtime.map(({ what, howLong, why }) => `${what}, ${howLong}: ${why}`), importance: 9 },
        { title: "Releases", lines: report.releases.map(releaseLine), importance: 8 },
        { title: "Settings", lines: settingLines(report), importance: 6 },
        { title: "Secrets", lines: report.secrets.map(secretLine), importance: 7 },
        { title: "Routes and addresses", lines: report.routes, importance: 6 },
        { title: "Certificates", lines: report.certificates, importance: 6 },
        { title: "Rules", lines: ruleLines(report), importance: 7 },
        { title: "Backups", lines: backupLines(report), importance: 7 },
        { title: "Architecture", lines: report.picture?.changes ?? [], importance: 5 },
        { title: "What happens", lines: report.components.map(componentLine), importance: 4 },
        { title: "Notes", lines: report.notes, importance: 5 },
    ];
    return sections.filter(({ lines }) => lines.length > 0);
}

function eachLine(text: string): string[] {
    return text.split("\n").filter((line) => line.trim() !== "");
}

function dataLines({ data }: Report): string[] {
    return data.map((risk) => {
        const guard = risk.protected ? "It is protected: the update refuses to begin." : "It isn't protected (`quai:protect`).";
        const copies = risk.inBackups ? "The backups hold it, as of the last snapshot." : "It is in no backup.";
        return `${risk.what} (${risk.why}). ${guard} ${copies}`;
    });
}

function releaseLine({ service, kind, from, to, image, commits, containers, reasons }: Release): string {
    const head = `${kind === "service" || kind === service ? "" : `${kind} `}${code(service)}: `;
    if (to === undefined) return `${head}is removed (release ${code(from ?? "?")})`;
    const count = containers.from === containers.to ? "" : `, ${containers.from} → ${containers.to} containers`;
    if (from === undefined) return `${head}new, release ${code(to)}${image?.to === undefined ? "" : ` of ${code(image.to)}`}`;
    if (from === to) return `${head}release ${code(to)} stays${count}`;
    const source = commits === undefined ? "" : `, commits ${code(`${commits.from.slice(0, 12)}..${commits.to.slice(0, 12)}`)}`;
    const images = image === undefined ? "" : `, image ${code(image.from ?? "?")} → ${code(image.to ?? "built by the update")}`;
    const why = reasons.map((reason) => (reason.includes(" → ") ? code(reason) : reason)).join(", ");
    return `${head}release ${code(from)} → ${code(to)}${count}${images}${source}${why === "" ? "" : `; ${why}`}`;
}

function settingLines({ settings, components, verdict }: Report): string[] {
    if (settings === undefined) {
        return components.length > 0 && !verdict.text.startsWith("First")
            ? ["What is deployed has no note of its settings yet; compare the stack file in Git."]
            : [];
    }
    return settings.map(({ path, from, to }) => `${code(path)}: ${code(from)} → ${code(to)}`);
}

function secretLine({ name, what, on }: SecretChange): string {
    return `${code(name)} ${what === "new" ? "is new" : `is ${what}`}${on === undefined ? "" : ` (${on})`}`;
}

function ruleLines({ policies }: Report): string[] {
    return [...policies.warned.map((text) => `warning: ${text}`), ...policies.waived.map((text) => `waived: ${text}`)];
}

function backupLines({ backups }: Report): string[] {
    if (backups === undefined) return [];
    const last = backups.last === null ? "There is no snapshot yet" : `Last good snapshot ${backups.age} ago`;
    const drill = backups.lastDrill === null ? "no restore was ever tried" : `last good restore drill ${backups.drillAge} ago`;
    return [`${last}, ${drill}; in ${backups.repository ?? "no repository"}`, ...backups.problems];
}

const MOST = 12;

function componentLine({ name, ...changes }: ComponentChanges): string {
    const parts = (["created", "updated", "replaced", "deleted"] as const).flatMap((what) => {
        const items = changes[what];
        if (items.length === 0) return [];
        const rest = items.length > MOST ? ` and ${items.length - MOST} more` : "";
        return [`${what} ${items.slice(0, MOST).join(", ")}${rest}`];
    });
    return `${code(name)}: ${parts.join("; ")}`;
}
