import type { Command } from "commander";
import { writeFileSync } from "node:fs";
import { ensureEngine } from "../../engine";
import { SetupError } from "../../engine/types";
import { checkoutRoot } from "../../engine/versions";
import { groups } from "../help";
import { eventsBy, reportFrom } from "../report/from-events";
import { refusedReport } from "../report/refused";
import { reportOn } from "../report/make";
import { markdown } from "../report/markdown";
import { moved, mustBeTheSame, planOf, readPlan, savePlan } from "../report/plan";
import type { Report } from "../report/report";
import { terminalText } from "../report/text";
import { code } from "../report/sections";
import { openApart } from "../stack/apart";
import { findDrift } from "../stack/recover";
import { again, hostDrift } from "../stack/prepare";
import { openStack, stackSettings } from "../stack/session";
import { readState } from "../stack/state";
import { terminal, type Terminal } from "../terminal";

interface PreviewOptions {
    readonly stack: string;
    readonly diff?: boolean;
    readonly refresh?: boolean;
    readonly yes?: boolean;
    readonly json?: boolean;
    readonly markdown?: boolean;
    readonly offline?: boolean;
    readonly fork?: boolean;
    readonly events?: string;
    readonly from?: string;
    readonly save?: string;
    readonly plan?: string;
}

async function preview(named: string | undefined, options: PreviewOptions): Promise<void> {
    const out = terminal();
    const stack = named ?? options.stack;
    if (options.json === true && options.markdown === true) {
        throw new SetupError("--json, --markdown: give one of them", 2);
    }
    if (options.fork === true && (options.save ?? options.refresh) !== undefined) {
        throw new SetupError("--fork: can't be used with --save or --refresh: a plan against an empty state is for reading", 2);
    }
    if (options.plan !== undefined && (options.from === undefined || options.save !== undefined)) {
        throw new SetupError(
            "--plan: compares a preview that --from reads, and nothing is saved then; elsewhere ./quai up --plan does it",
            2,
        );
    }
    const apart = (["events", "refresh", "offline", "fork"] as const).filter((option) => options[option] !== undefined);
    if (options.from !== undefined && apart.length > 0) {
        throw new SetupError(`--from, --${apart.join(", --")}: the preview is made already; remove --${apart.join(", --")}`, 2);
    }
    const report = await madeReport(out, stack, options);
    if (options.json === true) out.json(report);
    else if (options.markdown === true) out.print(markdown(report));
    else
        out.print(
            terminalText(report, (colour, text) => out.colour(colour, text, process.stdout), {
                diff: options.diff,
                width: process.stdout.columns,
            }),
        );
    process.exitCode = report.verdict.exitCode;
}

/** Settings that are wrong or that a rule refuses are a verdict, too: whoever reviews wants to read it where the others stand. */
async function madeReport(out: Terminal, stack: string, options: PreviewOptions): Promise<Report> {
    const refused = refusedReport(checkoutRoot, stack);
    if (refused !== undefined) return refused;
    if (options.fork === true) return forkReport(out, stack, options);
    const { offline, refresh, from } = options;
    if (from !== undefined) return ofEvents(out, stack, from, options);
    if (stackSettings(checkoutRoot, stack).target.kind === "aws") {
        throw new SetupError(
            `${stack}: pulumi deploys stacks on AWS, and previews them; this makes a report of it:\n${eventsBy(stack)}\n./quai preview ${stack} --from preview.jsonl`,
            2,
        );
    }
    const session = await openStack(out, stack, { yes: options.yes, offline, connect: refresh === true });
    // A host over SSH need not be reachable for a preview, in a pull request for one.
    const reached = session.ssh === undefined || refresh === true;
    const machine = refresh === true && offline !== true ? await hostDrift(session, await readState(session.engine, stack)) : [];
    const changed = machine.map(({ step, what }) => `The machine isn't as it was left, ${step}: ${what}. \`./quai up\` puts it back.`);
    const left = offline === true ? Promise.resolve([OFFLINE]) : reached ? drifted(session) : Promise.resolve([]);
    const notes = left.then((texts) => [...texts, ...changed]);
    const { report, preview: plan, events } = await reportOn(out, session, { refresh, offline, notes, engine: again(machine) });
    if (options.events !== undefined) writeFileSync(options.events, `${events.join("\n")}\n`);
    if (options.save !== undefined && report.verdict.level !== "blocked") {
        const state = await readState(session.engine, stack);
        savePlan(options.save, planOf({ checkout: session.checkout, stack, state, preview: plan, verdict: report.verdict.text }));
        out.info(`Saved. Only this is applied by: ./quai up ${stack} --yes --plan ${options.save}`);
    }
    return report;
}

