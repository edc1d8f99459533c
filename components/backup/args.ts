import type { Files } from "../files";
import type { SecretsBundle } from "../secrets-bundle";
import type { Target } from "../targets";

/** How long snapshots are kept. One rule for the database and all files (REQUIREMENTS 3.26). */
export interface Retention {
    /** Newest snapshots of this many days. @default 7 (guide 002) */
    readonly daily: number;
    /** Newest of this many weeks. @default 4 (guide 002) */
    readonly weekly: number;
    /** Newest of this many months. @default 12 (guide 002) */
    readonly monthly: number;
    /** Besides, everything younger than this, in days. @default none */
    readonly days?: number;
}

export interface BackupArgs {
    /** Time of day, `HH:MM`. @default "02:00" (guides 000, 003) */
    readonly at: string;
    /** IANA name. @default "UTC" */
    readonly timeZone: string;
    readonly keep: Retention;
    /** A second, independent copy. @default none */
    readonly offsite?: {
        /** A restic repository (`s3:…`, `sftp:…`, `rest:…`) or the absolute path of a disk mounted on the host. */
        readonly repository: string;
        /** Variables that the repository's client needs → name of the secret that holds the value. */
        readonly environment?: Readonly<Record<string, string>>;
    };
    /** How often a restore is tried in an isolated database. @default "weekly" */
    readonly drill: "never" | "daily" | "weekly" | "monthly";
    /** Limit of the backup service, in bytes. @default 1 GiB */
    readonly memory?: number;
    /** Archiving of every change, so that any moment can be restored. Not available yet: refused. @default false */
    readonly pointInTime?: boolean;
    /** A backup older than this makes the service unhealthy, in seconds. @default 93600 (26 hours) */
    readonly maxAge: number;
}

export interface FilesBackupArgs {
    readonly target: Target;
    /** Must generate `backupPassword`: see `backupSecrets`. */
    readonly secrets: SecretsBundle;
    readonly backup: BackupArgs;
    /** The critical ones are backed up. At least one. */
    readonly files: readonly Files[];
}
