import { type Masks, masksOf } from "../../../infra/secrets/mask";
import { type Around, judge, judgeResources, type Verdict } from "../../../policies";
import { runPulumi } from "../../engine";
import { lastLines } from "../../engine/process";
import { messageOf, SetupError } from "../../engine/types";
import { interruptSignal } from "../interrupt";
import { factsAround } from "../stack/facts";
import { movedAway } from "../stack/moved";
import type { Session } from "../stack/session";
import { ageFacts } from "../stack/secret-ages";
import { engineArguments } from "../stack/session";
import { readState } from "../stack/state";
import type { StackStatus } from "../stack/status";
import { stackStatus } from "../stack/status";
import type { Terminal } from "../terminal";
import type { Preview } from "./engine-events";
import { readEvents } from "./engine-events";
import { knownSecrets } from "./known-secrets";
import { releasesOf } from "./releases";
import type { BackupFacts, Report } from "./report";
import { makeReport } from "./report";
import { revisionsOf } from "./revisions";
import { secretChanges } from "./settings";

export interface MakeOptions {
    /** Compares with what really runs, not only with the state. */
    readonly refresh?: boolean;
    /** The host isn't asked. */
    readonly offline?: boolean;
    /** Against an empty state and with other secrets: nothing can be said of what is deployed. */
    readonly apart?: boolean;
    /** For the reader; what takes its time to find out is found out meanwhile. */
    readonly notes?: readonly string[] | Promise<readonly string[]>;
    /** Further arguments of the engine's preview. */
    readonly engine?: readonly string[];
}

export interface MadeReport {
    readonly report: Report;
    readonly preview: Preview;
    readonly masks: Masks;
    /** The engine's events as they came: for fixtures of tests. */
    readonly events: readonly string[];
}

/** Runs the engine's preview and makes a report of it; what the host knows of backups and images comes with it where it can be reached. */
export async function reportOn(out: Terminal, session: Session, options: MakeOptions = {}): Promise<MadeReport> {
    const step = out.step("Preview");
    try {
        const [events, secrets, asked, notes = []] = await Promise.all([
            engineEvents(session, options),
            knownSecrets(session),
            options.offline === true ? undefined : hostFacts(session),
            options.notes,
        ]);
        const backups = asked === undefined ? undefined : backupFacts(session, asked);
        const preview = readEvents(events);
        const masks = masksOf(secrets);
        const revisions = options.offline === true ? {} : await revisionsOf(answers(asked) ? session.host : undefined, imagesIn(preview));
        const { stack, settings } = session;
        const now = new Date();
        const around = await factsAround(session, asked?.status);
        const policies = bothOf(judge(settings, now, unlessRenewed(around, preview)), judgeResources(settings, madeBy(preview), now));
        const secretAges = options.apart === true ? undefined : ageFacts(await readState(session.engine, stack), now);
        const moved = await movedAway(session, now);
        const report = makeReport(
            preview,
            {
                ...{ stack, stackId: settings.stackId, environment: settings.environment, policies, guard: settings, refused: moved, now },
                apart: options.apart === true,
                ...{ backups: backups?.facts, secretAges, revisions, notes: [...notes, ...(backups?.notes ?? [])] },
            },
            masks,
        );
        step.done();
        return { report, preview, masks, events };
    } catch (error) {
        step.fail();
        throw error;
    }
}

async function engineEvents(session: Session, options: MakeOptions): Promise<readonly string[]> {
    const events: string[] = [];
    const said: string[] = [];
    const words = ["preview", "--json", ...(options.refresh === true ? ["--refresh"] : []), ...(options.engine ?? [])];
    const { code } = await runPulumi(session.engine, [...words, ...engineArguments(session)], {
        // One event a line, as it comes: a digest at the end would leave the program's outputs out.
        env: { ...session.dockerEnv, PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true" },
        signal: interruptSignal(),
        onLine: (line, stream) => void (stream === "stdout" && line.startsWith("{") ? events.push(line) : said.push(line)),
    });
    interruptSignal().throwIfAborted();
    if (code !== 0 && !events.some((line) => line.includes('"severity":"error"'))) {
        throw new SetupError(`the engine's preview failed:\n${lastLines(said.join("\n"))}`);
    }
    return events;
}

const LONGEST_QUESTION_MS = 20_000;

interface Asked {
    /** Undefined: it didn't answer. */
    readonly status?: StackStatus;
    readonly notes: readonly string[];
}

/** How the stack is on its host, as far as that is known soon. */
async function hostFacts(session: Session): Promise<Asked> {
    const { environment, backup } = session.settings;
    if (backup === false && environment === "development") return { notes: [] };
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`no answer within ${LONGEST_QUESTION_MS / 1000} s`)), LONGEST_QUESTION_MS);
    });
    try {
        return { status: await Promise.race([stackStatus(session), late]), notes: [] };
    } catch (error) {
        return { notes: [`The host could not be asked for its backups: ${messageOf(error).split("\n")[0] ?? ""}`] };
    } finally {
        clearTimeout(timer);
    }
}

function answers(asked: Asked | undefined): boolean {
    return asked !== undefined && asked.notes.length === 0;
}

function backupFacts({ settings }: Session, { status, notes }: Asked): { readonly facts?: BackupFacts; readonly notes: readonly string[] } {
    if (settings.backup === false || status === undefined || status.services.length === 0) return { notes };
    const own = status.problems.filter((problem) => /backup|drill|off-site/.test(problem));
    return { facts: { ...status.backups, problems: own }, notes };
}

/** A secret that the update renews isn't as old as the one that is deployed. */
function unlessRenewed(around: Around, preview: Preview): Around {
    const renewed = secretChanges(preview).map(({ name }) => name);
    return around.secrets === undefined ? around : { ...around, secrets: around.secrets.filter(({ name }) => !renewed.includes(name)) };
}

function bothOf(one: Verdict, other: Verdict): Verdict {
    const both = (which: keyof Verdict) => [...one[which], ...other[which]];
    return { refused: both("refused"), warned: both("warned"), waived: both("waived") };
}

function madeBy({ changes }: Preview) {
    return changes.flatMap(({ type, name, new: next }) =>
        next === undefined ? [] : [{ type, name, inputs: next.inputs, protect: next.protect === true }],
    );
}

function imagesIn(preview: Preview): string[] {
    return [...new Set(releasesOf(preview).flatMap(({ image }) => [image?.from ?? "", image?.to ?? ""]))].filter((name) => name !== "");
}
