import * as budgets from "@pulumi/aws/budgets";
import * as cloudwatch from "@pulumi/aws/cloudwatch";
import * as sns from "@pulumi/aws/sns";
import * as pulumi from "@pulumi/pulumi";
import type { AwsTarget } from "../../targets/aws-target";
import { policy } from "./policy";

export interface Metric {
    /** e.g. `AWS/ApplicationELB`. */
    readonly namespace: string;
    readonly metric: string;
    readonly dimensions: Readonly<Record<string, pulumi.Input<string>>>;
    readonly statistic: "Sum" | "Average" | "Maximum" | "Minimum";
}

export interface AlarmArgs extends Metric {
    /** For whoever gets the mail: what it means and where to look. */
    readonly description: string;
    readonly above?: number;
    readonly below?: number;
    /** Seconds. @default 300 (guide 004) */
    readonly period?: number;
    /** So many periods in a row. @default 2 (guide 004) */
    readonly periods?: number;
    /** What silence means; `ignore`: as it was before. @default "notBreaching" */
    readonly missing?: "notBreaching" | "breaching" | "ignore";
    /** It changes its colour, and tells nobody. @default false */
    readonly quiet?: boolean;
    /** Where its metric is, if not in the stack's region: alarms can't see further. */
    readonly region?: string;
}

type Section = "health" | "performance" | "resources" | "sessions";
type Graph = Metric & { readonly section: Section; readonly title: string };

const SECTIONS: readonly Section[] = ["health", "performance", "resources", "sessions"];

/** Alarms, whom they're sent to, and the dashboard. */
export class Watch {
    private readonly topic: sns.Topic;
    private readonly elsewhere = new Map<string, sns.Topic>();
    private readonly graphs: Graph[] = [];

    constructor(private readonly target: AwsTarget) {
        this.topic = new sns.Topic("alarms", { name: target.name("alarms"), kmsMasterKeyId: target.keys.general.arn }, target.opts());
        const publishers = ["cloudwatch", ...(target.eventsTell ? ["events"] : [])];
        new sns.TopicPolicy(
            "alarms",
            {
                arn: this.topic.arn,
                policy: policy(
                    publishers.map((service) => ({
                        Effect: "Allow",
                        Principal: { Service: `${service}.amazonaws.com` },
                        Action: "sns:Publish",
                        Resource: this.topic.arn,
                        Condition: { StringEquals: { "aws:SourceAccount": target.account.id } },
                    })),
                ),
            },
            target.opts(),
        );
        const { alarmEmail, monthlyBudget } = target.options;
        this.mail("alarms-mail", this.topic);
        if (monthlyBudget !== undefined && alarmEmail !== undefined) {
            this.budget(monthlyBudget, alarmEmail);
        }
    }

    /** Where alarms are sent. */
    get topicArn(): pulumi.Output<string> {
        return this.topic.arn;
    }

    /** An alarm can only tell a topic of its own region. That one has no key of the stack's, which is elsewhere: it sees names of alarms, never data. */
    private topicIn(region: string | undefined): sns.Topic {
        if (region === undefined || region === this.target.options.region) return this.topic;
        const known = this.elsewhere.get(region);
        if (known !== undefined) return known;
        const logical = `alarms-${region}`;
        const topic = new sns.Topic(logical, { name: this.target.name("alarms"), region }, this.target.opts());
        this.mail(`${logical}-mail`, topic, region);
        this.elsewhere.set(region, topic);
        return topic;
    }

    /** AWS asks the address by mail whether it wants them: until somebody there says yes, nothing is sent. */
    private mail(logical: string, topic: sns.Topic, region?: string): void {
        const { alarmEmail } = this.target.options;
        if (alarmEmail === undefined) return;
        new sns.TopicSubscription(logical, { topic: topic.arn, protocol: "email", endpoint: alarmEmail, region }, this.target.opts());
    }

    alarm(logical: string, args: AlarmArgs, parent: pulumi.Resource): void {
        this.target.costs.add("Alarm", 1);
        const topic = this.topicIn(args.region);
        new cloudwatch.MetricAlarm(
            logical,
            {
                name: this.target.name(logical),
                alarmDescription: args.description,
                namespace: args.namespace,
                metricName: args.metric,
                dimensions: args.dimensions,
                statistic: args.statistic,
                period: args.period ?? 300,
                evaluationPeriods: args.periods ?? 2,
                comparisonOperator: args.below === undefined ? "GreaterThanThreshold" : "LessThanThreshold",
                threshold: args.below ?? args.above,
                treatMissingData: args.missing ?? "notBreaching",
                ...(args.quiet === true ? { actionsEnabled: false } : {}),
                alarmActions: [topic.arn],
                okActions: [topic.arn],
                region: args.region,
            },
            this.target.opts({ parent }),
        );
    }

    graph(section: Section, title: string, metric: Metric): void {
        this.graphs.push({ ...metric, section, title });
    }

    /** Once everything that has graphs is declared. */
    dashboard(): void {
        if (this.graphs.length === 0) {
            return;
        }
        this.target.costs.add("Dashboard", 1);
        const ordered = SECTIONS.flatMap((section) => this.graphs.filter((graph) => graph.section === section));
        const widgets = ordered.map((graph, index) => ({
            type: "metric",
            x: (index % 3) * 8,
            y: Math.floor(index / 3) * 6,
            width: 8,
            height: 6,
            properties: {
                title: `${graph.section}: ${graph.title}`,
                region: this.target.options.region,
                stat: graph.statistic,
                period: 300,
                metrics: [[graph.namespace, graph.metric, ...Object.entries(graph.dimensions).flat()]],
            },
        }));
        new cloudwatch.Dashboard(
            "dashboard",
            { dashboardName: this.target.stack, dashboardBody: pulumi.jsonStringify({ widgets }) },
            this.target.opts(),
        );
    }

    private budget(dollars: number, mail: string): void {
        const notice = (notificationType: "ACTUAL" | "FORECASTED", threshold: number) => ({
            comparisonOperator: "GREATER_THAN",
            notificationType,
            threshold,
            thresholdType: "PERCENTAGE",
            subscriberEmailAddresses: [mail],
        });
        new budgets.Budget(
            "budget",
            {
                name: this.target.name("monthly"),
                budgetType: "COST",
                limitAmount: String(dollars),
                limitUnit: "USD",
                timeUnit: "MONTHLY",
                costFilters: [{ name: "TagKeyValue", values: [`user:quai:stack$${this.target.stack}`] }],
                notifications: [notice("ACTUAL", 80), notice("ACTUAL", 100), notice("FORECASTED", 100)],
            },
            this.target.opts(),
        );
    }
}
