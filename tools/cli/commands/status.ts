import type { Command } from "commander";
import { formatDuration, formatSize } from "../../../infra/settings";
import { SetupError } from "../../engine/types";
import { groups } from "../help";
import { handOverPage } from "../stack/hand-over";
import { secretRows } from "../stack/secret-list";
import { outputsOf, readState } from "../stack/state";
import type { Session } from "../stack/session";
import { openStack } from "../stack/session";
import { stackStatus, type StackStatus } from "../stack/status";
import { terminal, type Terminal } from "../terminal";

interface StatusOptions {
    readonly stack: string;
    readonly json?: boolean;
    readonly page?: boolean;
}

async function status(named: string | undefined, options: StatusOptions): Promise<void> {
    const out = terminal();
    const session: Session = await openStack(out, named ?? options.stack, { images: false });
    const found = await stackStatus(session);
    if (options.json === true) {
        out.json(found);
    } else if (options.page === true) {
        out.print(await pageOf(session, found));
    } else {
        show(out, found);
    }
    if (found.problems.length > 0) {
        process.exitCode = 1;
    }
}

async function pageOf(session: Session, status: StackStatus): Promise<string> {
    const { engine, stack, settings } = session;
    const state = await readState(engine, stack);
    if (state === undefined || state.resources.length === 0)
        throw new SetupError(`${settings.stackId} isn't deployed, so there is nothing to hand over: ./quai up ${stack}`);
    const now = new Date();
    return handOverPage({
        stack,
        settings,
        status,
        secrets: secretRows(session, state, now),
        outputs: Object.keys(outputsOf(state)).sort(),
        now,
    });
}

const GIBIBYTE = 1024 ** 3;
const DAY_SECONDS = 86_400;

/** The two largest units are enough: `3d4h`, `12m5s`. */
export function uptime(since: string, now: number = Date.now()): string {
    const seconds = Math.max(0, Math.floor((now - Date.parse(since)) / 1000));
    const grain = seconds >= DAY_SECONDS ? 3600 : seconds >= 3600 ? 60 : 1;
    return formatDuration(Math.floor(seconds / grain) * grain);
}

function show(out: Terminal, found: StackStatus): void {
    const colour = (health: string) =>
        out.colour(health === "healthy" ? "green" : health === "starting" ? "yellow" : "red", health, process.stdout);
    out.print(`${found.stack}  ${found.application} on ${found.target}  ${found.urls.join(" ")}`);
    out.print();
    const dim = (text: string) => out.colour("dim", text, process.stdout);
    if (found.services.length > 0) {
        out.table([
            ["service", "release", "health", "up for", "restarts"].map(dim),
            ...found.services.map(({ name, release, health, since, restarts }) => [
                name,
                release,
                colour(health),
                since === undefined ? "" : uptime(since),
                restarts === undefined ? "" : String(restarts),
            ]),
        ]);
        out.print();
    }
    const { certificate, disk } = found;
    if (certificate !== null) {
        out.print(`certificate  ${certificate.days} days left, until ${certificate.until.slice(0, 10)}, from ${certificate.issuer}`);
    }
    if (disk !== null) {
        out.print(`disk  ${disk.usedPercent} % used, ${formatSize(Math.floor(disk.freeBytes / GIBIBYTE) * GIBIBYTE)} free`);
    }
    const { last, lastDrill, repository } = found.backups;
    if (repository !== null || found.services.length > 0) {
        const made = last === null ? "none yet" : `last ${last}`;
        out.print(`backups  ${made}, drill ${lastDrill ?? "not yet"}, in ${repository ?? "no repository"}`);
    }
    if (found.secrets.length > 0) {
        out.print(`secrets  ${found.secrets.map(({ name, ageDays, limitDays }) => `${name} ${ageDays} d of ${limitDays}`).join(", ")}`);
    }
    for (const problem of found.problems) {
        out.print(`${out.colour("red", "problem", process.stdout)}  ${problem}`);
    }
}

export function register(program: Command): void {
    program
        .command("status")
        .helpGroup(groups.look)
        .summary("what runs, its health, backups, ages of secrets")
        .argument("[stack]", "which stack")
        .option("-s, --stack <stack>", "the same", "dev")
        .option("--json", "for programs: a stable format")
        .option("--page", "a page to hand over, as Markdown: addresses, where secrets and backups are, what to do; no secret is in it")
        .action(status);
}
