import { judge } from "../../../policies";
import { runPulumi } from "../../engine";
import { lastLines } from "../../engine/process";
import { messageOf, SetupError } from "../../engine/types";
import { interruptSignal } from "../interrupt";
import type { Session } from "../stack/session";
import { engineArguments } from "../stack/session";
import { stackStatus } from "../stack/status";
import type { Terminal } from "../terminal";
import type { Preview } from "./engine-events";
import { readEvents } from "./engine-events";
import { knownSecrets } from "./known-secrets";
import type { Masks } from "./mask";
import { masksOf } from "./mask";
import type { Revisions } from "./releases";
import { releasesOf } from "./releases";
import type { BackupFacts, Report } from "./report";
import { makeReport } from "./report";

export interface MakeOptions {
    /** Compares with what really runs, not only with the state. */
    readonly refresh?: boolean;
    /** The host isn't asked. */
    readonly offline?: boolean;
    readonly notes?: readonly string[];
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
        const [events, secrets, backups] = await Promise.all([
            engineEvents(session, options),
            knownSecrets(session),
            options.offline === true ? undefined : backupFacts(session),
        ]);
        const preview = readEvents(events);
        const masks = masksOf(secrets);
        const revisions = backups?.facts === undefined ? {} : await revisionsOf(session, preview);
        const { stack, settings } = session;
        const report = makeReport(
            preview,
            {
                ...{ stack, stackId: settings.stackId, environment: settings.environment, policies: judge(settings), now: new Date() },
                ...{ backups: backups?.facts, revisions, notes: [...(options.notes ?? []), ...(backups?.notes ?? [])] },
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

async function backupFacts(session: Session): Promise<{ readonly facts?: BackupFacts; readonly notes: readonly string[] }> {
    if (session.settings.backup === false) return { notes: [] };
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`no answer within ${LONGEST_QUESTION_MS / 1000} s`)), LONGEST_QUESTION_MS);
    });
    try {
        const { backups, services, problems } = await Promise.race([stackStatus(session), late]);
        if (services.length === 0) return { notes: [] };
        const own = problems.filter((problem) => /backup|drill|off-site/.test(problem));
        return { facts: { ...backups, problems: own }, notes: [] };
    } catch (error) {
        return { notes: [`The host could not be asked for its backups: ${messageOf(error).split("\n")[0] ?? ""}`] };
    } finally {
        clearTimeout(timer);
    }
}

/** Commits that images were made of, where they are on the host and say so. */
async function revisionsOf(session: Session, preview: Preview): Promise<Revisions> {
    const names = [...new Set(releasesOf(preview).flatMap(({ image }) => [image?.from ?? "", image?.to ?? ""]))].filter(
        (name) => name !== "",
    );
    const found = await Promise.all(
        names.map(async (name): Promise<[string, string]> => {
            const format = '{{index .Config.Labels "org.opencontainers.image.revision"}}';
            const text = await session.host.docker(["image", "inspect", "--format", format, name]).catch(() => "");
            return [name, text.trim()];
        }),
    );
    return Object.fromEntries(found.filter(([, revision]) => /^[0-9a-f]{7,40}$/.test(revision)));
}
