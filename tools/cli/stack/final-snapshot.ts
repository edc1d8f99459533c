import { SetupError } from "../../engine/types";
import type { Terminal } from "../terminal";
import { backupTool, runTool } from "./backup-tool";
import type { Session } from "./session";

interface Made {
    readonly snapshot: string;
    readonly offsite?: { readonly ok: boolean; readonly error?: string };
}

/**
 * A snapshot that must be good before something is done that can't be taken back: with its copy off the host, where there is one.
 *
 * @returns the snapshot's short id
 * @throws SetupError when it can't be made, or the copy fails
 */
export async function mustSnapshot(
    out: Terminal,
    session: Session,
    before: string,
    { copied = false, reason = "manual" }: { readonly copied?: boolean; readonly reason?: "manual" | "before-migration" } = {},
): Promise<string> {
    out.info(`A snapshot before ${before}:`);
    const text = await runTool(out, session, await backupTool(session), ["now", "--reason", reason, "--json"]);
    const { snapshot, offsite } = JSON.parse(text) as Made;
    if (offsite?.ok === false) {
        throw new SetupError(`the off-site copy of the snapshot failed, so nothing else was done: ${offsite.error ?? "see ./quai status"}`);
    }
    if (copied && offsite === undefined) {
        throw new SetupError(
            "quai:backup.offsite: there is no copy off the host, so the last snapshot would be deleted with everything else; nothing was deleted. Name a repository elsewhere and run ./quai up first",
            2,
        );
    }
    return snapshot.slice(0, 8);
}
