import type { Masks } from "../../../infra/secrets/mask";
import type { PictureChange } from "../diagram/change";
import { pictureChange } from "../diagram/change";
import type { DataRisk } from "./data";
import { dataRisks } from "./data";
import type { ResourceDiff } from "./diff";
import { diffsOf, short } from "./diff";
import type { CostChange } from "./costs";
import { costChange } from "./costs";
import type { Downtime } from "./downtime";
import { downtimes, quietStops } from "./downtime";
import { edgeChanges } from "./edge";
import type { Guard } from "./guard";
import { guarded, protectedUrn } from "./guard";
import type { Preview, ResourceState } from "./engine-events";
import { masked } from "./masked";
import type { Release, Revisions } from "./releases";
import { releasesOf } from "./releases";
import type { ComponentChanges } from "./components";
import { componentChanges } from "./components";
import { isComponent } from "./resources";
import type { SecretChange, SettingChange } from "./settings";
import { secretChanges, settingChanges } from "./settings";
import type { SecretVariable } from "./variables";
import { secretVariables } from "./variables";
import type { Verdict } from "./verdict";
import { own } from "./values";
import { exitCodes, verdictOf } from "./verdict";

/** How the backups of a stack are; times are ISO 8601. */
export interface BackupFacts {
    readonly last: string | null;
    readonly lastDrill: string | null;
    readonly repository: string | null;
    readonly problems: readonly string[];
}

/** How old a secret is; never its value. */
export interface SecretAgeFact {
    readonly name: string;
    /** YYYY-MM-DD. */
    readonly rotatedOn: string;
    readonly ageDays: number;
    /** Days after which production asks for a new one. */
    readonly limitDays: number;
}

/** What the report says beside the engine's preview. */
export interface ReportContext {
    readonly stack: string;
    readonly stackId: string;
    readonly environment: string;
    /** Which data may be left behind. @default any */
    readonly guard?: Guard;
    /** What the rules say (policies/). */
    readonly policies: { readonly refused: readonly string[]; readonly warned: readonly string[]; readonly waived: readonly string[] };
    /** Undefined: nobody could be asked. */
    readonly backups?: BackupFacts;
    /** Undefined: the state isn't at hand. */
    readonly secretAges?: readonly SecretAgeFact[];
    readonly revisions?: Revisions;
    /** What the settings got wrong: nothing was planned. */
    readonly refused?: readonly string[];
    /** The plan is one against an empty state. */
    readonly apart?: boolean;
    /** How the preview was made, where that matters to whoever reads it. */
    readonly notes?: readonly string[];
    /** Ages are told as of then. */
    readonly now: Date;
}

/** Everything that the report says, in an order that is always the same; `./quai preview --json` prints it. Names and types are a contract. */
export interface Report {
    /** Of this format; another one where a program that reads it would have to change. */
    readonly version: 1;
    readonly stack: string;
    readonly environment: string;
    readonly verdict: Verdict;
    /** Why nothing would be done, one text each. */
    readonly blocked: readonly string[];
    readonly data: readonly DataRisk[];
    readonly downtime: readonly Downtime[];
    readonly releases: readonly Release[];
    /** Undefined: the last deployment didn't note its settings. */
    readonly settings: readonly SettingChange[] | undefined;
    readonly secrets: readonly SecretChange[];
    /** Of the secrets as they are deployed, before this update; undefined: nobody knows. */
    readonly secretAges: readonly SecretAgeFact[] | undefined;
    /** Secrets that are variables of a process, and not only files. */
    readonly secretVariables: readonly SecretVariable[];
    readonly routes: readonly string[];
    readonly certificates: readonly string[];
    readonly policies: { readonly warned: readonly string[]; readonly waived: readonly string[] };
    readonly backups: (BackupFacts & { readonly age: string; readonly drillAge: string }) | undefined;
    /** On AWS, where it differs. */
    readonly cost: CostChange | undefined;
    readonly components: readonly ComponentChanges[];
    /** Undefined: the architecture stays as it is. */
    readonly picture: PictureChange | undefined;
    readonly notes: readonly string[];
    readonly diff: readonly ResourceDiff[];
}

