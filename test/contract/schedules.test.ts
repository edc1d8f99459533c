import { awsCron, parseCron, shellFields } from "../../components/web-stack/cron";
import { CONTAINER, shared } from "../unit/support/mocks";
import { AwsGraph, list } from "./support/aws-graph";
import { AWS, demoOn } from "./support/deployed";

/* Jobs that run at times of their own: one description, a container that waits on a Docker host, a schedule of EventBridge on AWS. */

const CRON = "15 4 * * 1-5";
const SHOP = {
    "quai:application": "custom",
    "quai:services": {},
    "quai:images": { shop: `registry.internal.corp/shop@sha256:${"1".repeat(64)}` },
    "quai:custom": {
        name: "shop",
        databases: ["postgres"],
        secrets: { key: { kind: "key" } },
        files: { media: { user: 1000 } },
        services: {
            shop: {
                port: 3000,
                user: 1000,
                command: ["shop", "serve"],
                files: { "/media": "media" },
                env: { DATABASE_URL: "${database.url}", KEY_FILE: "${file:secrets.key}", LEVEL: "info" },
            },
        },
        jobs: {
            migrate: { like: "shop", command: ["shop", "migrate"], env: { DATABASE_URL: "${migration.url}" } },
            sweep: { like: "shop", command: ["shop", "sweep", "--all"], cron: CRON, deadline: "20m", memory: "256m" },
        },
        routes: [{ path: "/", to: "shop" }],
    },
};

const onDocker = shared(() => demoOn({ kind: "docker" }, SHOP));
const onAws = shared(async () => new AwsGraph(await demoOn(AWS, SHOP)));
const cron = parseCron(CRON);

test("the same command at the same times, ended after the same time, by the same user with the same files and secrets", async () => {
    if (cron === undefined) throw new Error("not read");
    const { inputs } = (await onDocker()).get(CONTAINER, "sweep");
    const docker = inputs as unknown as {
        readonly command: string[];
        readonly envs: string[];
        readonly user: string;
        readonly readOnly: boolean;
        readonly memory: number;
        readonly mounts: readonly { readonly target: string }[];
    };
    const graph = await onAws();
    const main = graph.containers("sweep-task").find(({ name }) => name === "sweep");
    // A shell reads the secrets' variables first, then becomes the one that waits.
    const [sh, c, , name, ...rest] = docker.command;
    expect([sh, c, name, rest]).toEqual(["/bin/sh", "-c", "quai", [...shellFields(cron), "1200", "shop", "sweep", "--all"]]);
    expect([main?.entryPoint, main?.command]).toEqual([
        ["timeout", "-k", "10"],
        ["1200", "shop", "sweep", "--all"],
    ]);
    expect(graph.get("scheduler/schedule", "sweep").inputs).toMatchObject({
        scheduleExpression: awsCron(cron),
        scheduleExpressionTimezone: "UTC",
    });
    expect(main?.user).toBe(docker.user);
    expect(main?.readonlyRootFilesystem).toBe(docker.readOnly);
    expect(main?.mountPoints.map(({ containerPath }) => containerPath)).toEqual(expect.arrayContaining(["/media", "/run/secrets"]));
    expect(docker.mounts.map(({ target }) => target).sort()).toEqual(["/media", "/run/secrets"]);
    expect(docker.envs).toContain("LEVEL=info");
    expect(main?.environment).toContainEqual({ name: "LEVEL", value: "info" });
    expect([docker.memory, graph.get("ecs/taskDefinition", "sweep-task").inputs["memory"]]).toEqual([256, "512"]);
});

test("R12: both follow last of a release, and are no part of what comes before it", async () => {
    const [docker, graph] = [await onDocker(), await onAws()];
    expect(docker.get(CONTAINER, "sweep").after).toContain("proxy-routes");
    expect(docker.get(CONTAINER, "sweep").deleteBeforeReplace).toBe(true);
    expect(graph.get("scheduler/schedule", "sweep").after).toContain("proxy-routes");
    expect(graph.of("lambda/invocation").filter(({ name }) => name.startsWith("sweep"))).toEqual([]);
    expect(graph.of("ecs/service").map(({ name }) => name)).toEqual(["shop"]);
    for (const { result } of [docker, graph.recording as typeof docker]) {
        expect(result.services.map(({ name, kind }) => `${kind} ${name}`)).toEqual(["service shop", "scheduler sweep"]);
    }
});

