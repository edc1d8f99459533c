import type { Change, Preview } from "./engine-events";
import { awsDataRisks, awsOtherNetwork, awsType } from "./aws";
import { whyReplaced } from "./downtime";
import { code } from "./sections";
import { hostName, labelOf, mountsOf, TYPE } from "./resources";
import { settingOf } from "./settings";
import { asText, shown } from "./values";

/** Data that an update would delete, or that would no longer be found. */
export interface DataRisk {
    /** What `quai:retired` calls it: a volume by its name in the program, a host by its address, a database by its version. */
    readonly key: string;
    readonly what: string;
    readonly why: string;
    /** Whether data are deleted; else they stay where they are, and nobody finds them there. */
    readonly deletes: boolean;
    /** Whether the engine refuses to do it. */
    readonly protected: boolean;
    /** Whether snapshots hold it. */
    readonly inBackups: boolean;
}

/** Where the backup service sees the files that it takes. */
const BACKED_UP = /^\/(files|var\/run\/postgresql)/;

export function dataRisks(preview: Preview): readonly DataRisk[] {
    return [
        ...preview.changes.flatMap((change) => volumeRisk(preview, change)),
        ...awsDataRisks(preview, whyGone),
        ...anotherHost(preview),
        ...awsOtherNetwork(preview),
        ...anotherRegion(preview),
        ...anotherAccount(preview),
        ...databaseVersion(preview),
    ];
}

function whyGone(change: Change): string {
    return change.operation === "delete" ? "no longer in the program" : `replaced for ${whyReplaced(change)}`;
}

function volumeRisk(preview: Preview, change: Change): DataRisk[] {
    const { type, operation, old } = change;
    const holds = type === TYPE.volume && (operation === "delete" || operation === "replace") ? contentOf(preview, change) : undefined;
    if (holds === undefined || old === undefined) return [];
    const name = hostName(old) ?? change.name;
    return [
        {
            key: change.name,
            what: `volume ${name} is deleted, and with it ${holds.what}`,
            why: operation === "delete" ? "no longer in the program" : `replaced for ${whyReplaced(change)}; the new one is empty`,
            deletes: true,
            protected: old.protect === true,
            inBackups: holds.inBackups,
        },
    ];
}

/** What a volume holds, from who mounts it where; undefined: nothing that anybody would miss. */
function contentOf(preview: Preview, volume: Change): { readonly what: string; readonly inBackups: boolean } | undefined {
    const name = hostName(volume.old);
    const containers = preview.changes.filter(({ type }) => type === TYPE.container).map(({ old, new: next }) => old ?? next);
    const users = containers.filter((state) => mountsOf(state).some(({ source }) => source === name));
    const roles = new Set(users.map((state) => labelOf(state, "role")));
    const inBackup = containers
        .filter((state) => labelOf(state, "role") === "backup")
        .some((state) => mountsOf(state).some(({ source, target }) => source === name && BACKED_UP.test(target)));
    if (/-socket$/.test(volume.name)) return undefined;
    if (volume.name === "backup-repository") return { what: "every snapshot on this host", inBackups: false };
    if (volume.name === "backup-keys") return { what: "the keys that open the repository of snapshots", inBackups: false };
    const component = volume.urn.split("::")[2] ?? "";
    if (roles.has("postgres") || component.includes("PostgresWithBackup")) return { what: "the database", inBackups: hasBackups(preview) };
    if (roles.has("redis") || component.includes("quai:index:Redis")) return { what: "what Redis keeps", inBackups: false };
    return { what: `the files of ${labelOf(volume.old, "service") ?? volume.name}`, inBackups: inBackup };
}

function hasBackups(preview: Preview): boolean {
    return preview.changes.some(({ type, old }) => type === TYPE.container && labelOf(old, "role") === "backup");
}

/** The engine takes another host for the same with another address: it would leave everything where it is, and take it for granted on the new one. */
function anotherHost(preview: Preview): DataRisk[] {
    const provider = preview.changes.find(
        ({ type, old, new: next }) => type === "pulumi:providers:docker" && old !== undefined && next !== undefined,
    );
    const [from, to] = [provider?.old, provider?.new].map((state) => asText(state?.inputs["host"]) ?? "this machine's engine");
    if (provider === undefined || from === undefined || to === undefined || from === to) return [];
    return [
        {
            key: asText(provider.old?.inputs["host"]) ?? "this-machine",
            what: `the stack moves from ${code(from)} to ${code(to)}, and its data stay behind: volumes aren't copied, the new host begins empty`,
            why: "`quai:target.host`; `./quai restore` brings a snapshot to the new host",
            deletes: false,
            protected: false,
            inBackups: hasBackups(preview),
        },
    ];
}

/** What is in a region stays there: AWS's resources are made anew in the other one, or not found any more. */
function anotherRegion(preview: Preview): DataRisk[] {
    const provider = preview.changes.find(
        ({ type, old, new: next }) => type === "pulumi:providers:aws" && old !== undefined && next !== undefined,
    );
    const [from, to] = [provider?.old, provider?.new].map((state) => asText(state?.inputs["region"]));
    if (from === undefined || to === undefined || from === to) return [];
    return [
        {
            key: from,
            what: `the stack moves from ${code(from)} to ${code(to)}, and its data stay behind`,
            why: "`quai:target.region`; deploy another stack there, and restore a copy of the backups into it",
            deletes: true,
            protected: false,
            inBackups: preview.changes.some(({ type, old }) => awsType({ type }) === "backup/selection" && old !== undefined),
        },
    ];
}

/** As with a region: credentials of another account find nothing of what was made. */
function anotherAccount(preview: Preview): DataRisk[] {
    const provider = preview.changes.find(({ type }) => type === "pulumi:providers:aws");
    const [from, to] = [provider?.old, provider?.new].map(
        (state) => /\d{12}/.exec(JSON.stringify(state?.inputs["allowedAccountIds"]) ?? "")?.[0],
    );
    if (from === undefined || to === undefined || from === to) return [];
    return [
        {
            key: from,
            what: `the stack moves from the account ${from} to ${to}, and its data stay behind`,
            why: "`quai:target.accountId`; deploy another stack there, and restore a copy of the backups into it",
            deletes: false,
            protected: false,
            inBackups: preview.changes.some(({ type, old }) => awsType({ type }) === "backup/selection" && old !== undefined),
        },
    ];
}

/** Another major version can't read the files of the former; 18 looks for them elsewhere and would begin an empty database. */
function databaseVersion(preview: Preview): DataRisk[] {
    const server = preview.changes.find(({ type, old }) => type === TYPE.container && labelOf(old, "role") === "postgres");
    const [from, to] = (["old", "new"] as const).map((which) => settingOf(preview, which, ["postgres", "version"]));
    const data = preview.changes.find(({ type, name }) => type === TYPE.volume && name.endsWith("-data") && name.startsWith("postgres"));
    if (server === undefined || from === undefined || to === undefined || from === to || data?.operation !== "same") return [];
    const empty = Number(to) >= 18 && Number(from) < 18;
    return [
        {
            key: `postgres-${shown(from)}`,
            what: `PostgreSQL ${shown(from)} → ${shown(to)}: the new server ${empty ? "doesn't find the data and begins an empty database" : "can't read the data of the old one and doesn't start"}`,
            why: "`quai:postgres.version`; the data stay in the volume, and the former version finds them again",
            deletes: false,
            protected: false,
            inBackups: hasBackups(preview),
        },
    ];
}
