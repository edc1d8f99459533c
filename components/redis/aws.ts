import * as elasticache from "@pulumi/aws/elasticache";
import type * as pulumi from "@pulumi/pulumi";
import { fitting, LONGEST } from "../internal/aws/names";
import type { Priced } from "../internal/aws/prices";
import { securityGroup } from "../internal/aws/security-groups";
import type { SecretRef } from "../secrets-bundle";
import type { AwsTarget } from "../targets/aws-target";
import type { Redis, RedisArgs, RedisEndpoint } from ".";

const PORT = 6379;
const GIBIBYTE = 1024 ** 3;
/** Days that ElastiCache's own copies are kept. */
const COPIES = 7;

/** Node types with the memory that is left for data, in GiB (ElastiCache's parameter maxmemory, as of 2026-11). */
export const CACHE_NODES: readonly (readonly [Priced & `cache.${string}`, number])[] = [
    ["cache.t4g.micro", 0.5],
    ["cache.t4g.small", 1.37],
    ["cache.t4g.medium", 3.09],
    ["cache.m7g.large", 6.38],
    ["cache.m7g.xlarge", 12.93],
    ["cache.r7g.xlarge", 26.32],
    ["cache.r7g.2xlarge", 52.82],
    ["cache.r7g.4xlarge", 105.81],
];

/** The smallest node that holds so many bytes. @throws Error when none does */
export function cacheNode(memory: number): (typeof CACHE_NODES)[number][0] {
    const fits = CACHE_NODES.find(([, size]) => size * GIBIBYTE >= memory);
    if (fits === undefined) {
        throw new Error(
            `quai:redis.memory: no node of ElastiCache holds so much (got ${Math.ceil(memory / GIBIBYTE)}g); the largest holds 105g`,
        );
    }
    return fits[0];
}

/** Valkey speaks Redis's protocol, version 7.2; AWS offers Redis itself up to 7.1. */
const ENGINE = { engine: "valkey", engineVersion: "7.2", family: "valkey7" } as const;

/** ElastiCache for Valkey: TLS, a password, encrypted, in the databases' subnets; a second node in another zone where the stack asks for it. */
export function redisOnAws(self: Redis, name: string, target: AwsTarget, args: RedisArgs, password: SecretRef): RedisEndpoint {
    const memory = args.memory ?? 256 * 1024 * 1024;
    const nodeType = cacheNode(memory);
    const nodes = target.options.multiAz ? 2 : 1;
    target.costs.add(nodeType, nodes);
    const group = securityGroup(target, name, "Valkey", self);
    const id = fitting(target.name(name), LONGEST.replicationGroup);
    const subnets = new elasticache.SubnetGroup(
        name,
        { name: target.name(name), description: "Subnets without a way out", subnetIds: [...target.network.isolated] },
        target.opts({ parent: self }),
    );
    const parameters = new elasticache.ParameterGroup(
        name,
        {
            name: target.name(name, ENGINE.family),
            family: ENGINE.family,
            description: `${target.stack} ${name}`,
            parameters: [{ name: "maxmemory-policy", value: args.eviction ?? "noeviction" }],
        },
        target.opts({ parent: self }),
    );
    const server = new elasticache.ReplicationGroup(
        name,
        {
            replicationGroupId: id,
            description: `${target.stack} ${name}`,
            engine: ENGINE.engine,
            engineVersion: ENGINE.engineVersion,
            nodeType,
            numCacheClusters: nodes,
            automaticFailoverEnabled: nodes > 1,
            multiAzEnabled: nodes > 1,
            port: PORT,
            subnetGroupName: subnets.name,
            securityGroupIds: [group.id],
            parameterGroupName: parameters.name,
            atRestEncryptionEnabled: true,
            kmsKeyId: target.keys.data.arn,
            transitEncryptionEnabled: true,
            authToken: password.value,
            // The former password counts until everything uses the new one: `settle` ends that.
            authTokenUpdateStrategy: "ROTATE",
            snapshotRetentionLimit: (args.appendOnly ?? true) ? COPIES : 0,
            applyImmediately: true,
            autoMinorVersionUpgrade: true,
        },
        target.opts({ parent: self, protect: target.protect, additionalSecretOutputs: ["authToken"] }),
    );
    const dimensions = { ReplicationGroupId: server.replicationGroupId };
    target.watch.alarm(
        `${name}-memory`,
        {
            namespace: "AWS/ElastiCache",
            metric: "DatabaseMemoryUsagePercentage",
            dimensions,
            statistic: "Maximum",
            above: 85,
            description: "Valkey's memory is almost full; with noeviction it refuses writes next: raise quai:redis.memory",
        },
        self,
    );
    target.watch.graph("resources", "Valkey memory", {
        namespace: "AWS/ElastiCache",
        metric: "DatabaseMemoryUsagePercentage",
        dimensions,
        statistic: "Maximum",
    });
    return {
        host: server.primaryEndpointAddress,
        scheme: "rediss",
        ready: target.running ? server : undefined,
        place: { name, port: PORT, group: group.id },
        settle: (after) => settle(self, name, target, { server, password, after }),
    };
}

/** Last of a rotation, once nothing uses the former password any more, ElastiCache forgets it. */
function settle(
    self: Redis,
    name: string,
    target: AwsTarget,
    parts: { readonly server: elasticache.ReplicationGroup; readonly password: SecretRef; readonly after: readonly pulumi.Resource[] },
): void {
    if (!target.running || parts.password.stored !== undefined) return;
    const { arn, valueFrom } = target.secrets.store(parts.password);
    target.runner.settle(
        `${name}-password`,
        { group: parts.server.replicationGroupId, groupArn: parts.server.arn, password: valueFrom, passwordArn: arn },
        self,
        [parts.server, ...parts.after],
    );
}
