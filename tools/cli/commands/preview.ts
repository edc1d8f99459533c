import type { Command } from "commander";
import { groups } from "../help";
import { findDrift } from "../stack/recover";
import { openStack } from "../stack/session";
import { readState } from "../stack/state";
import { mustHaveWorked, runEngine } from "../stack/update";
import { terminal } from "../terminal";

interface PreviewOptions {
    readonly stack: string;
    readonly diff?: boolean;
    readonly refresh?: boolean;
    readonly yes?: boolean;
}

async function preview(named: string | undefined, options: PreviewOptions): Promise<void> {
    const out = terminal();
    const session = await openStack(out, named ?? options.stack, { yes: options.yes, connect: options.refresh === true });
    // A host over SSH need not be reachable for a preview, in a pull request for one.
    if (session.ssh === undefined || options.refresh === true) {
        const drift = await findDrift(session, await readState(session.engine, session.stack));
        if (drift.missing.length > 0) {
            out.warn(`not as it was left: ${drift.missing.join(", ")}; ./quai up puts it back`);
        }
    }
    const flags = [options.diff === true && "--diff", options.refresh === true && "--refresh"].filter((flag) => flag !== false);
    mustHaveWorked(await runEngine(out, session, ["preview", ...flags]), "The preview", "Nothing was changed.");
}

export function register(program: Command): void {
    program
        .command("preview")
        .helpGroup(groups.look)
        .summary("what `up` would do, without doing it")
        .argument("[stack]", "which stack")
        .option("-s, --stack <stack>", "the same", "dev")
        .option("--diff", "every property that differs")
        .option("-r, --refresh", "compare with what really runs, not only with the state")
        .option("-y, --yes", "install what is missing on this machine without asking")
        .action(preview);
}
