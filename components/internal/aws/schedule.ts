import * as cloudwatch from "@pulumi/aws/cloudwatch";
import type * as iam from "@pulumi/aws/iam";
import * as scheduler from "@pulumi/aws/scheduler";
import * as sqs from "@pulumi/aws/sqs";
import * as pulumi from "@pulumi/pulumi";
import type { AwsTarget } from "../../targets/aws-target";
import type { Cron } from "../../web-stack/cron";
import { awsCron } from "../../web-stack/cron";
import { fitting, LONGEST } from "./names";
import type { Task } from "./task";

/** A start that AWS couldn't make, for want of capacity perhaps, is tried again so often and so long; then somebody is told. */
const RETRIES = { maximumRetryAttempts: 5, maximumEventAgeInSeconds: 900 };
/** Seconds that the queue keeps what wasn't started. */
const KEPT_SECONDS = 14 * 86_400;
/** How tasks that were started by a schedule are known in ECS's events. */
const GROUP = "schedule:";

export interface ScheduledTask {
    readonly name: string;
    readonly at: Cron;
    readonly task: Task;
}

/** Tasks that EventBridge starts when their time has come, in UTC. What isn't started, and what ends badly, is told like an alarm. */
export function runsAtTimes(
    target: AwsTarget,
    parent: pulumi.Resource,
    tasks: readonly ScheduledTask[],
    after: readonly pulumi.Resource[],
): void {
    if (tasks.length === 0) return;
    if (!target.eventsTell) throw new Error("schedules: the target must be made with `eventsTell: true`, so that their failures are told");
    const unstarted = notStarted(target, parent);
    endedBadly(target, parent);
    for (const { name, at, task } of tasks) {
        const role = starter(target, parent, name, task, unstarted);
        new scheduler.Schedule(
            name,
            {
                name: fitting(target.name(name), LONGEST.schedule),
                scheduleExpression: awsCron(at),
                scheduleExpressionTimezone: "UTC",
                flexibleTimeWindow: { mode: "OFF" },
                target: {
                    arn: target.cluster.arn,
                    roleArn: role.arn,
                    ecsParameters: {
                        taskDefinitionArn: task.definition.arn,
                        taskCount: 1,
                        launchType: "FARGATE",
                        group: `${GROUP}${name}`,
                        propagateTags: "TASK_DEFINITION",
                        networkConfiguration: {
                            subnets: [...target.network.private],
                            securityGroups: [task.group.id],
                            assignPublicIp: false,
                        },
                    },
                    retryPolicy: RETRIES,
                    deadLetterConfig: { arn: unstarted.arn },
                },
            },
            target.opts({ parent, dependsOn: [...after, ...task.ready, ...target.network.ready] }),
        );
    }
}

/** It may start this one task, in this cluster, with the task's own two roles, and say so when it can't. */
function starter(target: AwsTarget, parent: pulumi.Resource, name: string, task: Task, unstarted: sqs.Queue): iam.Role {
    const { definition } = task;
    const key = target.keys.general.arn;
    return target.role(
        `${name}-schedule`,
        "scheduler.amazonaws.com",
        [
            {
                actions: ["ecs:RunTask"],
                resources: [pulumi.interpolate`${definition.arnWithoutRevision}:*`],
                condition: { ArnEquals: { "ecs:cluster": target.cluster.arn } },
            },
            {
                actions: ["iam:PassRole"],
                resources: [task.roles.execution.arn, task.roles.application.arn],
                condition: { StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
            },
            { actions: ["sqs:SendMessage"], resources: [unstarted.arn] },
            {
                actions: ["kms:Decrypt", "kms:GenerateDataKey"],
                resources: [key],
                condition: { StringEquals: { "kms:ViaService": `sqs.${target.options.region}.amazonaws.com` } },
            },
        ],
        parent,
        { StringEquals: { "aws:SourceAccount": target.account.id } },
    );
}

/** What AWS couldn't start. */
function notStarted(target: AwsTarget, parent: pulumi.Resource): sqs.Queue {
    const queue = new sqs.Queue(
        "schedules",
        { name: target.name("schedules"), kmsMasterKeyId: target.keys.general.arn, messageRetentionSeconds: KEPT_SECONDS },
        target.opts({ parent }),
    );
    target.watch.alarm(
        "schedules-not-started",
        {
            namespace: "AWS/SQS",
            metric: "ApproximateNumberOfMessagesVisible",
            dimensions: { QueueName: queue.name },
            statistic: "Maximum",
            above: 0,
            periods: 1,
            description: `A job on a schedule was not started: the messages in the queue ${target.name("schedules")} say why; delete them when that is mended`,
        },
        parent,
    );
    return queue;
}

/** What ended with another exit code than 0, or didn't get as far as that. */
function endedBadly(target: AwsTarget, parent: pulumi.Resource): void {
    const pattern = {
        source: ["aws.ecs"],
        "detail-type": ["ECS Task State Change"],
        detail: {
            clusterArn: [target.cluster.arn],
            group: [{ prefix: GROUP }],
            lastStatus: ["STOPPED"],
            $or: [{ containers: { exitCode: [{ "anything-but": 0 }] } }, { stopCode: ["TaskFailedToStart"] }],
        },
    };
    const rule = new cloudwatch.EventRule(
        "schedules",
        {
            name: target.name("schedules"),
            description: "Jobs on a schedule that ended badly",
            eventPattern: pulumi.jsonStringify(pattern),
        },
        target.opts({ parent }),
    );
    new cloudwatch.EventTarget(
        "schedules",
        {
            rule: rule.name,
            arn: target.watch.topicArn,
            inputTransformer: {
                inputPaths: { group: "$.detail.group", reason: "$.detail.stoppedReason", task: "$.detail.taskArn" },
                inputTemplate: `"${target.stack}: <group> ended badly: <reason>. Its log is in /ecs/${target.stack}-…, the task was <task>"`,
            },
        },
        target.opts({ parent }),
    );
}