/** The report of a preview that `pulumi` made; it is kept as what was reviewed, or held against it. */
async function ofEvents(out: Terminal, stack: string, file: string, { save, plan }: PreviewOptions): Promise<Report> {
    const reviewed = plan === undefined ? undefined : readPlan(plan, stack);
    const { report, preview: made } = reportFrom(checkoutRoot, stack, file);
    if (report.verdict.level === "blocked" || (save ?? plan) === undefined) return report;
    const state = await readState(await ensureEngine({ reporter: out }), stack);
    if (state === undefined) throw new SetupError(`${stack}: its state can't be read; pulumi stack export -s ${stack} says why`);
    const now = planOf({ checkout: checkoutRoot, stack, state, preview: made, verdict: report.verdict.text });
    if (reviewed !== undefined) {
        mustBeTheSame(moved(reviewed, now), `${eventsBy(stack)}; ./quai preview ${stack} --from preview.jsonl --save <file>`);
        out.info(`As reviewed: ${report.verdict.text}`);
    }
    if (save !== undefined) {
        savePlan(save, now);
        out.info(`Saved. Whether it is still so is told by: ./quai preview ${stack} --from <events of another preview> --plan ${save}`);
    }
    return report;
}

/** What can be said where no secret, no state and no host is to be had. */
async function forkReport(out: Terminal, stack: string, options: PreviewOptions): Promise<Report> {
    const { session, placeholders, close } = await openApart(out, stack);
    try {
        const instead =
            placeholders.length === 0
                ? []
                : [`Something else stood in for encrypted settings, and for secrets from elsewhere: ${placeholders.map(code).join(", ")}.`];
        const notes = ["Planned against an empty state: no secret, no state and no host was within reach.", ...instead];
        const { report, events } = await reportOn(out, session, { offline: true, apart: true, notes });
        if (options.events !== undefined) writeFileSync(options.events, `${events.join("\n")}\n`);
        return report;
    } finally {
        close();
    }
}

const OFFLINE = "The host was not asked: this compares with the state of the last update.";

async function drifted(session: Awaited<ReturnType<typeof openStack>>): Promise<string[]> {
    const { missing } = await findDrift(session, await readState(session.engine, session.stack));
    return missing.length > 0 ? [`Not as it was left: ${missing.join(", ")}. \`./quai up\` puts it back.`] : [];
}

export function register(program: Command): void {
    program
        .command("preview")
        .helpGroup(groups.look)
        .summary("what `up` would do and what would be lost, without doing it")
        .description(
            "Shows what an update would do: a verdict, then releases, settings, secrets, routes, downtime, data at risk. Ends with 0: nothing changes, 2: changes, 3: data at risk, 1: blocked or failed.",
        )
        .argument("[stack]", "which stack")
        .option("-s, --stack <stack>", "the same", "dev")
        .option("--markdown", "as a comment for a pull request, at most 65,536 characters")
        .option("--json", "for programs: a stable format")
        .option("--diff", "every property that differs")
        .option("-r, --refresh", "compare with what really runs, not only with the state")
        .option("--offline", "ask neither the host nor a registry: compare with the state alone")
        .option("--fork", "as for somebody's fork: no secret, an empty state, no host; settings are checked and a plan is made")
        .option("--save <file>", "also write a plan there, for ./quai up --plan: only what was reviewed is applied")
        .option("--plan <file>", "with --from: fail, saying what moved, unless it is what --save wrote there")
        .option("--events <file>", "also write the engine's own events there, one JSON text a line; secrets are not in them")
        .option("--from <file>", "of a preview that pulumi made, of a stack on AWS for one: its events, one JSON text a line")
        .option("-y, --yes", "install what is missing on this machine without asking")
        .action(preview);
}
