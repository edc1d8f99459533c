import type { BackupArgs } from "../backup/args";
import type { Files } from "../files";
import type { SecretsBundle } from "../secrets-bundle";
import type { Target } from "../targets";

export type PostgresVersion = 15 | 16 | 17 | 18;

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
    /** Port of 127.0.0.1 on the Docker host that leads to the server. @default none: it's reached by the stack alone */
    readonly localPort?: number;
    /** Rotation of its log. @default the target's */
    readonly logs?: { readonly maxSize?: number; readonly maxFiles?: number };
    /** Extensions to have, e.g. `pgcrypto`, `uuid-ossp` (R42). @default none */
    readonly extensions?: readonly string[];
    /** False: no backups, for throw-away environments. */
    readonly backup: BackupArgs | false;
    /** Files that go into the same snapshots. @default none */
    readonly files?: readonly Files[];
}