test("R61: a run that failed is known: an unhealthy container; on AWS a mail, as for a task that couldn't be started", async () => {
    const health = (await onDocker()).get(CONTAINER, "sweep").inputs["healthcheck"] as { tests: string[] };
    expect(health.tests.at(-1)).toBe("[ ! -e /tmp/.failed ]");
    const graph = await onAws();
    const { target } = graph.get("scheduler/schedule", "sweep").inputs as unknown as {
        target: { deadLetterConfig: { arn: string }; retryPolicy: object; ecsParameters: { group: string } };
    };
    expect(target.deadLetterConfig.arn).toBe(graph.arnOf("sqs/queue", "schedules"));
    expect(target.retryPolicy).toEqual({ maximumRetryAttempts: 5, maximumEventAgeInSeconds: 900 });
    const topic = graph.arnOf("sns/topic", "alarms");
    expect(graph.get("cloudwatch/metricAlarm", "schedules-not-started").inputs).toMatchObject({
        namespace: "AWS/SQS",
        dimensions: { QueueName: "shop-prod-schedules" },
        threshold: 0,
        alarmActions: [topic],
    });
    const { eventPattern } = graph.get("cloudwatch/eventRule", "schedules").inputs;
    const { detail } = JSON.parse(String(eventPattern)) as { detail: { clusterArn: string[]; group: { prefix: string }[] } };
    expect(detail.clusterArn).toEqual([graph.arnOf("ecs/cluster", "cluster")]);
    expect(target.ecsParameters.group.startsWith(detail.group[0]?.prefix ?? "-")).toBe(true);
    expect(graph.get("cloudwatch/eventTarget", "schedules").inputs["arn"]).toBe(topic);
    // EventBridge may tell the topic, and use its key; where nothing is scheduled or backed up it may not.
    const without = new AwsGraph(await demoOn(AWS, { "quai:backup": false }));
    for (const [type, name] of [
        ["sns/topicPolicy", "alarms"],
        ["kms/key", "key-general"],
    ] as const) {
        expect(String(graph.get(type, name).inputs["policy"])).toContain("events.amazonaws.com");
        expect(String(without.get(type, name).inputs["policy"])).not.toContain("events.amazonaws.com");
    }
});

test("R122: the schedule's role may start this task in this cluster, with the task's own roles, and nothing else", async () => {
    const graph = await onAws();
    const rights = graph.statements().filter(({ role }) => role === "sweep-schedule");
    expect(rights.map(({ Action, Resource, Condition }) => [list(Action), list(Resource), Condition])).toEqual([
        [
            ["ecs:RunTask"],
            ["arn:aws:ecs:eu-west-3:123456789012:task-definition/shop-prod-sweep:*"],
            { ArnEquals: { "ecs:cluster": graph.arnOf("ecs/cluster", "cluster") } },
        ],
        [
            ["iam:PassRole"],
            [graph.arnOf("iam/role", "sweep-start"), graph.arnOf("iam/role", "sweep-task")],
            { StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
        ],
        [["sqs:SendMessage"], [graph.arnOf("sqs/queue", "schedules")], undefined],
        [
            ["kms:Decrypt", "kms:GenerateDataKey"],
            [graph.arnOf("kms/key", "key-general")],
            { StringEquals: { "kms:ViaService": "sqs.eu-west-3.amazonaws.com" } },
        ],
    ]);
    const trust = JSON.parse(String(graph.get("iam/role", "sweep-schedule").inputs["assumeRolePolicy"])) as { Statement: object[] };
    expect(trust.Statement).toMatchObject([
        {
            Principal: { Service: "scheduler.amazonaws.com" },
            Condition: { StringEquals: { "aws:SourceAccount": "123456789012" } },
        },
    ]);
    expect(graph.ways().filter((way) => way.startsWith("sweep"))).toEqual(["sweep > media-files:2049", "sweep > postgres:5432"]);
    expect(graph.readers()["sweep-start"]).toEqual(["databaseAuthority", "databaseUrl", "key"]);
    expect(graph.get("sqs/queue", "schedules").inputs["kmsMasterKeyId"]).toBe(graph.arnOf("kms/key", "key-general"));
});

test("a stopped stack runs nothing; one without schedules has nothing of them", async () => {
    const stopped = { ...SHOP, "quai:running": false };
    expect((await demoOn({ kind: "docker" }, stopped)).of(CONTAINER)).toEqual([]);
    for (const graph of [new AwsGraph(await demoOn(AWS, stopped)), new AwsGraph(await demoOn(AWS))]) {
        const found = ["scheduler/schedule", "sqs/queue", "cloudwatch/eventRule"].flatMap((type) => graph.of(type).map(({ name }) => name));
        // The backups go on.
        expect(found).toEqual(["backup-failed"]);
    }
});
