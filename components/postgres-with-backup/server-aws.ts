import * as rds from "@pulumi/aws/rds";
import type * as pulumi from "@pulumi/pulumi";
import { fitting, LONGEST } from "../internal/aws/names";
import type { Place } from "../internal/aws/security-groups";
import type { SecretsBundle } from "../secrets-bundle";
import type { AwsTarget } from "../targets/aws-target";
import type { PostgresWithBackup } from ".";
import { databaseClass, parameterFamily, serverParameters } from "./size-aws";
import type { PostgresSpec } from "./spec";

/** A server of RDS, whichever way it is run. */
export interface DatabaseServer {
    readonly address: pulumi.Output<string>;
    readonly arn: pulumi.Output<string>;
    /** Tells this server's data from another's. */
    readonly resourceId: pulumi.Output<string>;
    /** AWS Backup's name of its kind. */
    readonly kind: "RDS" | "Aurora";
    /** CloudWatch's name of it. */
    readonly dimensions: Readonly<Record<string, pulumi.Output<string>>>;
    /** It answers. */
    readonly ready: pulumi.Resource;
}

/** In GiB: what a database begins with, and how far it may grow by itself. */
const STORAGE = { first: 20, most: 200 };
/** The longest that RDS keeps what it needs for a return to any moment, in days. */
const LONGEST_POINT_IN_TIME = 35;
/** The authority of the server's certificate. */
const AUTHORITY = "rds-ca-rsa2048-g1";

/** What both ways have in common. */
interface Parts {
    readonly self: PostgresWithBackup;
    readonly name: string;
    readonly spec: PostgresSpec;
    readonly target: AwsTarget;
    readonly password: pulumi.Input<string>;
    readonly place: Place;
    readonly identifier: string;
    readonly subnets: rds.SubnetGroup;
}

/** Encrypted, TLS only, in subnets without a way out; an instance of RDS, or Aurora where the settings give it capacity. */
export function databaseServer(
    self: PostgresWithBackup,
    name: string,
    spec: PostgresSpec,
    target: AwsTarget,
    secrets: SecretsBundle,
    place: Place,
): DatabaseServer {
    const subnets = new rds.SubnetGroup(
        name,
        { name: target.name(name), description: "Subnets without a way out", subnetIds: [...target.network.isolated] },
        target.opts({ parent: self }),
    );
    const identifier = fitting(target.name(name), LONGEST.database);
    const parts = { self, name, spec, target, password: secrets.get("postgresPassword").value, place, identifier, subnets };
    const { aurora } = target.options;
    return aurora === undefined ? instance(parts) : cluster(parts, aurora);
}

/** Any moment of so many days can be restored, beside the backups of the plan. */
const pointInTime = (spec: PostgresSpec): number =>
    spec.backup === false ? 0 : Math.min(LONGEST_POINT_IN_TIME, Math.max(1, spec.backup.keep.daily));

/** What keeps data from going with a mistake. */
const kept = (target: AwsTarget, identifier: string) => ({
    copyTagsToSnapshot: true,
    deletionProtection: target.protect,
    deleteAutomatedBackups: !target.protect,
    skipFinalSnapshot: !target.protect,
    ...(target.protect ? { finalSnapshotIdentifier: `${identifier}-final` } : {}),
});

const insights = (target: AwsTarget) => ({
    performanceInsightsEnabled: true,
    performanceInsightsKmsKeyId: target.keys.data.arn,
    performanceInsightsRetentionPeriod: 7,
});

