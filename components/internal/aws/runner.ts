import type * as ecs from "@pulumi/aws/ecs";
import type * as iam from "@pulumi/aws/iam";
import * as lambda from "@pulumi/aws/lambda";
import * as pulumi from "@pulumi/pulumi";
import { resolve } from "node:path";
import type { AwsTarget } from "../../targets/aws-target";
import { fitting, LONGEST } from "./names";

/** The longest that Lambda lets a function run, in seconds: no job may take longer. */
export const LONGEST_JOB = 900;

export interface RunArgs {
    /** As people know it, for messages. */
    readonly name: string;
    readonly task: ecs.TaskDefinition;
    /** The container whose exit code counts. */
    readonly container: string;
    readonly logGroup: pulumi.Input<string>;
    readonly securityGroup: pulumi.Input<string>;
    /** Instead of the container's own. */
    readonly command?: readonly string[];
    /** Run when the resource is deleted. @default nothing */
    readonly onDelete?: readonly string[];
    /** Whatever else makes it another run: with another value, the task runs again. @default nothing */
    readonly again?: pulumi.Input<string>;
    /** Whether nothing but `again` makes it another run, whatever else a later release does differently. @default false */
    readonly once?: boolean;
}

export interface AskArgs {
    /** The balancer's own name. */
    readonly address: pulumi.Input<string>;
    readonly paths: readonly { readonly host: string; readonly path: string }[];
    /** Whether they must say that the stack is in maintenance. */
    readonly maintenance: boolean;
    /** Service → release: what makes it another question. */
    readonly releases: Readonly<Record<string, string>>;
}

export interface SettleArgs {
    /** The server's name in ElastiCache. */
    readonly group: pulumi.Input<string>;
    readonly groupArn: pulumi.Input<string>;
    /** The version of its password that is to stay, as `valueFrom` of a container has it. */
    readonly password: pulumi.Input<string>;
    readonly passwordArn: pulumi.Input<string>;
}

/**
 * The way to run a task once, and to know how it ended, with nothing but AWS itself: a function starts it, waits, and fails with the last lines
 * of its log. Whoever deploys needs no AWS command line and no way into the network.
 */
export class Runner {
    private readonly fn: lambda.Function | undefined;

