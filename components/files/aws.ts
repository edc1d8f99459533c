import * as efs from "@pulumi/aws/efs";
import type * as pulumi from "@pulumi/pulumi";
import { allow, policy } from "../internal/aws/policy";
import type { Place } from "../internal/aws/security-groups";
import { securityGroup } from "../internal/aws/security-groups";
import type { AwsTarget } from "../targets/aws-target";
import type { Files, FilesArgs } from ".";

const NFS = 2049;

/** A file system as a task mounts it. */
export interface ElasticFiles {
    readonly fileSystemId: pulumi.Output<string>;
    readonly fileSystemArn: pulumi.Output<string>;
    /** Everything done through it is done as the files' user and group, below a folder of their own. */
    readonly accessPointId: pulumi.Output<string>;
    readonly accessPointArn: pulumi.Output<string>;
    readonly place: Place;
    /** It can be mounted. */
    readonly ready: readonly pulumi.Resource[];
}

/** An encrypted file system that all zones share, reachable over TLS only, and by nobody but those who mount it. */
export function filesOnAws(self: Files, name: string, target: AwsTarget, args: FilesArgs): Files["mount"] {
    const group = securityGroup(target, `${name}-files`, `Files ${name}`, self);
    target.costs.add("Hosted files, GB", 1);
    const throughput = args.throughput ?? target.options.throughput[name];
    if (throughput !== undefined) target.costs.add("Provisioned file throughput, MiB/s", throughput);
    const system = new efs.FileSystem(
        name,
        {
            creationToken: target.name(name),
            encrypted: true,
            kmsKeyId: target.keys.data.arn,
            performanceMode: "generalPurpose",
            ...(throughput === undefined
                ? { throughputMode: "elastic" }
                : { throughputMode: "provisioned", provisionedThroughputInMibps: throughput }),
            tags: { Name: target.name(name) },
        },
        target.opts({ parent: self, protect: self.critical && target.protect }),
    );
    const point = new efs.AccessPoint(
        name,
        {
            fileSystemId: system.id,
            posixUser: { uid: args.uid, gid: args.gid },
            rootDirectory: { path: `/${name}`, creationInfo: { ownerUid: args.uid, ownerGid: args.gid, permissions: "0750" } },
        },
        target.opts({ parent: self }),
    );
    const encrypted = new efs.FileSystemPolicy(
        name,
        {
            fileSystemId: system.id,
            policy: policy([
                {
                    ...allow(["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"], [system.arn], {
                        StringEquals: { "elasticfilesystem:AccessPointArn": point.arn },
                        Bool: { "elasticfilesystem:AccessedViaMountTarget": "true", "aws:SecureTransport": "true" },
                    }),
                    Principal: { AWS: target.account.id },
                },
            ]),
        },
        target.opts({ parent: self }),
    );
    const targets = target.network.private.map(
        (subnetId, index) =>
            new efs.MountTarget(
                `${name}-${index + 1}`,
                { fileSystemId: system.id, subnetId, securityGroups: [group.id] },
                target.opts({ parent: self }),
            ),
    );
    new efs.BackupPolicy(
        name,
        // The stack's own plan takes the backups, with the stack's retention; AWS's default plan would take them twice.
        { fileSystemId: system.id, backupPolicy: { status: "DISABLED" } },
        target.opts({ parent: self }),
    );
    watchFiles(self, name, target, system, throughput);
    return {
        volume: target.name(name),
        ready: targets.at(-1),
        elastic: {
            fileSystemId: system.id,
            fileSystemArn: system.arn,
            accessPointId: point.id,
            accessPointArn: point.arn,
            place: { name: `${name}-files`, port: NFS, group: group.id },
            ready: [encrypted, ...targets],
        },
    };
}

const MEBIBYTE = 1024 ** 2;
const MINUTE = 60;

/**
 * Files that get slow. They never burst on credits: what is elastic ends at the operations that one file system can do, what is provisioned
 * at its throughput. An hour above four fifths is no peak any more.
 */
function watchFiles(self: Files, name: string, target: AwsTarget, system: efs.FileSystem, throughput: number | undefined): void {
    const metric = { namespace: "AWS/EFS", dimensions: { FileSystemId: system.id } };
    const limit = { ...metric, metric: "PercentIOLimit", statistic: "Maximum" as const };
    target.watch.alarm(
        `${name}-io`,
        {
            ...limit,
            above: 80,
            periods: 12,
            description: "Files come near the operations that a file system can do: many small ones, mostly",
        },
        self,
    );
    target.watch.graph("resources", `files ${name}, % of operations`, limit);
    if (throughput === undefined) return;
    target.watch.alarm(
        `${name}-throughput`,
        {
            ...metric,
            // Reads count for a third, as for the bill.
            metric: "MeteredIOBytes",
            statistic: "Sum",
            above: 0.8 * throughput * MEBIBYTE * 5 * MINUTE,
            periods: 12,
            description: `Files use more than four fifths of their throughput: raise quai:target.throughput.${name}`,
        },
        self,
    );
}
