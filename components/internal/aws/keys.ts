import * as kms from "@pulumi/aws/kms";
import * as pulumi from "@pulumi/pulumi";
import type { AwsTarget } from "../../targets/aws-target";
import { trailArn } from "./account";
import { policy } from "./policy";

export interface Keys {
    /** Secrets, logs, notifications. */
    readonly general: kms.Key;
    /** Databases, files and their backups: a key of their own, so that who reads a log can't read data. */
    readonly data: kms.Key;
}

/** Services that use the general key for what they keep; each only for this account. */
const LOGS_ACTIONS = ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"];

export function makeKeys(target: AwsTarget): Keys {
    const { region } = target.options;
    const administered = {
        Sid: "Account",
        Effect: "Allow" as const,
        Principal: { AWS: pulumi.interpolate`arn:${target.account.partition}:iam::${target.account.id}:root` },
        Action: "kms:*",
        Resource: "*",
    };
    const logs = {
        Sid: "Logs",
        Effect: "Allow" as const,
        Principal: { Service: `logs.${region}.amazonaws.com` },
        Action: LOGS_ACTIONS,
        Resource: "*",
        Condition: {
            ArnLike: {
                "kms:EncryptionContext:aws:logs:arn": pulumi.interpolate`arn:${target.account.partition}:logs:${region}:${target.account.id}:*`,
            },
        },
    };
    const alarms = {
        Sid: "Alarms",
        Effect: "Allow" as const,
        Principal: { Service: "cloudwatch.amazonaws.com" },
        Action: ["kms:Decrypt*", "kms:GenerateDataKey*"],
        Resource: "*",
        Condition: { StringEquals: { "aws:SourceAccount": target.account.id } },
    };
    const { trail } = target.options.account;
    const account = [
        ...(target.eventsTell ? [{ ...alarms, Sid: "Events", Principal: { Service: "events.amazonaws.com" } }] : []),
        ...(trail === "create"
            ? [
                  {
                      ...alarms,
                      Sid: "Trail",
                      Principal: { Service: "cloudtrail.amazonaws.com" },
                      Action: ["kms:GenerateDataKey*", "kms:Describe*"],
                      Condition: { StringEquals: { "aws:SourceArn": trailArn(target) } },
                  },
              ]
            : []),
    ];
    const make = (name: string, description: string, statements: Parameters<typeof policy>[0]) => {
        target.costs.add("Encryption key", 1);
        const key = new kms.Key(
            `key-${name}`,
            {
                description: `${target.stack}: ${description}`,
                enableKeyRotation: true,
                deletionWindowInDays: target.protect ? 30 : 7,
                policy: policy(statements),
            },
            target.opts({ protect: target.protect }),
        );
        new kms.Alias(`key-${name}`, { name: `alias/${target.name(name)}`, targetKeyId: key.keyId }, target.opts());
        return key;
    };
    return {
        general: make("general", "secrets, logs, notifications", [administered, logs, alarms, ...account]),
        data: make("data", "databases, files, backups", [administered]),
    };
}
