import * as pulumi from "@pulumi/pulumi";
import { officialImage } from "../internal/images";
import { lazily } from "../internal/lazily";
import type { Generated } from "../secrets-bundle";
import { unreachable } from "../targets";
import type { FilesBackupArgs } from "./args";
import { backupOnDocker, repositoryName } from "./docker";

export type { BackupArgs, FilesBackupArgs, Retention } from "./args";

/** The secret this component wants to find in the bundle. */
export const backupSecrets = { backupPassword: { kind: "password", length: 48 } } as const satisfies Record<string, Generated>;

/**
 * Backups of files where there is no PostgreSQL beside them: uploads, and databases that are files (SQLite), which are copied consistently and
 * not as raw files (R52). With PostgreSQL, `PostgresWithBackup` takes both into one snapshot.
 *
 * @throws Error listing every problem of the arguments, each beginning with the setting's path.
 */
export class FilesBackup extends pulumi.ComponentResource {
    /** Where snapshots go, for people. */
    readonly repository: string;

    constructor(name: string, args: FilesBackupArgs, opts?: pulumi.ComponentResourceOptions) {
        super("quai:index:FilesBackup", name, {}, opts);
        if (args.backup.pointInTime === true) {
            throw new Error("quai:backup.pointInTime: archives the changes of a database, and there is none (got true); remove it");
        }
        const { target } = args;
        switch (target.kind) {
            case "docker":
                backupOnDocker(this, { ...args, target, base: officialImage("debian") });
                this.repository = repositoryName(target);
                break;
            case "aws":
                this.repository = lazily<typeof import("./aws")>(module, "./aws").backupOnAws(this, target, args.backup, args.files);
                break;
            default:
                this.repository = unreachable(target);
        }
        const { at, offsite } = args.backup;
        this.registerOutputs({ at, offsite: offsite?.repository });
    }
}
