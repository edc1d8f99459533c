import { formatDuration } from "../infra/settings";
import type { Policy } from "./policy";

export const backupFresh: Policy = {
    id: "backup-fresh",
    why: "A deployment that goes wrong goes back to the last snapshot: everything since is lost (R58, R105).",
    fix: "run ./quai backup now; if that fails, ./quai status says why",
    checkAround: ({ lastBackup }, { backup }, now) => {
        if (backup === false || lastBackup === undefined) return [];
        if (lastBackup === null) return ["quai:backup.maxAge: there is no good snapshot yet"];
        const seconds = Math.floor((now.getTime() - Date.parse(lastBackup)) / 1000);
        return seconds > backup.maxAge
            ? [
                  `quai:backup.maxAge: the last good snapshot is ${formatDuration(Math.floor(seconds / 3600) * 3600)} old, more than ${formatDuration(backup.maxAge)}`,
              ]
            : [];
    },
};
