import * as pulumi from "@pulumi/pulumi";

export interface Statement {
    readonly Effect: "Allow" | "Deny";
    readonly Action: string | readonly string[];
    readonly Resource: pulumi.Input<string> | readonly pulumi.Input<string>[];
    readonly Condition?: Readonly<Record<string, Readonly<Record<string, pulumi.Input<string> | readonly string[]>>>>;
    readonly Principal?: Readonly<Record<string, pulumi.Input<string>>> | "*";
    readonly Sid?: string;
}

export const allow = (
    actions: readonly string[],
    resources: readonly pulumi.Input<string>[],
    condition?: Statement["Condition"],
): Statement => ({ Effect: "Allow", Action: actions, Resource: resources, ...(condition === undefined ? {} : { Condition: condition }) });

/** A policy as the service keeps it. */
export function policy(statements: readonly Statement[]): pulumi.Output<string> {
    return pulumi.jsonStringify({ Version: "2012-10-17", Statement: statements });
}

/** Who may take on a role: a service of AWS. */
export function assumedBy(service: string, condition?: Statement["Condition"]): pulumi.Output<string> {
    const statement = {
        Effect: "Allow",
        Action: "sts:AssumeRole",
        Principal: { Service: service },
        ...(condition === undefined ? {} : { Condition: condition }),
    };
    return pulumi.jsonStringify({ Version: "2012-10-17", Statement: [statement] });
}

/**
 * Actions that have no resource to name (AWS service authorization reference), with why each is needed. Nothing else may be granted on `*`:
 * the test of least privilege reads this list.
 */
export const WITHOUT_RESOURCE: Readonly<Record<string, string>> = {
    "ecr:GetAuthorizationToken": "a token for all repositories of the account; what may be pulled is named beside it",
    "ssmmessages:CreateControlChannel": "execute-command: the agent in the task opens its channels, which have no name beforehand",
    "ssmmessages:CreateDataChannel": "execute-command",
    "ssmmessages:OpenControlChannel": "execute-command",
    "ssmmessages:OpenDataChannel": "execute-command",
    "logs:DescribeLogGroups": "execute-command: the agent looks for the group that the cluster names; it can list groups, not read them",
    "cloudwatch:PutMetricData": "a service that scales on its queue's length; a condition names the namespace it may write",
    "kms:*": "the key's own policy, where * means this key: its account administers it",
    "kms:Encrypt*": "a key's own policy",
    "kms:Decrypt*": "a key's own policy",
    "kms:ReEncrypt*": "a key's own policy",
    "kms:GenerateDataKey*": "a key's own policy",
    "kms:Describe*": "a key's own policy",
};
