import * as backup from "@pulumi/aws/backup";
import * as cloudwatch from "@pulumi/aws/cloudwatch";
import * as iam from "@pulumi/aws/iam";
import * as pulumi from "@pulumi/pulumi";
import type { AwsTarget } from "../../targets/aws-target";
import type { Keep } from "./backup-rules";
import { backupRules, drillSchedule } from "./backup-rules";

export interface BackupPlanArgs {
    readonly at: string;
    readonly timeZone: string;
    readonly keep: Keep;
    readonly drill: "never" | "daily" | "weekly" | "monthly";
    /** What is backed up, by AWS Backup's name of its kind. */
    readonly resources: readonly { readonly type: "RDS" | "Aurora" | "EFS"; readonly arn: pulumi.Output<string> }[];
}

/** AWS's own policies for AWS Backup: what it needs isn't known beforehand, as a restore makes new things. */
export const BACKUP_POLICIES = { take: "AWSBackupServiceRolePolicyForBackup", restore: "AWSBackupServiceRolePolicyForRestores" } as const;

/** Backups with the stack's retention, copies in another region and a lock by setting, and restores that are tried on a schedule. */
export function backupPlan(target: AwsTarget, parent: pulumi.Resource, args: BackupPlanArgs): { readonly vault: backup.Vault } {
    const opts = (more: pulumi.CustomResourceOptions = {}) => target.opts({ parent, ...more });
    const vault = makeVault(target, "backup", target.keys.data.arn, undefined, opts);
    const copies = copyVault(target, opts);
    const role = target.role("backup", "backup.amazonaws.com", [], parent);
    const attached = Object.entries(BACKUP_POLICIES).map(
        ([what, name]) =>
            new iam.RolePolicyAttachment(
                `backup-${what}`,
                { role: role.name, policyArn: pulumi.interpolate`arn:${target.account.partition}:iam::aws:policy/service-role/${name}` },
                opts(),
            ),
    );
    const plan = new backup.Plan(
        "backup",
        {
            name: target.name("backup"),
            rules: backupRules(args.at, args.keep).map(({ ruleName, schedule, deleteAfter }) => ({
                ruleName,
                schedule,
                scheduleExpressionTimezone: args.timeZone,
                targetVaultName: vault.name,
                startWindow: 60,
                completionWindow: 480,
                lifecycle: { deleteAfter },
                ...(copies === undefined ? {} : { copyActions: [{ destinationVaultArn: copies.arn, lifecycle: { deleteAfter } }] }),
            })),
        },
        opts(),
    );
    const arns = args.resources.map(({ arn }) => arn);
    new backup.Selection(
        "backup",
        { name: target.name("data"), planId: plan.id, iamRoleArn: role.arn, resources: arns },
        opts({ dependsOn: attached }),
    );
    const schedule = drillSchedule(args.at, args.drill);
    if (schedule !== undefined) {
        restoreTests(target, { ...args, schedule, vault, role, attached }, opts);
    }
    target.watch.alarm(
        "backup-failed",
        {
            namespace: "AWS/Backup",
            metric: "NumberOfBackupJobsFailed",
            dimensions: { BackupVaultName: vault.name },
            statistic: "Sum",
            above: 0,
            period: 3600,
            periods: 1,
            description: "A backup failed: AWS Backup's list of jobs says why; `docs/aws.md` says how to take one by hand",
        },
        parent,
    );
    endedBadly(target, role, opts);
    return { vault };
}

/** A backup, a copy or a restore that was tried, and ended badly. Restores say `status` where the others say `state`. */
function endedBadly(target: AwsTarget, role: iam.Role, opts: Opts): void {
    if (!target.eventsTell) return;
    const badly = ["FAILED", "ABORTED", "EXPIRED", "PARTIAL"];
    const pattern = {
        source: ["aws.backup"],
        "detail-type": ["Backup Job State Change", "Copy Job State Change", "Restore Job State Change"],
        // The stack's own role, so that other stacks' failures are theirs.
        detail: { iamRoleArn: [role.arn], $or: [{ state: badly }, { status: badly }] },
    };
    const rule = new cloudwatch.EventRule(
        "backup-failed",
        {
            name: target.name("backup-failed"),
            description: "Backups, copies and tried restores that ended badly",
            eventPattern: pulumi.jsonStringify(pattern),
        },
        opts(),
    );
    new cloudwatch.EventTarget(
        "backup-failed",
        {
            rule: rule.name,
            arn: target.watch.topicArn,
            inputTransformer: {
                inputPaths: { kind: "$.detail-type", what: "$.detail.resourceType", why: "$.detail.statusMessage" },
                inputTemplate: `"${target.stack}: <kind>, of <what>, ended badly: <why>. AWS Backup's list of jobs says more"`,
            },
        },
        opts(),
    );
}

type Opts = (more?: pulumi.CustomResourceOptions) => pulumi.CustomResourceOptions;

function makeVault(
    target: AwsTarget,
    logical: string,
    key: pulumi.Input<string> | undefined,
    region: string | undefined,
    opts: Opts,
): backup.Vault {
    const vault = new backup.Vault(logical, { name: target.name(logical), kmsKeyArn: key, region }, opts({ protect: target.protect }));
    if (target.options.backupLock) {
        // Three days to think better of it; then nobody can shorten anything.
        new backup.VaultLockConfiguration(
            logical,
            { backupVaultName: vault.name, minRetentionDays: 1, changeableForDays: 3, region },
            opts({ protect: target.protect }),
        );
    }
    return vault;
}

/** A vault in another region, under that region's own key for backups. */
function copyVault(target: AwsTarget, opts: Opts): backup.Vault | undefined {
    const region = target.options.backupCopy;
    return region === undefined ? undefined : makeVault(target, "backup-copies", undefined, region, opts);
}

function restoreTests(
    target: AwsTarget,
    args: BackupPlanArgs & {
        readonly schedule: string;
        readonly vault: backup.Vault;
        readonly role: iam.Role;
        readonly attached: readonly pulumi.Resource[];
    },
    opts: Opts,
): void {
    // AWS takes letters, digits and underscores here, at most 50.
    const name = target.name("drill").replaceAll("-", "_");
    const plan = new backup.RestoreTestingPlan(
        "drill",
        {
            name,
            scheduleExpression: args.schedule,
            scheduleExpressionTimezone: args.timeZone,
            startWindowHours: 1,
            recoveryPointSelection: {
                algorithm: "LATEST_WITHIN_WINDOW",
                includeVaults: [args.vault.arn],
                recoveryPointTypes: ["SNAPSHOT"],
                selectionWindowDays: 7,
            },
        },
        opts(),
    );
    for (const type of new Set(args.resources.map((resource) => resource.type))) {
        new backup.RestoreTestingSelection(
            `drill-${type.toLowerCase()}`,
            {
                name: type.toLowerCase(),
                restoreTestingPlanName: plan.name,
                iamRoleArn: args.role.arn,
                protectedResourceType: type,
                protectedResourceArns: args.resources.filter((resource) => resource.type === type).map(({ arn }) => arn),
                // What was restored is deleted an hour after it came up.
                validationWindowHours: 1,
            },
            opts({ dependsOn: [...args.attached] }),
        );
    }
}
