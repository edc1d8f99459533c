import * as pulumi from "@pulumi/pulumi";
import { backupOnAws } from "../backup/aws";
import type { Place } from "../internal/aws/security-groups";
import { securityGroup } from "../internal/aws/security-groups";
import type { AwsTarget } from "../targets/aws-target";
import type { PostgresEndpoint, PostgresWithBackup } from ".";
import { administration } from "./administration-aws";
import type { PostgresWithBackupArgs } from "./args";
import { rdsAuthorities } from "./authorities-aws";
import { loginsOf } from "./logins";
import type { DatabaseServer } from "./server-aws";
import { databaseServer } from "./server-aws";
import type { PostgresSpec } from "./spec";

const PORT = 5432;

export function postgresOnAws(
    self: PostgresWithBackup,
    name: string,
    spec: PostgresSpec,
    target: AwsTarget,
    args: Pick<PostgresWithBackupArgs, "secrets" | "files">,
): PostgresEndpoint {
    const group = securityGroup(target, name, "PostgreSQL", self);
    const place: Place = { name, port: PORT, group: group.id };
    const server = databaseServer(self, name, spec, target, args.secrets, place);
    const logins = loginsOf(spec, args.secrets);
    const authorityPem = pulumi.output(rdsAuthorities(target.options.region));
    const resource = { type: server.kind, arn: server.arn };
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

function watchDatabase(self: PostgresWithBackup, name: string, target: AwsTarget, server: DatabaseServer): void {
    const metric = { namespace: "AWS/RDS", dimensions: server.dimensions, statistic: "Average" as const };
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
    if (server.kind === "RDS") {
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
    }
    target.watch.graph("resources", "database CPU", { ...metric, metric: "CPUUtilization" });
    target.watch.graph("sessions", "database connections", { ...metric, metric: "DatabaseConnections" });
}
