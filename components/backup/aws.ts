import type * as pulumi from "@pulumi/pulumi";
import type { Files } from "../files";
import type { BackupPlanArgs } from "../internal/aws/backup";
import { backupPlan } from "../internal/aws/backup";
import type { AwsTarget } from "../targets/aws-target";
import type { BackupArgs } from "./args";

/** A plan of AWS Backup for the critical files, and for a database beside them. Returns where snapshots go, for people. */
export function backupOnAws(
    self: pulumi.ComponentResource,
    target: AwsTarget,
    backup: BackupArgs,
    files: readonly Files[],
    database?: BackupPlanArgs["resources"][number],
): string {
    const systems = files.flatMap(({ critical, mount: { elastic } }) => (critical && elastic !== undefined ? [elastic] : []));
    backupPlan(target, self, {
        at: backup.at,
        timeZone: backup.timeZone,
        keep: backup.keep,
        drill: backup.drill,
        resources: [
            ...(database === undefined ? [] : [database]),
            ...systems.map(({ fileSystemArn }) => ({ type: "EFS" as const, arn: fileSystemArn })),
        ],
    });
    return `AWS Backup vault ${target.name("backup")}`;
}