    constructor(
        private readonly target: AwsTarget,
        private readonly role: iam.Role,
    ) {
        if (!target.running) {
            return;
        }
        const name = fitting(target.name("runner"), LONGEST.function);
        const logs = target.logGroup("runner", `/quai/${target.stack}/runner`);
        const { region } = target.options;
        const { id, partition } = target.account;
        const inCluster = { ArnEquals: { "ecs:cluster": target.cluster.arn } };
        const ecsArn = (path: string) => pulumi.interpolate`arn:${partition}:ecs:${region}:${id}:${path}`;
        const rights = target.grant("runner", role, [
            { actions: ["logs:CreateLogStream", "logs:PutLogEvents"], resources: [pulumi.interpolate`${logs.arn}:*`] },
            { actions: ["ecs:RunTask"], resources: [ecsArn(`task-definition/${target.stack}-*:*`)], condition: inCluster },
            { actions: ["ecs:DescribeTasks"], resources: [ecsArn(`task/${target.stack}/*`)], condition: inCluster },
            { actions: ["ecs:DescribeServices"], resources: [ecsArn(`service/${target.stack}/*`)], condition: inCluster },
            {
                actions: ["logs:GetLogEvents"],
                resources: [pulumi.interpolate`arn:${partition}:logs:${region}:${id}:log-group:/ecs/${target.stack}-*:*`],
            },
            {
                actions: ["iam:PassRole"],
                resources: [pulumi.interpolate`arn:${partition}:iam::${id}:role/${target.stack}-*`],
                condition: { StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
            },
        ]);
        this.fn = new lambda.Function(
            "runner",
            {
                name,
                description: "Runs tasks of a release to their end, and sees to it that the release serves",
                runtime: "python3.13",
                handler: "index.handler",
                code: new pulumi.asset.FileArchive(resolve(__dirname, "runner-function")),
                role: role.arn,
                timeout: LONGEST_JOB,
                memorySize: 256,
                architectures: ["arm64"],
                loggingConfig: { logFormat: "Text", logGroup: logs.name },
            },
            target.opts({ dependsOn: [rights] }),
        );
    }

    /** Runs a task to its end when the resource is made; a non-zero exit code fails the update. */
    run(logical: string, args: RunArgs, parent: pulumi.Resource, after: readonly pulumi.Resource[]): pulumi.Resource {
        const { target } = this;
        const input = pulumi.jsonStringify({
            action: "run",
            name: args.name,
            cluster: target.cluster.name,
            taskDefinition: args.task.arn,
            container: args.container,
            subnets: target.network.private,
            securityGroups: [args.securityGroup],
            logGroup: args.logGroup,
            logPrefix: LOG_PREFIX,
            ...(args.command === undefined ? {} : { command: args.command }),
            ...(args.again === undefined ? {} : { again: args.again }),
            ...(args.onDelete === undefined ? {} : { onDelete: args.onDelete }),
        });
        const scope = args.onDelete === undefined ? "CREATE_ONLY" : "CRUD";
        const dependsOn = [...after, ...target.network.ready];
        if (args.once !== true) return this.invocation(logical, input, scope, { parent, dependsOn });
        const triggers = args.again === undefined ? undefined : { again: args.again };
        return this.invocation(logical, input, scope, { parent, dependsOn, ignoreChanges: ["input", "functionName"] }, triggers);
    }

    /** A run that was once and for all, while nothing runs: it stays in the state as it is, and so isn't made again afterwards. */
    keep(logical: string, parent: pulumi.Resource): pulumi.Resource {
        const ignoreChanges = ["functionName", "input", "lifecycleScope", "triggers"];
        return new lambda.Invocation(logical, { functionName: "", input: "" }, this.target.opts({ parent, ignoreChanges }));
    }

    /** Fails the update when, in the end, another release than this one serves. */
    verify(
        logical: string,
        service: ecs.Service,
        task: ecs.TaskDefinition,
        parent: pulumi.Resource,
        after: readonly pulumi.Resource[],
    ): pulumi.Resource {
        const input = pulumi.jsonStringify({
            action: "verify",
            name: logical,
            cluster: this.target.cluster.name,
            service: service.name,
            taskDefinition: task.arn,
        });
        return this.invocation(logical, input, "CREATE_ONLY", { parent, dependsOn: [...after] });
    }

    /** Fails the update when the public name doesn't answer; asked again for every release. */
    ask(logical: string, args: AskArgs, parent: pulumi.Resource, after: readonly pulumi.Resource[]): pulumi.Resource {
        const { maintenance, ...asked } = args;
        const input = pulumi.jsonStringify({ action: "ask", name: logical, ...asked, ...(maintenance ? { maintenance } : {}) });
        return this.invocation(logical, input, "CREATE_ONLY", { parent, dependsOn: [...after] });
    }

    /**
     * Lets ElastiCache forget the former password, whenever there is another one and everything uses it. Nothing is done the first time.
     */
    settle(logical: string, args: SettleArgs, parent: pulumi.Resource, after: readonly pulumi.Resource[]): pulumi.Resource {
        const { group, groupArn, password, passwordArn } = args;
        const rights = this.target.grant(
            `runner-${logical}`,
            this.role,
            [
                { actions: ["elasticache:DescribeReplicationGroups", "elasticache:ModifyReplicationGroup"], resources: [groupArn] },
                { actions: ["secretsmanager:GetSecretValue"], resources: [passwordArn] },
                { actions: ["kms:Decrypt"], resources: [this.target.keys.general.arn] },
            ],
            parent,
        );
        const input = pulumi.jsonStringify({ action: "settle", name: logical, group, password });
        return this.invocation(logical, input, "CRUD", { parent, dependsOn: [rights, ...after] });
    }

    private invocation(
        logical: string,
        input: pulumi.Output<string>,
        lifecycleScope: string,
        opts: pulumi.CustomResourceOptions,
        triggers?: Readonly<Record<string, pulumi.Input<string>>>,
    ): pulumi.Resource {
        if (this.fn === undefined) {
            throw new Error(`${logical}: nothing runs while quai:running is false`);
        }
        return new lambda.Invocation(logical, { functionName: this.fn.name, input, lifecycleScope, triggers }, this.target.opts(opts));
    }
}

/** First part of the names of log streams; the container's name and the task's id follow. */
export const LOG_PREFIX = "quai";
