import type { Command } from "commander";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { runPulumi } from "../../engine";
import { workDir } from "../../engine/paths";
import { SetupError } from "../../engine/types";
import { imageCacheFolder, neededByOthers } from "../../offline/images";
import { groups } from "../help";
import { noted } from "../history/note";
import { mustSnapshot } from "../stack/final-snapshot";
import { recover } from "../stack/recover";
import type { Session } from "../stack/session";
import { openStack } from "../stack/session";
import { workingCopy } from "../stack/stack-file";
import { readState } from "../stack/state";
import { mustHaveWorked, runEngine } from "../stack/update";
import { terminal, type Terminal } from "../terminal";

interface DownOptions {
    readonly stack: string;
    readonly yes?: boolean;
    readonly deleteData?: boolean;
    readonly snapshot?: boolean;
}

async function down(named: string | undefined, options: DownOptions): Promise<void> {
    const out = terminal();
    const stack = named ?? options.stack;
    const additions = { "quai:running": false };
    const session = await openStack(out, stack, { yes: options.yes, additions, images: false });
    if (options.deleteData === true) {
        await deleteEverything(out, session, options);
        return;
    }
    if ((await readState(session.engine, stack)) === undefined) {
        out.print(`${session.settings.stackId} isn't deployed.`);
        return;
    }
    if (options.yes !== true && !(await out.confirm(`Stop ${session.settings.stackId}? Data and secrets stay.`))) {
        throw new SetupError("nothing was changed: say --yes where nobody can be asked", 2);
    }
    await recover(out, session);
    const note = await noted("down", session.checkout);
    const result = await runEngine(out, session, ["up", "--yes", "--skip-preview", ...note]);
    mustHaveWorked(result, "Stopping", "Run it again.");
    const kept = await session.host.volumes();
    out.print(`\n${session.settings.stackId} is stopped. Kept:`);
    for (const volume of kept) {
        out.print(`  volume ${volume}`);
    }
    out.print("  secrets, in the state (encrypted)");
    out.print(`\n./quai up ${stack} brings it back. ./quai down ${stack} --delete-data deletes all of it.`);
}

/** Everything of the stack goes: containers, networks, volumes, secrets, images, state. */
async function deleteEverything(out: Terminal, session: Session, options: DownOptions): Promise<void> {
    const { stackId, protect } = session.settings;
    if (protect) {
        throw new SetupError(
            `quai:protect: ${stackId} is protected, its data can't be deleted. To do it on purpose: set quai:protect: false in Pulumi.${session.stack}.yaml, run ./quai up ${session.stack}, then this again`,
            2,
        );
    }
    const volumes = await session.host.volumes();
    const last = await lastSnapshot(out, session, options.snapshot !== false);
    out.warn(
        `this deletes all data of ${stackId}: ${volumes.join(", ") || "no volumes"}, its secrets and the snapshots on this host${last}`,
    );
    if (options.yes !== true && (await out.ask(`Type ${stackId} to delete it:`)) !== stackId) {
        throw new SetupError("nothing was deleted", 2);
    }
    await recover(out, session);
    const engineRun = ["--stack", session.stack, "--yes", "--non-interactive"];
    if ((await readState(session.engine, session.stack)) !== undefined) {
        mustHaveWorked(
            await runEngine(out, session, ["destroy", "--yes", "--skip-preview", "--refresh=false"]),
            "Deleting",
            "Run it again.",
        );
        await runPulumi(session.engine, ["stack", "rm", ...engineRun, "--preserve-config"]);
    }
    await removeLabelled(out, session);
    rmSync(workingCopy(session.checkout, session.stack), { force: true });
    rmSync(join(workDir(session.checkout), session.stack), { recursive: true, force: true });
    out.print(`\n${stackId} is gone: containers, networks, volumes, secrets and images.`);
}

/** Production's data go with a last snapshot elsewhere, or not at all. @returns what to say of it */
async function lastSnapshot(out: Terminal, session: Session, wanted: boolean): Promise<string> {
    const { environment, backup, stackId } = session.settings;
    if (environment !== "production" || (await readState(session.engine, session.stack)) === undefined) return "";
    if (!wanted) return "; without a last snapshot, as --no-snapshot says";
    const otherwise = "or say --no-snapshot";
    if (backup === false)
        throw new SetupError(
            `quai:backup: is false, so there is no snapshot of ${stackId}; switch it on and run ./quai up, ${otherwise}`,
            2,
        );
    const snapshot = await mustSnapshot(out, session, "everything is deleted", { copied: true });
    return `. Snapshot ${snapshot} stays in ${backup.offsite?.repository ?? "the off-site copy"}; its password is in the state, which goes too: pulumi stack output --show-secrets backupPassword`;
}

/** What the state doesn't hold: images that were kept for rollbacks, the sockets and files of containers, leftovers. */
async function removeLabelled(out: Terminal, session: Session): Promise<void> {
    const { host } = session;
    const containers = await host.containers();
    await removeAll(
        out,
        session,
        ["rm", "--force", "--volumes"],
        containers.map(({ id }) => id),
    );
    await removeAll(
        out,
        session,
        ["network", "rm"],
        (await host.networks()).map(({ id }) => id),
    );
    await removeAll(out, session, ["volume", "rm"], await host.volumes());
    await removeAll(out, session, ["image", "rm"], await host.images());
    // Another stack that is just being deployed has nothing on the engine yet that says so.
    if (!neededByOthers(imageCacheFolder())) await removeAll(out, session, ["image", "rm"], await host.equivalents());
}

async function removeAll(out: Terminal, session: Session, command: readonly string[], names: readonly string[]): Promise<void> {
    for (const name of new Set(names)) {
        try {
            await session.host.docker([...command, name]);
        } catch (error) {
            // An image that a container of somebody else's uses stays.
            out.warn(error instanceof Error ? error.message : String(error));
        }
    }
}

export function register(program: Command): void {
    program
        .command("down")
        .helpGroup(groups.data)
        .summary("stop a stack; its data stay, unless told otherwise")
        .argument("[stack]", "which stack")
        .option("-s, --stack <stack>", "the same", "dev")
        .option("-y, --yes", "don't ask")
        .option("--delete-data", "delete data, snapshots on this host, secrets and images, too")
        .option("--no-snapshot", "with --delete-data in production: delete without a last snapshot off the host")
        .action(down);
}
