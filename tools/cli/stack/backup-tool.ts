import { SetupError } from "../../engine/types";
import type { Terminal } from "../terminal";
import type { Session } from "./session";

/** The container with the backup tool. @throws SetupError when it doesn't run, with what to do */
export async function backupTool(session: Session): Promise<string> {
    if (session.settings.backup === false) {
        throw new SetupError("quai:backup: is false, so there are no backups; remove the line to have them", 2);
    }
    const container = (await session.host.containers()).find(({ role }) => role === "backup");
    if (container?.state !== "running") {
        throw new SetupError(`the backup service of ${session.settings.stackId} doesn't run; ./quai up ${session.stack} starts it`);
    }
    return container.id;
}

/** Runs the tool; its progress is shown, its result returned. @throws SetupError when it fails; the tool has said why */
export async function runTool(out: Terminal, session: Session, container: string, words: readonly string[]): Promise<string> {
    const result: string[] = [];
    const code = await session.host.exec(container, ["quai-backup", ...words], (line, stream) => {
        if (stream === "stdout") result.push(line);
        else out.info(`  ${line}`);
    });
    if (code !== 0) {
        throw new SetupError(
            code === 75 ? "another backup or restore is running; wait for it to end" : `quai-backup ${words[0]} failed; see above`,
        );
    }
    return result.join("\n");
}