export function makeReport(raw: Preview, context: ReportContext, masks: Masks): Report {
    // Judged is what stands there: a secret that is called like a role or a volume must not hide that data are lost. Shown is what is masked.
    const preview = maskedPreview(raw, masks);
    const data = dataRisks(raw);
    const guard = context.guard === undefined ? { refused: [], retired: [] } : guarded(data, context.guard, context.now);
    // What the engine says of data that are guarded is said better, or isn't so: what is retired loses its protection first.
    const names = data.map(({ key }) => key);
    const errors = raw.errors.filter((error) => context.guard === undefined || !names.includes(nameIn(protectedUrn(error))));
    const complete = raw.complete || (raw.errors.length > 0 && errors.length === 0);
    const refused = [...(context.refused ?? []), ...context.policies.refused, ...guard.refused];
    const parts = {
        blocked: unique([...refused, ...errors.map((error) => masks.all(reworded(error)))]),
        data,
        downtime: downtimes(raw),
        releases: releasesOf(preview, context.revisions),
        settings: settingChanges(preview),
        secrets: secretChanges(raw),
        secretAges: context.secretAges,
        secretVariables: secretVariables(preview),
        ...edgeChanges(preview),
    };
    const components = componentChanges(preview);
    const first = raw.changes.length > 0 && raw.changes.every(({ operation }) => operation === "create");
    const how = { apart: context.apart === true, resources: raw.changes.filter((change) => !isComponent(change)).length };
    const report: Report = {
        version: 1,
        stack: context.stackId,
        environment: context.environment,
        verdict: verdictOf({ ...parts, ...how, changes: components.length > 0, first, complete }),
        ...parts,
        ...(how.apart ? { settings: [] } : {}),
        policies: { warned: unique([...context.policies.warned, ...warnings(raw, context, masks)]), waived: context.policies.waived },
        backups: context.backups === undefined ? undefined : { ...context.backups, ...ages(context.backups, context.now) },
        cost: how.apart ? undefined : costChange(raw),
        components,
        picture: pictureChange(context.stackId, preview),
        notes: [...(context.notes ?? []), ...quietStops(raw)],
        diff: diffsOf(preview),
    };
    return bounded(masked(report, masks.known, isWord));
}

/** Warnings of the engine and the program that no rule has said already. */
function warnings(raw: Preview, { policies }: ReportContext, masks: Masks): string[] {
    const known = [...policies.warned, ...policies.waived];
    return raw.warnings.filter((warning) => !known.some((each) => warning.includes(each))).map(masks.all);
}

/** Words of the report's own, by the member that holds them: programs rely on them. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
    level: Object.keys(exitCodes),
    operation: ["create", "update", "replace", "delete", "same"],
    kind: ["service", "worker", "scheduler"],
    what: ["new", "rotated", "removed"],
    environment: ["development", "staging", "production", "unknown"],
};

function isWord(name: string, text: string): boolean {
    return name === "stack" || own(WORDS, name)?.includes(text) === true;
}

/** Types and names of properties are ours; what stands in them is anybody's. */
function maskedPreview(raw: Preview, masks: Masks): Preview {
    const { changes, ...rest } = raw;
    const state = (of: ResourceState | undefined): ResourceState | undefined =>
        of === undefined ? undefined : { ...of, inputs: masked(of.inputs, masks.all), outputs: masked(of.outputs, masks.all) };
    return {
        ...masked(rest, masks.all),
        changes: changes.map((change) => ({
            ...masked(change, masks.known),
            ...{ type: change.type, operation: change.operation, old: state(change.old), new: state(change.new) },
        })),
    };
}

function nameIn(urn: string | undefined): string {
    return urn?.slice(urn.lastIndexOf("::") + 2) ?? "";
}

/** The engine's words for a protected resource are about its own commands. */
function reworded(error: string): string {
    const name = nameIn(protectedUrn(error));
    return name === ""
        ? error
        : `${name} is protected (\`quai:protect\`), so it can't be deleted. Take the change back; or deploy \`quai:protect: false\` first`;
}

function ages(facts: BackupFacts, now: Date): { age: string; drillAge: string } {
    return { age: ageText(facts.last, now), drillAge: ageText(facts.lastDrill, now) };
}

const HOUR = 3_600_000;

/** `3 h`, `12 days`; `never` */
export function ageText(time: string | null, now: Date): string {
    if (time === null || Number.isNaN(Date.parse(time))) return "never";
    const hours = Math.max(0, (now.getTime() - Date.parse(time)) / HOUR);
    if (hours < 1) return "less than an hour";
    return hours < 48 ? `${Math.floor(hours)} h` : `${Math.floor(hours / 24)} days`;
}

/** Characters of one text of a report: an error message may be a page of a program's output. */
const LONGEST_TEXT = 1_000;

function bounded<T>(value: T): T {
    return boundedValue(value) as T;
}

function boundedValue(value: unknown): unknown {
    if (typeof value === "string") return printable(value.length > LONGEST_TEXT ? short(value, LONGEST_TEXT) : value);
    if (Array.isArray(value)) return value.map(boundedValue);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, boundedValue(member)]));
}

/** Without what a terminal would obey, or what turns the order of characters round (UAX 9). */
function printable(text: string): string {
    return (
        text
            .replace(/\r\n?/g, "\n")
            // eslint-disable-next-line no-control-regex
            .replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, " ")
            .replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "")
    );
}

function unique(texts: readonly string[]): string[] {
    return [...new Set(texts)];
}
