import { createHash } from "node:crypto";
import type { Properties } from "../kit/types";

/** What a resource of AWS has once it is made: plausible, and the same each time for the same seed. */

/** The account of everything that the plugin makes up: the one of AWS's own documentation. */
export const ACCOUNT = "123456789012";

export interface Made {
    readonly id: string;
    readonly outputs: Properties;
}

export interface Birth {
    readonly inputs: Properties;
    readonly region: string;
    /** Hexadecimal digits, as many as needed, different for each resource. */
    hex(length: number): string;
    /** The logical name. */
    readonly name: string;
}

export function birth(seed: string, name: string, inputs: Properties, region: string): Birth {
    const hex = (length: number) => createHash("sha256").update(`${seed} ${length}`).digest("hex").slice(0, length);
    return { inputs, region, hex, name };
}

const text = (inputs: Properties, key: string): string => (typeof inputs[key] === "string" ? inputs[key] : "");
const nameOf = (b: Birth): string => text(b.inputs, "name") || `${b.name}-${b.hex(7)}`;
const arn = (b: Birth, service: string, path: string) => `arn:aws:${service}:${b.region}:${ACCOUNT}:${path}`;

type Maker = (b: Birth) => Made;

/** An id such as `subnet-0a1b…`, and perhaps an ARN of it. */
const ec2 =
    (prefix: string, more: (b: Birth, id: string) => Properties = () => ({})): Maker =>
    (b) => {
        const id = `${prefix}-${b.hex(17)}`;
        return { id, outputs: { arn: arn(b, "ec2", `${prefix}/${id}`), ownerId: ACCOUNT, ...more(b, id) } };
    };

/** Identified by its name, with an ARN. */
const named =
    (
        service: string,
        path: (name: string, b: Birth) => string,
        more: (b: Birth, name: string, arn: string) => Properties = () => ({}),
    ): Maker =>
    (b) => {
        const name = nameOf(b);
        const own = arn(b, service, path(name, b));
        return { id: name, outputs: { name, arn: own, ...more(b, name, own) } };
    };

/** Identified by its ARN. */
const byArn =
    (service: string, path: (b: Birth) => string, more: (b: Birth, arn: string) => Properties = () => ({})): Maker =>
    (b) => {
        const own = arn(b, service, path(b));
        return { id: own, outputs: { arn: own, ...more(b, own) } };
    };

/** A part of something else, that has nothing of its own. */
const part =
    (...keys: readonly string[]): Maker =>
    (b) => ({ id: keys.map((key) => text(b.inputs, key)).join("/") || b.hex(16), outputs: {} });

const last = (id: string, separator = "/"): string => id.split(separator).at(-1) ?? "";

function validationOptions(b: Birth): Properties[] {
    const names = [text(b.inputs, "domainName"), ...((b.inputs["subjectAlternativeNames"] ?? []) as string[])];
    return names.map((domainName) => ({
        domainName,
        resourceRecordName: `_${b.hex(32)}.${domainName}.`,
        resourceRecordType: "CNAME",
        resourceRecordValue: `_${b.hex(31)}.acm-validations.aws.`,
    }));
}

const role: Maker = (b) => {
    const name = nameOf(b);
    return { id: name, outputs: { name, arn: `arn:aws:iam::${ACCOUNT}:role/${name}`, uniqueId: `AROA${b.hex(17).toUpperCase()}` } };
};

