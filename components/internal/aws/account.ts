import * as cfg from "@pulumi/aws/cfg";
import * as cloudtrail from "@pulumi/aws/cloudtrail";
import * as cloudwatch from "@pulumi/aws/cloudwatch";
import * as guardduty from "@pulumi/aws/guardduty";
import * as iam from "@pulumi/aws/iam";
import type * as s3 from "@pulumi/aws/s3";
import * as pulumi from "@pulumi/pulumi";
import type { AwsTarget } from "../../targets/aws-target";
import { privateBucket } from "./bucket";
import type { Statement } from "./policy";

/** Days that the account's records are kept. */
const KEPT_DAYS = 365;
/** Findings of GuardDuty from here on are mailed; below are signs that mean nothing by themselves. */
const WORTH_A_MAIL = 4;

/**
 * What exists once for a whole account (R121). One stack makes it and leaves it behind when it goes, as the other stacks count on it; then, and
 * where somebody else made it, the settings declare it as existing.
 */
export function accountServices(target: AwsTarget): void {
    const { trail, guardDuty, config } = target.options.account;
    if (trail === "create") auditTrail(target);
    if (guardDuty === "create") intruderWatch(target);
    if (config === "create") configurationRecord(target);
}

/** It outlives the stack. */
const kept = (target: AwsTarget, more: pulumi.CustomResourceOptions = {}) => target.opts({ retainOnDelete: true, ...more });

/** Who wrote to a bucket: this account's service, and only for what it is told to. */
function writers(bucket: s3.Bucket, service: string, objects: pulumi.Input<string>, source: Statement["Condition"]): Statement[] {
    const Principal = { Service: service };
    return [
        { Effect: "Allow", Principal, Action: ["s3:GetBucketAcl", "s3:ListBucket"], Resource: bucket.arn, Condition: source },
        { Effect: "Allow", Principal, Action: "s3:PutObject", Resource: objects, Condition: source },
    ];
}

/** The trail's name is known before it is made: key and bucket speak of it. */
export const trailArn = (target: AwsTarget): pulumi.Output<string> =>
    pulumi.interpolate`arn:${target.account.partition}:cloudtrail:${target.options.region}:${target.account.id}:trail/${target.name("audit")}`;

function auditTrail(target: AwsTarget): void {
    const { bucket, ready } = privateBucket(target, target, "audit", {
        days: KEPT_DAYS,
        key: target.keys.general.arn,
        disposable: false,
        retained: true,
        allowed: (self) =>
            writers(self, "cloudtrail.amazonaws.com", pulumi.interpolate`${self.arn}/AWSLogs/${target.account.id}/*`, {
                StringEquals: { "aws:SourceArn": trailArn(target) },
            }),
    });
    new cloudtrail.Trail(
        "audit",
        {
            name: target.name("audit"),
            s3BucketName: bucket.bucket,
            kmsKeyId: target.keys.general.arn,
            isMultiRegionTrail: true,
            includeGlobalServiceEvents: true,
            enableLogFileValidation: true,
        },
        kept(target, { dependsOn: [ready] }),
    );
}

function intruderWatch(target: AwsTarget): void {
    new guardduty.Detector("intruders", { enable: true, findingPublishingFrequency: "FIFTEEN_MINUTES" }, kept(target));
    const rule = new cloudwatch.EventRule(
        "intruders",
        {
            name: target.name("intruders"),
            description: "What GuardDuty found",
            eventPattern: JSON.stringify({
                source: ["aws.guardduty"],
                "detail-type": ["GuardDuty Finding"],
                detail: { severity: [{ numeric: [">=", WORTH_A_MAIL] }] },
            }),
        },
        target.opts(),
    );
    new cloudwatch.EventTarget("intruders", { rule: rule.name, arn: target.watch.topicArn }, target.opts());
}

function configurationRecord(target: AwsTarget): void {
    const { bucket, ready } = privateBucket(target, target, "configuration", {
        days: KEPT_DAYS,
        disposable: false,
        retained: true,
        allowed: (self) =>
            writers(self, "config.amazonaws.com", pulumi.interpolate`${self.arn}/AWSLogs/${target.account.id}/Config/*`, {
                StringEquals: { "aws:SourceAccount": target.account.id },
            }),
    });
    const role = target.role("config", "config.amazonaws.com", []);
    const rights = new iam.RolePolicyAttachment(
        "config",
        { role: role.name, policyArn: pulumi.interpolate`arn:${target.account.partition}:iam::aws:policy/service-role/AWS_ConfigRole` },
        target.opts(),
    );
    const recorder = new cfg.Recorder(
        "configuration",
        { name: "default", roleArn: role.arn, recordingGroup: { allSupported: true, includeGlobalResourceTypes: true } },
        kept(target, { dependsOn: [rights] }),
    );
    const channel = new cfg.DeliveryChannel(
        "configuration",
        { name: "default", s3BucketName: bucket.bucket },
        kept(target, { dependsOn: [recorder, ready] }),
    );
    new cfg.RecorderStatus("configuration", { name: recorder.name, isEnabled: true }, kept(target, { dependsOn: [channel] }));
}
