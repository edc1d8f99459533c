import { FARGATE_SIZES } from "../../../../components/internal/aws/fargate-size";
import type { CheckFailure, Properties } from "../kit/types";

/** Rules of the real service that are cheap to know and hold for one resource by itself. Unknown values pass: they come with the update. */

type Rule = (inputs: Properties) => readonly CheckFailure[];

const text = (inputs: Properties, key: string): string | undefined => (typeof inputs[key] === "string" ? inputs[key] : undefined);

const shaped =
    (property: string, pattern: RegExp, what: string): Rule =>
    (inputs) => {
        const value = text(inputs, property);
        return value === undefined || pattern.test(value) ? [] : [{ property, reason: `must be ${what} (got ${JSON.stringify(value)})` }];
    };

const oneOf =
    (property: string, allowed: readonly unknown[]): Rule =>
    (inputs) => {
        const value = inputs[property];
        const known = value === undefined || typeof value === "symbol" || allowed.includes(value);
        return known ? [] : [{ property, reason: `must be one of ${allowed.join(", ")} (got ${JSON.stringify(value)})` }];
    };

const json =
    (property: string): Rule =>
    (inputs) => {
        const value = text(inputs, property);
        try {
            if (value !== undefined) JSON.parse(value);
            return [];
        } catch {
            return [{ property, reason: "must be JSON" }];
        }
    };

const fargatePair: Rule = (inputs) => {
    const [cpu, memory] = [text(inputs, "cpu"), text(inputs, "memory")];
    if (cpu === undefined || memory === undefined) return [];
    const sizes = FARGATE_SIZES.get(Number(cpu));
    if (sizes?.includes(Number(memory)) === true) return [];
    return [{ property: "memory", reason: `no Fargate size has ${cpu} CPU units and ${memory} MiB` }];
};

interface ContainerDefinition {
    readonly name?: unknown;
    readonly image?: unknown;
    readonly essential?: unknown;
    readonly mountPoints?: readonly { readonly sourceVolume?: string }[];
    readonly dependsOn?: readonly { readonly containerName?: string }[];
    readonly secrets?: readonly { readonly valueFrom?: unknown }[];
}

const containers: Rule = (inputs) => {
    const value = text(inputs, "containerDefinitions");
    if (value === undefined) return [];
    const list = JSON.parse(value) as readonly ContainerDefinition[];
    const wrong = (reason: string): CheckFailure => ({ property: "containerDefinitions", reason });
    const volumes = ((inputs["volumes"] ?? []) as readonly { readonly name?: string }[]).map(({ name }) => name);
    const names = list.map(({ name }) => name);
    return [
        ...(list.some(({ essential }) => essential !== false) ? [] : [wrong("at least one container must be essential")]),
        ...list.filter(({ name, image }) => !name || !image).map(() => wrong("each container needs a name and an image")),
        ...list.flatMap(({ name, mountPoints = [] }) =>
            mountPoints
                .filter(({ sourceVolume }) => !volumes.includes(sourceVolume))
                .map(({ sourceVolume }) => wrong(`${String(name)} mounts ${String(sourceVolume)}, which isn't a volume of the task`)),
        ),
        ...list.flatMap(({ name, dependsOn = [] }) =>
            dependsOn
                .filter(({ containerName }) => !names.includes(containerName))
                .map(({ containerName }) => wrong(`${String(name)} waits for ${String(containerName)}, which isn't there`)),
        ),
        ...list.flatMap(({ name, secrets = [] }) =>
            secrets.filter(({ valueFrom }) => !valueFrom).map(() => wrong(`a secret of ${String(name)} has no valueFrom`)),
        ),
    ];
};

