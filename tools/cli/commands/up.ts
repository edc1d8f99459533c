import type { Command } from "commander";
import { imageFindings, imageReferences } from "../drift/compare";
import { imagesNow } from "../drift/observe";
import { groups } from "../help";
import { findDrift, recover, runAgain } from "../stack/recover";
import type { Session } from "../stack/session";
import { stackWord } from "../stack/stack-file";
import { again, hostDrift } from "../stack/prepare";
import { openStack } from "../stack/session";
import { outputsOf, readState } from "../stack/state";
import { mustHaveWorked, runEngine } from "../stack/update";
import { noted } from "../history/note";
import type { Preview } from "../report/engine-events";
import { reportOn } from "../report/make";
import type { Plan } from "../report/plan";
import { moved, mustBeTheSame, planOf, readPlan } from "../report/plan";
import type { Report } from "../report/report";
import { terminalText } from "../report/text";
import { beforeUpdate, mustNotBeBlocked } from "../stack/gate";
import { checkoutRoot } from "../../engine/versions";
import { mustKeepRules } from "../stack/keep-rules";
import { publicCheck, saveAuthority } from "../stack/public-check";
import { terminal, type Terminal } from "../terminal";

interface UpOptions {
    readonly stack: string;
    readonly yes?: boolean;
    readonly refresh?: boolean;
    readonly plan?: string;
    readonly message?: string;
    /** What a command that goes on like this one has to say of the preview. It throws where nothing must be done. */
    readonly judge?: (report: Report, preview: Preview) => void;
    /** Told once it's decided that there is an update, before anything is touched. */
    readonly decided?: () => void;
    /** The command that goes on like this one. @default "up" */
    readonly command?: string;
}

/** @returns false where somebody was asked and said no */
export async function up(named: string | undefined, options: UpOptions): Promise<boolean> {
    const out = terminal();
    const started = Date.now();
    const stack = named ?? options.stack;
    const reviewed = options.plan === undefined ? undefined : readPlan(options.plan, stack);
    mustKeepRules(checkoutRoot, stack);
    const session = await openStack(out, stack, { yes: options.yes, prepare: true });
    await recover(out, session);
    const state = await readState(session.engine, session.stack);
    const [drift, machine] = await Promise.all([findDrift(session, state), hostDrift(session, state)]);
    if (reviewed !== undefined) await mustBeAsReviewed(out, session, reviewed, drift.missing);
    if (drift.missing.length > 0) {
        out.warn(`not as it was left, will be put back: ${drift.missing.join(", ")}`);
    }
    if (machine.length > 0) {
        out.warn(
            `the machine isn't as it was left, will be put back:\n${machine.map(({ step, what }) => `  ${step}: ${what}`).join("\n")}`,
        );
    }
    if (drift.failed.length > 0) {
        out.info(`Made anew, as the last update left it unfit: ${drift.failed.join(", ")}`);
    }
    const refresh = (options.refresh === true || drift.missing.length > 0) && drift.failed.length === 0 ? ["--refresh"] : [];
    const guarded = session.settings.environment !== "development" || session.settings.protect;
    if (options.yes !== true || guarded || options.judge !== undefined) {
        const { report, preview } = await reportOn(out, session, { refresh: refresh.length > 0, engine: again(machine) });
        options.judge?.(report, preview);
        if (!(await agreed(out, report, options.yes === true))) {
            out.info("Nothing was changed.");
            return false;
        }
        await beforeUpdate(out, session, report, preview);
    }
    options.decided?.();
    // Marks in the state: not before it's decided that there is an update.
    await runAgain(session, drift.again);
    out.info(`Deploying stack ${session.stack} (${session.settings.stackId})`);
    const note = await noted(options.command ?? "up", session.checkout, options.message);
    const result = await runEngine(out, session, ["up", "--yes", "--skip-preview", ...note, ...refresh, ...again(machine)]);
    mustHaveWorked(
        result,
        "The update",
        "What served before still serves. Mend the cause and run ./quai up again, or take the change back.",
    );
    await finish(out, session, started);
    return true;
}

/** Shows what would happen and asks. Without a terminal nobody can be asked, and nothing is done. @throws SetupError where it's blocked */
async function agreed(out: Terminal, report: Report, yes: boolean): Promise<boolean> {
    if (!yes) out.info(terminalText(report, (colour, text) => out.colour(colour, text)));
    mustNotBeBlocked(report);
    if (yes) return true;
    if (!out.interactive) {
        out.error("nobody can be asked here: run ./quai up --yes");
        process.exitCode = 2;
        return false;
    }
    return out.confirm("Do it?");
}

/** What was reviewed is what is applied: the preview is made once more and compared. @throws SetupError that says what moved */
async function mustBeAsReviewed(out: Terminal, session: Session, reviewed: Plan, missing: readonly string[]): Promise<void> {
    const { checkout, stack } = session;
    const { preview, report } = await reportOn(out, session, { offline: true });
    const state = await readState(session.engine, stack);
    const now = planOf({ checkout, stack, state, preview, verdict: report.verdict.text });
    const gone = missing.length === 0 ? [] : [`the host isn't as it was left, and would be put right, too: ${missing.join(", ")}`];
    const images = state === undefined ? [] : imageFindings(state, { images: await imagesNow(session, imageReferences(state)) });
    const differs = [...moved(reviewed, now), ...gone, ...images.map(({ what }) => what)];
    mustBeTheSame(differs, `./quai preview ${stack} --save <file>`);
    out.info(`As reviewed: ${report.verdict.text}`);
}

/** The end of an update: the address, tried from outside, how to trust it, and what one needs next. */
async function finish(out: Terminal, session: Session, started: number): Promise<void> {
    const state = await readState(session.engine, session.stack);
    const outputs = state === undefined ? {} : outputsOf(state);
    const urls = Array.isArray(outputs["urls"]) ? outputs["urls"].map(String) : [];
    const authority = saveAuthority(session, outputs["localAuthority"]);
    for (const url of urls) {
        await publicCheck(out, session, url, authority);
    }
    const seconds = Math.round((Date.now() - started) / 1000);
    out.print(`\n${session.settings.stackId} is up (${seconds} s):`);
    for (const url of urls) {
        out.print(`  ${url}`);
    }
    if (authority !== undefined) {
        out.print(
            `\nIts certificate is from a local authority. To trust it: curl --cacert ${authority}, or import that file into your browser's authorities.`,
        );
    }
    const suffix = stackWord(session.stack);
    out.print("\nNext:");
    out.print(`  ./quai status${suffix}       what runs, since when, last backup`);
    out.print(`  ./quai backup now${suffix}   a snapshot of database and files`);
    out.print(`  ./quai down${suffix}         stop; data stay`);
}

export function register(program: Command): void {
    program
        .command("up")
        .helpGroup(groups.main)
        .summary("deploy a stack: everything it takes, from a fresh checkout")
        .description("Deploys a stack (Pulumi.<stack>.yaml). Gets what is missing on this machine first: engine, plugins, Docker, images.")
        .argument("[stack]", "which stack")
        .option("-s, --stack <stack>", "the same", "dev")
        .option("-y, --yes", "ask nothing: install what is missing, deploy without showing a preview first")
        .option("--plan <file>", "only what ./quai preview --save wrote there: refuse if settings, state or program moved since")
        .option("-r, --refresh", "compare the state with what really runs first")
        .option("-m, --message <text>", "what it is for: ./quai history shows it")
        .action(async (named: string | undefined, options: UpOptions) => void (await up(named, options)));
}
