import type { Command } from "commander";
import { SetupError } from "../../engine/types";
import { findAll } from "../drift/find";
import { repair } from "../drift/repair";
import { driftMarkdown, driftText, driftVerdict, exitCodeOf } from "../drift/show";
import { groups } from "../help";
import { openStack } from "../stack/session";
import { readState } from "../stack/state";
import { terminal } from "../terminal";

interface DriftOptions {
    readonly stack: string;
    readonly repair?: boolean;
    readonly yes?: boolean;
    readonly json?: boolean;
    readonly markdown?: boolean;
}

async function drift(named: string | undefined, options: DriftOptions): Promise<void> {
    const out = terminal();
    const stack = named ?? options.stack;
    const session = await openStack(out, stack, { yes: options.yes });
    const state = await readState(session.engine, stack);
    if (state === undefined || state.resources.length === 0) {
        throw new SetupError(`stack ${stack} isn't deployed, so there is nothing to compare with; ./quai up ${stack} deploys it`);
    }
    const found = await findAll(out, session, state);
    if (options.json === true) out.json(found);
    else out.print(options.markdown === true ? driftMarkdown(found) : driftText(found, process.stdout.columns));
    process.exitCode = exitCodeOf(found);
    if (options.repair !== true || process.exitCode === 0) return;
    if (options.yes !== true && !(await out.confirm("Put it right?"))) {
        throw new SetupError("nothing was changed: say --yes where nobody can be asked", 2);
    }
    await repair(out, session, found);
    const after = (await readState(session.engine, stack)) ?? state;
    const left = await findAll(out, session, after);
    out.info(driftVerdict(left));
    process.exitCode = exitCodeOf(left);
    if (process.exitCode !== 0) out.info(driftText(left, process.stderr.columns));
}

export function register(program: Command): void {
    program
        .command("drift")
        .helpGroup(groups.look)
        .summary("what isn't as the last update left it, on the host itself")
        .description(
            "Compares the state with what really is: containers, networks, volumes, ports, images, files in volumes, certificates, backups. Ends with 0: as it was left, 2: it isn't, 3: somebody has to decide, 1: it failed.",
        )
        .argument("[stack]", "which stack")
        .option("-s, --stack <stack>", "the same", "dev")
        .option("--repair", "show it, ask, and put right what can be")
        .option("--markdown", "as the text of an issue")
        .option("--json", "for programs: a stable format")
        .option("-y, --yes", "ask nothing")
        .action(drift);
}