const KEPT_DAYS = [0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

const passwordShape: Rule = (inputs) => {
    const value = text(inputs, "authToken");
    const good = value === undefined || (/^[A-Za-z0-9!&#$^<>-]{16,128}$/.test(value) && inputs["transitEncryptionEnabled"] === true);
    return good ? [] : [{ property: "authToken", reason: "must be 16 to 128 characters, and needs transitEncryptionEnabled" }];
};

const protectedSnapshot: Rule = (inputs) =>
    inputs["skipFinalSnapshot"] === true || inputs["finalSnapshotIdentifier"] !== undefined
        ? []
        : [{ property: "finalSnapshotIdentifier", reason: "is required unless skipFinalSnapshot is true" }];

const provisioned: Rule = (inputs) =>
    (inputs["throughputMode"] === "provisioned") === (inputs["provisionedThroughputInMibps"] !== undefined)
        ? []
        : [{ property: "provisionedThroughputInMibps", reason: "goes with throughputMode provisioned, and with no other" }];

const conditions: Rule = (inputs) => {
    const list = inputs["conditions"];
    if (!Array.isArray(list)) return [];
    const count = (list as readonly Record<string, { values?: readonly unknown[] }>[])
        .flatMap((condition) => Object.values(condition))
        .reduce((sum, each) => sum + (each.values?.length ?? 0), 0);
    return count <= 5 ? [] : [{ property: "conditions", reason: `a rule takes five values in all its conditions (got ${count})` }];
};

const healthCheck: Rule = (inputs) => {
    const check = inputs["healthCheck"] as { interval?: number; timeout?: number } | undefined;
    return check?.interval === undefined || check.timeout === undefined || check.timeout < check.interval
        ? []
        : [{ property: "healthCheck.timeout", reason: "must be shorter than the interval" }];
};

/** Six fields; one of the two days is `?`, and days of the week count from 1. */
const cronExpression: Rule = (inputs) => {
    const words = /^cron\((.*)\)$/.exec(text(inputs, "scheduleExpression") ?? "")?.[1]?.split(" ");
    if (words === undefined) return [];
    const [day, weekday = ""] = [words[2], words[4]];
    const good = words.length === 6 && (day === "?") !== (weekday === "?") && !/(^|,)[08-9]/.test(weekday) && words.join(" ").length <= 250;
    return good ? [] : [{ property: "scheduleExpression", reason: `is no cron expression of EventBridge (got ${words.join(" ")})` }];
};

const firewallDestination: Rule = (inputs) => {
    const [arn] = (inputs["logDestinationConfigs"] ?? []) as readonly unknown[];
    return typeof arn !== "string" || /:(?:log-group:|s3:::|deliverystream\/)aws-waf-logs-/.test(arn)
        ? []
        : [{ property: "logDestinationConfigs", reason: `must have a name that begins with aws-waf-logs- (got ${arn})` }];
};

const gracePeriod: Rule = ({ healthCheckGracePeriodSeconds, loadBalancers }) =>
    typeof healthCheckGracePeriodSeconds !== "number" || !Array.isArray(loadBalancers) || loadBalancers.length > 0
        ? []
        : [{ property: "healthCheckGracePeriodSeconds", reason: "is only for services with a load balancer" }];

export const RULES: Readonly<Record<string, readonly Rule[]>> = {
    "backup/restoreTestingPlan": [shaped("name", /^[A-Za-z0-9_]{1,50}$/, "letters, digits and underscores, at most 50")],
    "backup/vault": [shaped("name", /^[A-Za-z0-9_-]{2,50}$/, "2 to 50 letters, digits, _ and -")],
    "cloudwatch/dashboard": [json("dashboardBody")],
    "cloudwatch/logGroup": [oneOf("retentionInDays", KEPT_DAYS)],
    "cloudwatch/metricAlarm": [
        oneOf("comparisonOperator", [
            "GreaterThanThreshold",
            "LessThanThreshold",
            "GreaterThanOrEqualToThreshold",
            "LessThanOrEqualToThreshold",
        ]),
    ],
    "ec2/securityGroup": [
        shaped("name", /^(?!sg-)[A-Za-z0-9 ._\-:/()#,@[\]+=&;{}!$*]{1,255}$/, "at most 255 characters, not beginning with sg-"),
        shaped("description", /^[A-Za-z0-9 ._\-:/()#,@[\]+=&;{}!$*]{1,255}$/, "at most 255 letters, digits and ._-:/()#,@[]+=&;{}!$*"),
    ],
    "vpc/securityGroupEgressRule": [
        shaped("description", /^[A-Za-z0-9 ._\-:/()#,@[\]+=&;{}!$*]{0,255}$/, "letters, digits and ._-:/()#,@[]+=&;{}!$*"),
    ],
    "vpc/securityGroupIngressRule": [
        shaped("description", /^[A-Za-z0-9 ._\-:/()#,@[\]+=&;{}!$*]{0,255}$/, "letters, digits and ._-:/()#,@[]+=&;{}!$*"),
    ],
    "ecr/repository": [
        shaped("name", /^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*\/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$/, "lower-case letters, digits and ._-/"),
    ],
    "ecs/service": [gracePeriod],
    "ecs/taskDefinition": [
        json("containerDefinitions"),
        fargatePair,
        containers,
        shaped("family", /^[A-Za-z0-9_-]{1,255}$/, "at most 255 letters, digits, _ and -"),
    ],
    "efs/fileSystem": [provisioned],
    "elasticache/replicationGroup": [
        passwordShape,
        shaped("replicationGroupId", /^[a-z](?!.*--)[a-z0-9-]{0,38}[a-z0-9]$/, "at most 40 lower-case letters, digits and hyphens"),
    ],
    "iam/role": [shaped("name", /^[A-Za-z0-9+=,.@_-]{1,64}$/, "at most 64 letters, digits and +=,.@_-"), json("assumeRolePolicy")],
    "iam/rolePolicy": [json("policy")],
    "kms/key": [json("policy")],
    "lambda/function": [shaped("name", /^[A-Za-z0-9_-]{1,64}$/, "at most 64 letters, digits, _ and -")],
    "lambda/invocation": [json("input"), oneOf("lifecycleScope", ["CREATE_ONLY", "CRUD"])],
    "lb/listenerRule": [conditions],
    "lb/loadBalancer": [shaped("name", /^(?!-|internal-)[A-Za-z0-9-]{1,32}(?<!-)$/, "at most 32 letters, digits and hyphens")],
    "lb/targetGroup": [shaped("name", /^(?!-)[A-Za-z0-9-]{1,32}(?<!-)$/, "at most 32 letters, digits and hyphens"), healthCheck],
    "rds/instance": [
        shaped("identifier", /^[a-z](?!.*--)[a-z0-9-]{0,61}[a-z0-9]$/, "at most 63 lower-case letters, digits and hyphens"),
        protectedSnapshot,
    ],
    "s3/bucket": [shaped("bucket", /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "3 to 63 lower-case letters, digits, dots and hyphens")],
    "s3/bucketPolicy": [json("policy")],
    "scheduler/schedule": [
        shaped("name", /^[0-9A-Za-z_.-]{1,64}$/, "at most 64 letters, digits and _.-"),
        shaped("scheduleExpression", /^(?:cron|rate|at)\(.+\)$/, "cron(…), rate(…) or at(…)"),
        cronExpression,
    ],
    "sqs/queue": [shaped("name", /^[A-Za-z0-9_-]{1,80}$/, "at most 80 letters, digits, _ and -")],
    "secretsmanager/secret": [shaped("name", /^[A-Za-z0-9/_+=.@-]{1,512}$/, "at most 512 letters, digits and /_+=.@-")],
    "sns/topicPolicy": [json("policy")],
    "wafv2/webAclLoggingConfiguration": [firewallDestination],
    "wafv2/webAcl": [json("ruleJson"), shaped("name", /^[A-Za-z0-9_-]{1,128}$/, "at most 128 letters, digits, _ and -")],
};
