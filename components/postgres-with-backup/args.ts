import type { Files } from "../files";
import type { SecretsBundle } from "../secrets-bundle";
import type { Target } from "../targets";

export type PostgresVersion = 15 | 16 | 17 | 18;

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

export interface PostgresWithBackupArgs {
    readonly target: Target;
    /** Must generate `databasePassword`, `migrationPassword`, `postgresPassword` and `backupPassword`: see `postgresSecrets`. */
    readonly secrets: SecretsBundle;
    readonly version: PostgresVersion;
    /** Name of the database; its roles derive from it. Lower case letters, digits, `_`. */
    readonly database: string;
    /** @default 100 */
    readonly maxConnections?: number;
    /** PostgreSQL's shared_buffers, in bytes. @default a quarter of `memory` */
    readonly sharedBuffers?: number;
    /** Limit of the server, in bytes; buffers and work memory derive from it. @default 1 GiB */
    readonly memory?: number;
    /** Rotation of its log. @default the target's */
    readonly logs?: { readonly maxSize?: number; readonly maxFiles?: number };
    /** Extensions to have, e.g. `pgcrypto`, `uuid-ossp` (R42). @default none */
    readonly extensions?: readonly string[];
    /** False: no backups, for throw-away environments. */
    readonly backup: BackupArgs | false;
    /** Files that go into the same snapshots. @default none */
    readonly files?: readonly Files[];
}
