import type { Policy } from "./policy";

export const backupOn: Policy = {
    id: "backup-on",
    why: "Data without a backup is lost with the first broken disk or wrong command (R37).",
    fix: "remove the line: the defaults are daily at 02:00, 7 days, 4 weeks and 12 months",
    check: ({ backup }) => (backup === false ? ["quai:backup: backups are off"] : []),
};
