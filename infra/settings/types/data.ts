import type { LogOverrides } from "./services";

/** The PostgreSQL server, where the application has one. */
export interface PostgresSettings {
    /** Major version. Data don't move from one to another by themselves: change it together with a restore. @default 17 @example 16 */
    readonly version: 15 | 16 | 17 | 18;
    /** Name of the database. @default the application's @example "viatique_prod" */
    readonly database?: string;
    /** Most connections at once; at least the sum of the services' pools (R47). @default 100 @example 200 */
    readonly maxConnections: number;
    /** Most memory of the server, as a size; its buffers are derived from it. @default "1g" @example "4g" */
    readonly memory: number;
    /** PostgreSQL's shared_buffers, as a size, at most half of `memory`. @default a quarter of memory @example "512m" */
    readonly sharedBuffers?: number;
    /** Extensions to create, besides the application's. @default [] @example ["pgcrypto","uuid-ossp"] */
    readonly extensions: readonly string[];
    /** Port of 127.0.0.1 on the Docker host that leads to the server, for tools of one's own (R40). In development alone. @default none @example 5432 */
    readonly localPort?: number;
    /** Rotation of its log. @default quai:logs @example {"maxSize":"50m","maxFiles":5} */
    readonly logs?: LogOverrides;
}

/** What Redis does when its memory is full. */
export type RedisEviction =
    "noeviction" | "allkeys-lru" | "allkeys-lfu" | "allkeys-random" | "volatile-lru" | "volatile-lfu" | "volatile-random" | "volatile-ttl";

/** The Redis server, where the application has one. */
export interface RedisSettings {
    /** Version: `7` is the newest of the 7 line that the catalogue holds. @default "7.4" @example "7" */
    readonly version: "7" | "7.4";
    /** Redis's maxmemory, as a size (R49). @default "256m" @example "512m" */
    readonly memory: number;
    /** What happens when the memory is full. A queue must keep `noeviction`, or tasks are lost (R50). @default "noeviction" @example "allkeys-lru" */
    readonly eviction: RedisEviction;
    /** Whether every write is kept on disk, so that a restart loses nothing (R49). @default true @example false */
    readonly appendOnly: boolean;
    /** Rotation of its log. @default quai:logs @example {"maxSize":"10m","maxFiles":3} */
    readonly logs?: LogOverrides;
}

/** Which backups are kept: those that any of the rules keeps. The newest good one is never removed. */
export interface KeepSettings {
    /** Last backup of so many days that have one. @default 7 @example 14 */
    readonly daily: number;
    /** Last backup of so many weeks that have one. @default 4 @example 8 */
    readonly weekly: number;
    /** Last backup of so many months that have one. @default 12 @example 24 */
    readonly monthly: number;
    /** Every backup of the last so many days. @default 0 @example 30 */
    readonly days: number;
}

/** A second, encrypted repository away from the host. */
export interface OffsiteSettings {
    /** Where: a restic repository (`s3:`, `sftp:`, `rest:`, `b2:`, `azure:`, `gs:`) or the absolute path of a mounted disk. Never with a password inside. @default (required) @example "s3:https://s3.eu-west-3.amazonaws.com/backups/viatique" */
    readonly repository: string;
    /** Credentials: environment variable of restic → name of an entry of `quai:secrets`. @default {} @example {"AWS_ACCESS_KEY_ID":"backupKeyId","AWS_SECRET_ACCESS_KEY":"backupKey"} */
    readonly environment: Readonly<Record<string, string>>;
}

/** Backups of databases and files. */
export interface BackupSettings {
    /** Time of day of the backup, 24-hour HH:MM (R53). @default "02:00" @example "03:00" */
    readonly at: string;
    /** Time zone of `at`, an IANA name (R53). @default "UTC" @example "Europe/Paris" */
    readonly timeZone: string;
    /** Which backups are kept (R55). @default {} @example {"daily":7,"weekly":4,"monthly":12} */
    readonly keep: KeepSettings;
    /** A second, encrypted repository away from the host, which production requires (R57). @default none @example {"repository":"/mnt/nas/viatique"} */
    readonly offsite?: OffsiteSettings;
    /** How often a restore into a throw-away database proves that the backups are good (R60). @default "monthly" @example "weekly" */
    readonly drill: "never" | "daily" | "weekly" | "monthly";
    /** Whether every change is archived too, so that any moment can be restored (R46). Not available yet: `true` is refused. @default false @example true */
    readonly pointInTime: boolean;
    /** Age of the last good backup, as a duration of 24h or more, from which on status warns and a deployment is refused (R58). @default "26h" @example "30h" */
    readonly maxAge: number;
    /** Most memory of a running backup, as a size. @default no limit @example "512m" */
    readonly memory?: number;
}
