import type { Command } from "commander";
import { groups } from "../help";
import { backupTool, runTool } from "../stack/backup-tool";
import { openStack } from "../stack/session";
import { terminal } from "../terminal";

interface BackupOptions {
    readonly stack: string;
    readonly json?: boolean;
    readonly offsite?: boolean;
}

/** Seconds that a snapshot by hand waits for another one, or a drill, to end: right after the first update one is on its way. */
const PATIENCE = 600;

async function now(named: string | undefined, options: BackupOptions): Promise<void> {
    const out = terminal();
    const session = await openStack(out, named ?? options.stack, { images: false });
    const text = await runTool(out, session, await backupTool(session), [
        "now",
        "--reason",
        "manual",
        "--wait",
        String(PATIENCE),
        "--json",
    ]);
    if (options.json === true) {
        out.print(text);
        return;
    }
    const made = JSON.parse(text) as {
        snapshot: string;
        seconds: number;
        tables?: number;
        rows?: number;
        offsite?: { ok: boolean; error?: string };
    };
    out.print(
        `Snapshot ${made.snapshot.slice(0, 8)} made in ${Math.round(made.seconds)} s: ${made.tables ?? 0} tables, ${made.rows ?? 0} rows.`,
    );
    if (made.offsite?.ok === false) {
        out.warn(`the off-site copy failed: ${made.offsite.error ?? "see the log of the backup service"}`);
        process.exitCode = 1;
    }
    out.print(`./quai backup list shows all; ./quai restore ${made.snapshot.slice(0, 8)} brings this one back.`);
}

async function list(named: string | undefined, options: BackupOptions): Promise<void> {
    const out = terminal();
    const session = await openStack(out, named ?? options.stack, { images: false });
    const words = ["list", ...(options.offsite === true ? ["--offsite"] : []), ...(options.json === true ? ["--json"] : [])];
    out.print(await runTool(out, session, await backupTool(session), words));
}

export function register(program: Command): void {
    const backup = program.command("backup").helpGroup(groups.data).summary("snapshots of database and files: now, list");
    backup
        .command("now")
        .summary("make a snapshot now")
        .argument("[stack]", "which stack")
        .option("-s, --stack <stack>", "the same", "dev")
        .option("--json", "for programs")
        .action(now);
    backup
        .command("list")
        .summary("the snapshots that there are")
        .argument("[stack]", "which stack")
        .option("-s, --stack <stack>", "the same", "dev")
        .option("--offsite", "those of the off-site copy")
        .option("--json", "for programs")
        .action(list);
}
