import * as rds from "@pulumi/aws/rds";
import * as pulumi from "@pulumi/pulumi";
import { backupOnAws } from "../backup/aws";
import { fitting, LONGEST } from "../internal/aws/names";
import type { Place } from "../internal/aws/security-groups";
import { securityGroup } from "../internal/aws/security-groups";
import type { AwsTarget } from "../targets/aws-target";
import type { PostgresEndpoint, PostgresWithBackup } from ".";
import { administration } from "./administration-aws";
import type { PostgresWithBackupArgs } from "./args";
import { rdsAuthorities } from "./authorities-aws";
import { loginsOf } from "./logins";
import { databaseClass, parameterFamily, serverParameters } from "./size-aws";
import type { PostgresSpec } from "./spec";

const PORT = 5432;
/** In GiB: what a database begins with, and how far it may grow by itself. */
const STORAGE = { first: 20, most: 200 };
/** The longest that RDS keeps what it needs for a return to any moment, in days. */
const LONGEST_POINT_IN_TIME = 35;

export function postgresOnAws(
    self: PostgresWithBackup,
    name: string,
    spec: PostgresSpec,
    target: AwsTarget,
    args: Pick<PostgresWithBackupArgs, "secrets" | "files">,
): PostgresEndpoint {
    const group = securityGroup(target, name, "PostgreSQL", self);
    const place: Place = { name, port: PORT, group: group.id };
    const server = databaseServer(self, name, spec, target, args, place);
    const logins = loginsOf(spec, args.secrets);
    const authorityPem = pulumi.output(rdsAuthorities(target.options.region));
    const resource = { type: "RDS" as const, arn: server.arn };
    const repository = spec.backup === false ? undefined : backupOnAws(self, target, spec.backup, args.files ?? [], resource);
    watchDatabase(self, name, target, server);
    const roles = target.running
        ? administration(self, name, target, { spec, server, place, logins, authorityPem, secrets: args.secrets })
        : [];
    return {
        host: server.address,
        port: PORT,
        authorityPem,
        logins: { application: logins.application.name, migration: logins.migration.name },
        ready: roles.at(-1),
        data: target.running ? server.resourceId : undefined,
        repository,
        place,
    };
}

function databaseServer(
    self: PostgresWithBackup,
    name: string,
    spec: PostgresSpec,
    target: AwsTarget,
    args: Pick<PostgresWithBackupArgs, "secrets">,
    place: Place,
): rds.Instance {
    const identifier = fitting(target.name(name), LONGEST.database);
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
    const subnets = new rds.SubnetGroup(
        name,
        { name: target.name(name), description: "Subnets without a way out", subnetIds: [...target.network.isolated] },
        target.opts({ parent: self }),
    );
    const exported = ["postgresql", "upgrade"];
    const logs = exported.map((log) => target.logGroup(`${name}-${log}`, `/aws/rds/instance/${identifier}/${log}`));
    return new rds.Instance(
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
            port: PORT,
            username: "postgres",
            password: args.secrets.get("postgresPassword").value,
            parameterGroupName: parameters.name,
            caCertIdentifier: "rds-ca-rsa2048-g1",
            performanceInsightsEnabled: true,
            performanceInsightsKmsKeyId: target.keys.data.arn,
            performanceInsightsRetentionPeriod: 7,
            enabledCloudwatchLogsExports: exported,
            // Any moment of so many days can be restored, beside the backups of the plan.
            backupRetentionPeriod: spec.backup === false ? 0 : Math.min(LONGEST_POINT_IN_TIME, Math.max(1, spec.backup.keep.daily)),
            copyTagsToSnapshot: true,
            deletionProtection: target.protect,
            deleteAutomatedBackups: !target.protect,
            skipFinalSnapshot: !target.protect,
            ...(target.protect ? { finalSnapshotIdentifier: `${identifier}-final` } : {}),
            applyImmediately: true,
        },
        target.opts({ parent: self, protect: target.protect, additionalSecretOutputs: ["password"], dependsOn: logs }),
    );
}

function watchDatabase(self: PostgresWithBackup, name: string, target: AwsTarget, server: rds.Instance): void {
    const metric = { namespace: "AWS/RDS", dimensions: { DBInstanceIdentifier: server.identifier }, statistic: "Average" as const };
    const gibibyte = 1024 ** 3;
    target.watch.alarm(
        `${name}-cpu`,
        {
            ...metric,
            metric: "CPUUtilization",
            above: 80,
            periods: 3,
            description: "The database computes without a pause: look at its slowest queries, or raise quai:postgres.memory",
        },
        self,
    );
    target.watch.alarm(
        `${name}-storage`,
        {
            ...metric,
            metric: "FreeStorageSpace",
            below: 2 * gibibyte,
            description: "The database's disk is almost full and can't grow any further by itself",
        },
        self,
    );
    target.watch.graph("resources", "database CPU", { ...metric, metric: "CPUUtilization" });
    target.watch.graph("sessions", "database connections", { ...metric, metric: "DatabaseConnections" });
}