export const ATTRIBUTES: Readonly<Record<string, Maker>> = {
    "acm/certificate": byArn(
        "acm",
        (b) => `certificate/${b.hex(32)}`,
        (b) => ({ domainValidationOptions: validationOptions(b), status: "ISSUED" }),
    ),
    "acm/certificateValidation": part("certificateArn"),
    "appautoscaling/policy": named("autoscaling", (name, b) => `scalingPolicy:${b.hex(32)}:policyName/${name}`),
    "appautoscaling/target": (b) => ({
        id: text(b.inputs, "resourceId"),
        outputs: { arn: arn(b, "application-autoscaling", `scalable-target/${b.hex(20)}`) },
    }),
    "backup/plan": (b) => ({ id: b.hex(32), outputs: { arn: arn(b, "backup", `backup-plan:${b.hex(32)}`), version: b.hex(20) } }),
    "backup/restoreTestingPlan": named("backup", (name, b) => `restore-testing-plan:${name}-${b.hex(8)}`),
    "backup/restoreTestingSelection": part("restoreTestingPlanName", "name"),
    "backup/selection": (b) => ({ id: b.hex(32), outputs: {} }),
    "backup/vault": named(
        "backup",
        (name) => `backup-vault:${name}`,
        () => ({ recoveryPoints: 0 }),
    ),
    "backup/vaultLockConfiguration": part("backupVaultName"),
    "budgets/budget": (b) => ({
        id: `${ACCOUNT}:${nameOf(b)}`,
        outputs: { arn: `arn:aws:budgets::${ACCOUNT}:budget/${nameOf(b)}`, accountId: ACCOUNT },
    }),
    "cfg/deliveryChannel": part("name"),
    "cfg/recorder": part("name"),
    "cfg/recorderStatus": part("name"),
    "cloudfront/distribution": (b) => {
        const id = `E${b.hex(13).toUpperCase()}`;
        const own = `arn:aws:cloudfront::${ACCOUNT}:distribution/${id}`;
        return {
            id,
            outputs: { arn: own, domainName: `d${b.hex(13)}.cloudfront.net`, hostedZoneId: "Z2FDTNDATAQYW2", status: "Deployed" },
        };
    },
    "cloudfront/function": (b) => ({
        id: nameOf(b),
        outputs: { name: nameOf(b), arn: `arn:aws:cloudfront::${ACCOUNT}:function/${nameOf(b)}`, status: "UNASSOCIATED" },
    }),
    "cloudfront/originAccessControl": (b) => ({ id: `E${b.hex(13).toUpperCase()}`, outputs: {} }),
    "cloudfront/responseHeadersPolicy": (b) => ({ id: b.hex(36), outputs: {} }),
    "cloudtrail/trail": byArn(
        "cloudtrail",
        (b) => `trail/${nameOf(b)}`,
        (b) => ({ name: nameOf(b), homeRegion: b.region }),
    ),
    "cloudwatch/dashboard": (b) => ({
        id: text(b.inputs, "dashboardName"),
        outputs: { dashboardArn: `arn:aws:cloudwatch::${ACCOUNT}:dashboard/${text(b.inputs, "dashboardName")}` },
    }),
    "cloudwatch/eventRule": named("events", (name) => `rule/${name}`),
    "cloudwatch/eventTarget": (b) => ({ id: `${text(b.inputs, "rule")}-${b.hex(26)}`, outputs: { targetId: b.hex(26) } }),
    "cloudwatch/logGroup": named("logs", (name) => `log-group:${name}`),
    "cloudwatch/metricAlarm": named("cloudwatch", (name) => `alarm:${name}`),
    "ec2/defaultSecurityGroup": ec2("sg"),
    "ec2/eip": ec2("eipalloc", (_, id) => ({ allocationId: id, publicIp: "203.0.113.9" })),
    "ec2/flowLog": ec2("fl"),
    "ec2/internetGateway": ec2("igw"),
    "ec2/natGateway": ec2("nat", () => ({ publicIp: "203.0.113.9" })),
    "ec2/route": (b) => ({ id: `r-${text(b.inputs, "routeTableId")}${b.hex(10)}`, outputs: { state: "active" } }),
    "ec2/routeTable": ec2("rtb"),
    "ec2/routeTableAssociation": ec2("rtbassoc"),
    "ec2/securityGroup": ec2("sg", (b) => ({ name: nameOf(b) })),
    "ec2/subnet": ec2("subnet"),
    "ec2/vpc": ec2("vpc", (b) => ({ mainRouteTableId: `rtb-${b.hex(16)}0`, defaultSecurityGroupId: `sg-${b.hex(16)}0` })),
    "ec2/vpcEndpoint": ec2("vpce", () => ({ state: "available" })),
    "ecr/lifecyclePolicy": part("repository"),
    "ecr/repository": named(
        "ecr",
        (name) => `repository/${name}`,
        (b, name) => ({
            repositoryUrl: `${ACCOUNT}.dkr.ecr.${b.region}.amazonaws.com/${name}`,
            registryId: ACCOUNT,
        }),
    ),
    "ecs/cluster": (b) => {
        const own = arn(b, "ecs", `cluster/${nameOf(b)}`);
        return { id: own, outputs: { name: nameOf(b), arn: own } };
    },
    "ecs/clusterCapacityProviders": part("clusterName"),
    "ecs/service": (b) => {
        const own = arn(b, "ecs", `service/${last(text(b.inputs, "cluster"))}/${nameOf(b)}`);
        return { id: own, outputs: { name: nameOf(b), arn: own } };
    },
    "ecs/taskDefinition": (b) => {
        const family = text(b.inputs, "family");
        // A number that only grows, and a plugin that keeps nothing between two runs.
        const revision = (parseInt(b.hex(6), 16) % 9000) + 1;
        const withoutRevision = arn(b, "ecs", `task-definition/${family}`);
        return { id: family, outputs: { arn: `${withoutRevision}:${revision}`, arnWithoutRevision: withoutRevision, revision } };
    },
    "efs/accessPoint": (b) => {
        const id = `fsap-${b.hex(17)}`;
        return { id, outputs: { arn: arn(b, "elasticfilesystem", `access-point/${id}`) } };
    },
    "efs/backupPolicy": part("fileSystemId"),
    "efs/fileSystem": (b) => {
        const id = `fs-${b.hex(17)}`;
        return { id, outputs: { arn: arn(b, "elasticfilesystem", `file-system/${id}`), dnsName: `${id}.efs.${b.region}.amazonaws.com` } };
    },
    "efs/fileSystemPolicy": part("fileSystemId"),
    "efs/mountTarget": (b) => ({
        id: `fsmt-${b.hex(17)}`,
        outputs: { dnsName: `${text(b.inputs, "fileSystemId")}.efs.${b.region}.amazonaws.com` },
    }),
    "elasticache/parameterGroup": named("elasticache", (name) => `parametergroup:${name}`),
    "elasticache/replicationGroup": (b) => {
        const id = text(b.inputs, "replicationGroupId");
        const host = `${id}.${b.hex(6)}.ng.0001.cache.amazonaws.com`;
        return {
            id,
            outputs: {
                arn: arn(b, "elasticache", `replicationgroup:${id}`),
                primaryEndpointAddress: `master.${host}`,
                readerEndpointAddress: `replica.${host}`,
            },
        };
    },
    "elasticache/subnetGroup": named("elasticache", (name) => `subnetgroup:${name}`),
    "guardduty/detector": (b) => ({
        id: b.hex(32),
        outputs: { arn: arn(b, "guardduty", `detector/${b.hex(32)}`), accountId: ACCOUNT },
    }),
    "iam/role": role,
    "iam/rolePolicy": (b) => ({ id: `${text(b.inputs, "role")}:${nameOf(b)}`, outputs: { name: nameOf(b) } }),
    "iam/rolePolicyAttachment": part("role", "policyArn"),
    "kms/alias": (b) => ({ id: nameOf(b), outputs: { name: nameOf(b), arn: arn(b, "kms", nameOf(b)) } }),
    "kms/key": (b) => ({ id: b.hex(32), outputs: { keyId: b.hex(32), arn: arn(b, "kms", `key/${b.hex(32)}`) } }),
    "lambda/function": named(
        "lambda",
        (name) => `function:${name}`,
        (_, __, own) => ({ invokeArn: own, version: "$LATEST" }),
    ),
    "lambda/invocation": (b) => ({ id: `${text(b.inputs, "functionName")}_$LATEST_${b.hex(32)}`, outputs: { result: "{}" } }),
    "lambda/permission": (b) => ({ id: `terraform-${b.hex(26)}`, outputs: { statementId: `terraform-${b.hex(26)}` } }),
    "lb/listener": byArn("elasticloadbalancing", (b) => `listener/app/${last(text(b.inputs, "loadBalancerArn"))}/${b.hex(16)}`),
    "lb/listenerRule": byArn("elasticloadbalancing", (b) => `listener-rule/app/${b.hex(16)}/${b.hex(15)}`),
    "lb/loadBalancer": byArn(
        "elasticloadbalancing",
        (b) => `loadbalancer/app/${nameOf(b)}/${b.hex(16)}`,
        (b) => ({
            name: nameOf(b),
            arnSuffix: `app/${nameOf(b)}/${b.hex(16)}`,
            dnsName: `${nameOf(b)}-${parseInt(b.hex(8), 16)}.${b.region}.elb.amazonaws.com`,
            zoneId: "Z3Q77PNBQS71R4",
        }),
    ),
    "lb/targetGroup": byArn(
        "elasticloadbalancing",
        (b) => `targetgroup/${nameOf(b)}/${b.hex(16)}`,
        (b) => ({ name: nameOf(b), arnSuffix: `targetgroup/${nameOf(b)}/${b.hex(16)}` }),
    ),
    "lb/targetGroupAttachment": (b) => ({ id: `${text(b.inputs, "targetGroupArn")}-${b.hex(26)}`, outputs: {} }),
    "rds/cluster": (b) => {
        const clusterIdentifier = text(b.inputs, "clusterIdentifier");
        const clusterResourceId = `cluster-${b.hex(26).toUpperCase()}`;
        const host = (kind: string) => `${clusterIdentifier}.${kind}-${b.hex(12)}.${b.region}.rds.amazonaws.com`;
        return {
            id: clusterIdentifier,
            outputs: {
                clusterIdentifier,
                clusterResourceId,
                arn: arn(b, "rds", `cluster:${clusterIdentifier}`),
                endpoint: host("cluster"),
                readerEndpoint: host("cluster-ro"),
            },
        };
    },
    "rds/clusterInstance": (b) => {
        const identifier = text(b.inputs, "identifier");
        return { id: identifier, outputs: { identifier, arn: arn(b, "rds", `db:${identifier}`) } };
    },
    "rds/clusterParameterGroup": named("rds", (name) => `cluster-pg:${name}`),
    "rds/instance": (b) => {
        const identifier = text(b.inputs, "identifier");
        const address = `${identifier}.${b.hex(12)}.${b.region}.rds.amazonaws.com`;
        const resourceId = `db-${b.hex(26).toUpperCase()}`;
        return {
            id: resourceId,
            outputs: {
                resourceId,
                identifier,
                arn: arn(b, "rds", `db:${identifier}`),
                address,
                endpoint: `${address}:5432`,
                status: "available",
            },
        };
    },
    "rds/parameterGroup": named("rds", (name) => `pg:${name}`),
    "rds/subnetGroup": named("rds", (name) => `subgrp:${name}`),
    "route53/record": (b) => ({
        id: `${text(b.inputs, "zoneId")}_${text(b.inputs, "name")}_${text(b.inputs, "type")}`,
        outputs: { fqdn: text(b.inputs, "name").replace(/\.$/, "") },
    }),
    "s3/bucket": (b) => {
        const bucket = text(b.inputs, "bucket");
        return {
            id: bucket,
            outputs: {
                bucket,
                arn: `arn:aws:s3:::${bucket}`,
                bucketDomainName: `${bucket}.s3.amazonaws.com`,
                bucketRegionalDomainName: `${bucket}.s3.${b.region}.amazonaws.com`,
            },
        };
    },
    "s3/bucketObjectv2": (b) => ({ id: `${text(b.inputs, "bucket")}/${text(b.inputs, "key")}`, outputs: { etag: b.hex(32) } }),
    "s3/bucketLifecycleConfiguration": part("bucket"),
    "s3/bucketPolicy": part("bucket"),
    "s3/bucketPublicAccessBlock": part("bucket"),
    "s3/bucketServerSideEncryptionConfiguration": part("bucket"),
    "scheduler/schedule": (b) => ({
        id: `default/${nameOf(b)}`,
        outputs: { name: nameOf(b), arn: arn(b, "scheduler", `schedule/default/${nameOf(b)}`), groupName: "default" },
    }),
    "secretsmanager/secret": byArn(
        "secretsmanager",
        (b) => `secret:${nameOf(b)}-${b.hex(6)}`,
        (b) => ({ name: nameOf(b) }),
    ),
    "secretsmanager/secretVersion": (b) => {
        const versionId = b.hex(32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
        return {
            id: `${text(b.inputs, "secretId")}|${versionId}`,
            outputs: { versionId, arn: text(b.inputs, "secretId"), versionStages: ["AWSCURRENT"] },
        };
    },
    "servicediscovery/privateDnsNamespace": (b) => {
        const id = `ns-${b.hex(16)}`;
        return { id, outputs: { arn: arn(b, "servicediscovery", `namespace/${id}`), hostedZone: `Z${b.hex(20).toUpperCase()}` } };
    },
    "servicediscovery/service": (b) => {
        const id = `srv-${b.hex(16)}`;
        return { id, outputs: { name: nameOf(b), arn: arn(b, "servicediscovery", `service/${id}`) } };
    },
    "sns/topic": byArn("sns", nameOf, (b) => ({ name: nameOf(b), owner: ACCOUNT })),
    "sns/topicPolicy": part("arn"),
    "sns/topicSubscription": byArn(
        "sns",
        (b) => `${last(text(b.inputs, "topic"), ":")}:${b.hex(32)}`,
        () => ({ pendingConfirmation: true }),
    ),
    "sqs/queue": (b) => {
        const url = `https://sqs.${b.region}.amazonaws.com/${ACCOUNT}/${nameOf(b)}`;
        return { id: url, outputs: { name: nameOf(b), url, arn: arn(b, "sqs", nameOf(b)) } };
    },
    "vpc/securityGroupEgressRule": ec2("sgr", (_, id) => ({ securityGroupRuleId: id })),
    "vpc/securityGroupIngressRule": ec2("sgr", (_, id) => ({ securityGroupRuleId: id })),
    "wafv2/webAcl": (b) => ({
        id: b.hex(32),
        outputs: {
            arn: arn(b, "wafv2", `regional/webacl/${nameOf(b)}/${b.hex(32)}`),
            name: nameOf(b),
            capacity: 1000,
            lockToken: b.hex(30),
        },
    }),
    "wafv2/webAclLoggingConfiguration": part("resourceArn"),
    "wafv2/webAclAssociation": (b) => ({ id: `${text(b.inputs, "webAclArn")},${text(b.inputs, "resourceArn")}`, outputs: {} }),
};
