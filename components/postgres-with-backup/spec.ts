import { backupSecrets } from "../backup";
import type { BackupArgs } from "../backup/args";
import type { Generated } from "../secrets-bundle";
import type { Target } from "../targets";
import type { PostgresVersion, PostgresWithBackupArgs } from "./args";

export interface Roles {
    /** Owns the database and everything in it; can't log in. */
    readonly owner: string;
    /** Reads and writes rows, can't change tables; can't log in. */
    readonly application: string;
}

export interface PostgresSpec {
    readonly version: PostgresVersion;
    readonly database: string;
    readonly roles: Roles;
    readonly memory: number;
    readonly parameters: Readonly<Record<string, string>>;
    /** The settings say how much memory buffers get; otherwise it's derived. */
    readonly ownBuffers: boolean;
    readonly extensions: readonly string[];
    readonly localPort: number | undefined;
    readonly logs: PostgresWithBackupArgs["logs"];
    readonly backup: BackupArgs | false;
    /** Where the image keeps data, and what is mounted for it (R41). */
    readonly dataMount: string;
    readonly dataFolder: string;
}

const MEBIBYTE = 1024 * 1024;
/** An identifier must fit with its suffixes into PostgreSQL's 63 bytes. */
const LONGEST_NAME = 40;

/** The secrets this component wants to find in the bundle. */
export const postgresSecrets = {
    databasePassword: { kind: "password", length: 32 },
    migrationPassword: { kind: "password", length: 32 },
    postgresPassword: { kind: "password", length: 32 },
    ...backupSecrets,
} as const satisfies Record<string, Generated>;

/** @throws Error that lists every problem. */
export function resolvePostgres(
    args: Omit<PostgresWithBackupArgs, "target" | "secrets" | "files">,
    target: Target["kind"] = "docker",
): PostgresSpec {
    const problems: string[] = [];
    if (!/^[a-z][a-z0-9_]*$/.test(args.database) || args.database.length > LONGEST_NAME) {
        problems.push(
            `quai:postgres.database: must be lower case letters, digits and _, beginning with a letter, at most ${LONGEST_NAME} characters (got ${JSON.stringify(args.database)})`,
        );
    }
    const memory = args.memory ?? 1024 * MEBIBYTE;
    if (memory < 128 * MEBIBYTE) {
        problems.push(`quai:postgres.memory: must be at least 128m (got ${Math.floor(memory / MEBIBYTE)}m)`);
    }
    if (target === "docker" && args.backup !== false && args.backup.pointInTime === true) {
        problems.push(
            "quai:backup.pointInTime: is not available yet (got true); remove it: snapshots on a schedule are what there is to restore from",
        );
    }
    if (problems.length > 0) {
        throw new Error(problems.join("\n"));
    }
    const extensions = args.extensions ?? [];
    return {
        version: args.version,
        database: args.database,
        roles: { owner: `${args.database}_owner`, application: `${args.database}_app` },
        memory,
        parameters: {
            ...tuning(memory, args.maxConnections ?? 100),
            ...(args.sharedBuffers === undefined ? {} : { shared_buffers: `${Math.floor(args.sharedBuffers / MEBIBYTE)}MB` }),
        },
        ownBuffers: args.sharedBuffers !== undefined,
        extensions,
        localPort: args.localPort,
        logs: args.logs,
        backup: args.backup,
        ...dataPaths(args.version),
    };
}

/** Version 18 moved its data: the volume is mounted one level up, so that an upgrade in place is possible. */
function dataPaths(version: PostgresVersion): Pick<PostgresSpec, "dataMount" | "dataFolder"> {
    return version >= 18
        ? { dataMount: "/var/lib/postgresql", dataFolder: `/var/lib/postgresql/${version}/docker` }
        : { dataMount: "/var/lib/postgresql/data", dataFolder: "/var/lib/postgresql/data/pgdata" };
}

/**
 * Server parameters from the memory limit (bytes): a quarter for shared buffers and three quarters as what the system caches, as
 * PostgreSQL's own documentation advises (§ 20.4.1); work memory so that all connections sorting at once stay within a quarter.
 */
export function tuning(memory: number, maxConnections: number): Record<string, string> {
    const mebibytes = Math.floor(memory / MEBIBYTE);
    return {
        max_connections: String(maxConnections),
        shared_buffers: `${Math.max(32, Math.floor(mebibytes / 4))}MB`,
        effective_cache_size: `${Math.floor((mebibytes * 3) / 4)}MB`,
        maintenance_work_mem: `${clamp(Math.floor(mebibytes / 16), 16, 1024)}MB`,
        work_mem: `${clamp(Math.floor(mebibytes / 4 / maxConnections), 1, 64)}MB`,
        max_wal_size: "1GB",
        checkpoint_completion_target: "0.9",
        random_page_cost: "1.1",
    };
}

function clamp(value: number, low: number, high: number): number {
    return Math.min(high, Math.max(low, value));
}
