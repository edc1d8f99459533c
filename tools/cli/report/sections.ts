import type { ComponentChanges } from "./components";
import type { Release } from "./releases";
import { costLines } from "./costs";
import type { Report } from "./report";
import type { SecretChange } from "./settings";
import type { SecretVariable } from "./variables";

/** A part of the report, the same for a terminal and for a pull request. Between backticks: names and values. */
export interface Section {
    readonly title: string;
    readonly lines: readonly string[];
    /** What is kept first where there isn't room for all. */
    readonly importance: number;
}

/** A name or value as code; it can't end the code by itself. */
export function code(value: string): string {
    return `\`${withShortDigests(value.replaceAll("`", "'"))}\``;
}

/** As much of a digest as tells it from another. */
function withShortDigests(text: string): string {
    return text.replace(/\b(sha256:[0-9a-f]{12})[0-9a-f]{52}\b/g, "$1…");
}

/** The sections that have something to say, in the order in which one reads them; the diff comes apart. */
export function sectionsOf(report: Report): readonly Section[] {
    const sections: readonly Section[] = [
        { title: "Blocked", lines: report.blocked.flatMap(eachLine), importance: 10 },
        { title: "Data at risk", lines: dataLines(report), importance: 10 },
        { title: "Downtime", lines: report.downtime.map(({ what, howLong, why }) => `${what}, ${howLong}: ${why}`), importance: 9 },
        { title: "Releases", lines: report.releases.map(releaseLine), importance: 8 },
        { title: "Settings", lines: settingLines(report), importance: 6 },
        { title: "Secrets", lines: secretLines(report), importance: 7 },
        { title: "Routes and addresses", lines: report.routes, importance: 6 },
        { title: "Certificates", lines: report.certificates, importance: 6 },
        { title: "Rules", lines: ruleLines(report), importance: 7 },
        { title: "Backups", lines: backupLines(report), importance: 7 },
        { title: "Cost", lines: costLines(report.cost), importance: 5 },
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
    const snapshotsGo = data.some(({ key, deletes }) => deletes && ["backup-repository", "backup-keys"].includes(key));
    const held = snapshotsGo
        ? "The backups hold it, and those on this host go with it: only a copy elsewhere would be left."
        : "The backups hold it, as of the last snapshot.";
    return data.map((risk) => {
        const guard = risk.protected
            ? "It is protected: the update refuses to begin."
            : risk.deletes
              ? "It isn't protected (`quai:protect`)."
              : "Nothing is deleted.";
        const copies = risk.inBackups ? held : "It is in no backup.";
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
    // Another kind of target has other settings altogether: one line for those that come with it.
    const switched = settings.some(({ path }) => path === "quai:target.kind");
    const coming = settings.filter(({ path, from }) => switched && path.startsWith("quai:target.") && from === "not set");
    const members = coming.map(({ path, to }) => code(`${path.slice("quai:target.".length)}: ${to}`));
    return [
        ...settings.filter((each) => !coming.includes(each)).map(({ path, from, to }) => `${code(path)}: ${code(from)} → ${code(to)}`),
        ...(members.length === 0 ? [] : [`The new target has: ${members.join(", ")}`]),
    ];
}

function secretLines({ secrets, secretVariables, secretAges = [] }: Report): string[] {
    const services = [...new Set(secretVariables.map(({ service }) => service))];
    const old = secretAges.map(({ name, ageDays, limitDays }) => `${code(name)} ${ageDays} of ${limitDays}`);
    const fresh = secrets.filter(({ what, on }) => what === "new" && on === undefined);
    const together = fresh.length > FEW ? fresh : [];
    return [
        ...(together.length === 0 ? [] : [`New: ${together.map(({ name }) => code(name)).join(", ")}`]),
        ...secrets.filter((each) => !together.includes(each)).map(secretLine),
        ...services.map((service) => {
            const own = secretVariables.filter((each) => each.service === service);
            return `${code(service)} gets secrets as variables, which all its programs can read: ${own.map(variableText).join(", ")}`;
        }),
        ...(old.length === 0 ? [] : [`Age in days, and after how many a new one is due: ${old.join(", ")}`]),
    ];
}

/** As many stand each on a line of its own. */
const FEW = 3;

function variableText({ variable, holds, what }: SecretVariable): string {
    const names = holds.map(code).join(" and ");
    return `${code(variable)} (${names}${{ stays: "", new: ", new", removed: ", no longer" }[what]})`;
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
    return [`${last}, ${drill}; kept in ${backups.repository ?? "no repository"}`, ...backups.problems];
}

const MOST = 12;
/** Of what is only created or deleted, more than these are counted by kind; the diff has them all. */
const LISTED = 6;

function componentLine({ name, ...changes }: ComponentChanges): string {
    const parts = (["created", "renewed", "updated", "replaced", "deleted"] as const).flatMap((what) => {
        const items = changes[what];
        if (items.length === 0) return [];
        const texts =
            (what === "created" || what === "deleted") && items.length > LISTED ? counted(items) : items.map((text) => ({ text, size: 1 }));
        const rest = texts.slice(MOST).reduce((sum, { size }) => sum + size, 0);
        const shown = texts.slice(0, MOST).map(({ text }) => text);
        return [`${what} ${shown.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`];
    });
    return `${code(name)}: ${withShortDigests(parts.join("; "))}`;
}

/** `container api-1`, `container api-2`: 2 × container */
function counted(items: readonly string[]): { readonly text: string; readonly size: number }[] {
    const kinds = new Map<string, string[]>();
    for (const item of items) {
        const kind = item.replace(/ \([^)]*\)$/, "").replace(/(?: of| in volume)? \S+$/, "");
        kinds.set(kind, [...(kinds.get(kind) ?? []), item]);
    }
    return [...kinds]
        .map(([kind, own]) => ({ text: own.length === 1 ? (own[0] ?? kind) : `${own.length} × ${kind}`, size: own.length }))
        .sort((a, b) => b.size - a.size);
}
