import type { Policy } from "./policy";

export const backupOffsite: Policy = {
    id: "backup-offsite",
    why: "A backup on the machine that it protects is lost together with it (R57).",
    fix: 'name a restic repository elsewhere, such as "s3:https://…" or "sftp:user@host:/backups"',
    staging: "off",
    // On AWS the backup vault isn't on the machine in the first place.
    check: ({ backup, target }) =>
        backup !== false && target.kind === "docker" && backup.offsite === undefined
            ? ["quai:backup.offsite: there is no copy off the host"]
            : [],
};
