import type { Command } from "commander";
import { SetupError } from "../../engine/types";
import { groups } from "../help";
import { backupTool, runTool } from "../stack/backup-tool";
import { logsShow } from "../stack/docker";
import type { Session } from "../stack/session";
import { openStack } from "../stack/session";
import { terminal, type Terminal } from "../terminal";

interface RestoreOptions {
    readonly stack: string;
    readonly yes?: boolean;
    readonly offsite?: boolean;
    readonly only?: string;
    readonly undo?: boolean;
}

async function restore(snapshot: string | undefined, options: RestoreOptions): Promise<void> {
    const out = terminal();
    if (options.only !== undefined && !["database", "files"].includes(options.only)) {
        throw new SetupError(`--only: must be database or files (got ${JSON.stringify(options.only)})`, 2);
    }
    const session = await openStack(out, options.stack, { yes: options.yes, images: false });
    const tool = await backupTool(session);
    const what = options.undo === true ? "what was there before the last restore" : `snapshot ${snapshot ?? "latest"}`;
    if (options.yes !== true && !(await out.confirm(`Put ${what} in place of what ${session.settings.stackId} holds now?`))) {
        throw new SetupError("nothing was changed: say --yes where nobody can be asked", 2);
    }
    if (options.undo !== true) {
        out.info("Restoring beside what runs, and checking it:");
        const only = options.only === undefined ? [] : ["--only", options.only];
        await runTool(out, session, tool, [
            "restore",
            "prepare",
            "--snapshot",
            snapshot ?? "latest",
            ...(options.offsite === true ? ["--offsite"] : []),
            ...only,
            "--json",
        ]);
    }
    await withoutWriters(out, session, async () => {
        await runTool(out, session, tool, ["restore", options.undo === true ? "undo" : "swap", "--json"]);
    });
    out.print(`\n${session.settings.stackId} holds ${what}.`);
    if (options.undo !== true) {
        out.print("What was there before is kept beside it: ./quai restore --undo puts it back.");
    }
}

/** The application's containers are stopped while data change under them, and started again whatever happens. */
async function withoutWriters(out: Terminal, session: Session, work: () => Promise<void>): Promise<void> {
    const writers = (await session.host.containers()).filter(
        ({ role, state }) => ["service", "worker", "scheduler"].includes(role) && state === "running",
    );
    const ids = writers.map(({ id }) => id);
    if (ids.length > 0) {
        out.info(`Stopping ${writers.map(({ service }) => service).join(", ")}`);
        await session.host.docker(["stop", ...ids]);
    }
    try {
        await work();
    } finally {
        if (ids.length > 0) {
            out.info("Starting them again");
            await session.host.docker(["start", ...ids]);
            await healthyAgain(session, ids);
        }
    }
}

const LONGEST_START_SECONDS = 120;

async function healthyAgain(session: Session, ids: readonly string[]): Promise<void> {
    const deadline = Date.now() + LONGEST_START_SECONDS * 1000;
    for (;;) {
        const late = (await session.host.containers()).filter(({ id, health }) => ids.includes(id) && health !== "healthy");
        if (late.length === 0) {
            return;
        }
        if (Date.now() > deadline) {
            throw new SetupError(
                `not healthy ${LONGEST_START_SECONDS} s after the start: ${late.map(({ name }) => name).join(", ")}; ${logsShow(session.stack, late[0]?.service ?? "")}`,
            );
        }
        await new Promise((resolve) => setTimeout(resolve, 1000));
    }
}

export function register(program: Command): void {
    program
        .command("restore")
        .helpGroup(groups.data)
        .summary("bring back a snapshot of database and files")
        .description("Restores beside what runs, checks it, then swaps. What was there before is kept until the next restore.")
        .argument("[snapshot]", "an id of ./quai backup list; the newest if none is given")
        .option("-s, --stack <stack>", "which stack", "dev")
        .option("-y, --yes", "don't ask")
        .option("--offsite", "from the off-site copy")
        .option("--only <part>", "database or files")
        .option("--undo", "put back what was there before the last restore")
        .action(restore);
}