function instance({ self, name, spec, target, password, place, identifier, subnets }: Parts): DatabaseServer {
    const instanceClass = databaseClass(spec.memory);
    const { multiAz } = target.options;
    target.costs.add(instanceClass, multiAz ? 2 : 1);
    target.costs.add("Database storage, GB", STORAGE.first * (multiAz ? 2 : 1));
    const family = parameterFamily(spec.version);
    const parameters = new rds.ParameterGroup(
        // A new version needs a new group, beside the one in use.
        `${name}-${family}`,
        { name: target.name(name, family), family, description: `${target.stack} ${name}`, parameters: serverParameters(spec) },
        target.opts({ parent: self }),
    );
    const exported = ["postgresql", "upgrade"];
    const logs = exported.map((log) => target.logGroup(`${name}-${log}`, `/aws/rds/instance/${identifier}/${log}`));
    const server = new rds.Instance(
        name,
        {
            identifier,
            engine: "postgres",
            engineVersion: String(spec.version),
            autoMinorVersionUpgrade: true,
            allowMajorVersionUpgrade: false,
            instanceClass,
            storageType: "gp3",
            allocatedStorage: STORAGE.first,
            maxAllocatedStorage: STORAGE.most,
            storageEncrypted: true,
            kmsKeyId: target.keys.data.arn,
            multiAz,
            dbSubnetGroupName: subnets.name,
            vpcSecurityGroupIds: [place.group],
            publiclyAccessible: false,
            port: place.port,
            username: "postgres",
            password,
            parameterGroupName: parameters.name,
            caCertIdentifier: AUTHORITY,
            ...insights(target),
            enabledCloudwatchLogsExports: exported,
            backupRetentionPeriod: pointInTime(spec),
            ...kept(target, identifier),
            applyImmediately: true,
        },
        target.opts({ parent: self, protect: target.protect, additionalSecretOutputs: ["password"], dependsOn: logs }),
    );
    const { address, arn, resourceId } = server;
    return { address, arn, resourceId, kind: "RDS", dimensions: { DBInstanceIdentifier: server.identifier }, ready: server };
}

/** Aurora Serverless v2: its capacity follows the load, in units of about 2 GB of memory. */
function cluster(parts: Parts, capacity: { readonly least: number; readonly most: number }): DatabaseServer {
    const { self, name, spec, target, password, place, identifier, subnets } = parts;
    const servers = target.options.multiAz ? 2 : 1;
    target.costs.add("Aurora capacity unit", capacity.least * servers);
    const family = `aurora-postgresql${spec.version}`;
    const parameters = new rds.ClusterParameterGroup(
        `${name}-${family}`,
        { name: target.name(name, family), family, description: `${target.stack} ${name}`, parameters: serverParameters(spec) },
        target.opts({ parent: self }),
    );
    const logs = target.logGroup(`${name}-postgresql`, `/aws/rds/cluster/${identifier}/postgresql`);
    const made = new rds.Cluster(
        name,
        {
            clusterIdentifier: identifier,
            engine: "aurora-postgresql",
            engineVersion: String(spec.version),
            serverlessv2ScalingConfiguration: { minCapacity: capacity.least, maxCapacity: capacity.most },
            storageEncrypted: true,
            kmsKeyId: target.keys.data.arn,
            dbSubnetGroupName: subnets.name,
            vpcSecurityGroupIds: [place.group],
            port: place.port,
            masterUsername: "postgres",
            masterPassword: password,
            dbClusterParameterGroupName: parameters.name,
            enabledCloudwatchLogsExports: ["postgresql"],
            backupRetentionPeriod: Math.max(1, pointInTime(spec)),
            ...kept(target, identifier),
            applyImmediately: true,
        },
        target.opts({ parent: self, protect: target.protect, additionalSecretOutputs: ["masterPassword"], dependsOn: [logs] }),
    );
    const instances = Array.from(
        { length: servers },
        (_, index) =>
            new rds.ClusterInstance(
                `${name}-${index + 1}`,
                {
                    identifier: fitting(`${identifier}-${index + 1}`, LONGEST.database),
                    clusterIdentifier: made.id,
                    engine: "aurora-postgresql",
                    instanceClass: "db.serverless",
                    publiclyAccessible: false,
                    caCertIdentifier: AUTHORITY,
                    ...insights(target),
                },
                target.opts({ parent: self }),
            ),
    );
    return {
        address: made.endpoint,
        arn: made.arn,
        resourceId: made.clusterResourceId,
        kind: "Aurora",
        dimensions: { DBClusterIdentifier: made.clusterIdentifier },
        ready: instances[0] ?? made,
    };
}
