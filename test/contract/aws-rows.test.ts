import { rateOf } from "../../components/tls-proxy/firewall-aws";
import { shared } from "../unit/support/mocks";
import { AwsGraph, list, statementsOf } from "./support/aws-graph";
import { AWS, demoOn } from "./support/deployed";

/* What guide 004 does by hand, row by row: read from the resources of the demonstration. */

const demo = shared(async () => new AwsGraph(await demoOn({ ...AWS, alarmEmail: "ops@quai.dev" }, { "quai:protect": true })));
const scaled = shared(
    async () =>
        new AwsGraph(
            await demoOn({
                ...AWS,
                scaleTo: { api: 4, worker: 6 },
                scaleOn: { api: { requests: 500 }, worker: { cpu: 50, queue: { namespace: "shop", metric: "QueueLength", each: 100 } } },
                spotWorkers: true,
                architecture: "arm64",
                throughput: { uploads: 100 },
            }),
        ),
);

test("R70: a certificate proved by DNS, which only TLS 1.2 and 1.3 use; http is redirected", async () => {
    const graph = await demo();
    expect(graph.get("acm/certificate", "proxy").inputs).toMatchObject({ domainName: "demo.quai.dev", validationMethod: "DNS" });
    const record = graph.get("route53/record", "proxy-validation-demo.quai.dev").inputs;
    expect(record).toMatchObject({ zoneId: AWS.hostedZone, type: "CNAME" });
    expect(graph.get("acm/certificateValidation", "proxy").inputs["validationRecordFqdns"]).toEqual([
        String(record["name"]).replace(/\.$/, ""),
    ]);
    expect(graph.get("lb/listener", "proxy-https").inputs).toMatchObject({
        port: 443,
        protocol: "HTTPS",
        sslPolicy: "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
        certificateArn: graph.arnOf("acm/certificate", "proxy"),
    });
    expect(graph.get("lb/listener", "proxy-http").inputs).toMatchObject({
        port: 80,
        defaultActions: [{ type: "redirect", redirect: { protocol: "HTTPS", port: "443", statusCode: "HTTP_301" } }],
    });
});

test("R75, R110: public, protected, with access logs; silent WebSockets live for an hour and come back to their task", async () => {
    const graph = await demo();
    expect(graph.get("lb/loadBalancer", "proxy").inputs).toMatchObject({
        internal: false,
        enableDeletionProtection: true,
        dropInvalidHeaderFields: true,
        idleTimeout: 3600,
        accessLogs: { enabled: true },
    });
    const sticky = graph.of("lb/targetGroup").map(({ name, inputs }) => [name, (inputs["stickiness"] as { enabled: boolean }).enabled]);
    expect(Object.fromEntries(sticky)).toEqual({ "api-targets": true, "web-targets": false });
});

test("R91: a group of logs for each service, encrypted, kept as long as the settings say", async () => {
    const graph = new AwsGraph(await demoOn({ ...AWS, logDays: 90 }));
    const groups = Object.fromEntries(graph.of("cloudwatch/logGroup").map(({ inputs }) => [String(inputs["name"]), inputs]));
    const key = graph.arnOf("kms/key", "key-general");
    for (const service of ["api", "web", "worker", "scheduler", "migrate"]) {
        expect(groups[`/ecs/demo-prod-${service}`]).toMatchObject({ retentionInDays: 90, kmsKeyId: key });
    }
    const main = JSON.parse(String(graph.get("ecs/taskDefinition", "api-task").inputs["containerDefinitions"])) as {
        logConfiguration: { options: Record<string, string> };
    }[];
    expect(main.map(({ logConfiguration }) => logConfiguration.options["awslogs-group"])).toEqual([
        "/ecs/demo-prod-api",
        "/ecs/demo-prod-api",
    ]);
});

test("R97: more than ten errors in five minutes, twice in a row, of this very balancer, are told", async () => {
    const graph = await demo();
    const balancer = graph.outputOf("lb/loadBalancer", "proxy", "arnSuffix");
    const topic = graph.arnOf("sns/topic", "alarms");
    for (const [alarm, metricName] of [
        ["proxy-4xx", "HTTPCode_Target_4XX_Count"],
        ["proxy-5xx", "HTTPCode_Target_5XX_Count"],
        ["proxy-own-5xx", "HTTPCode_ELB_5XX_Count"],
    ] as const) {
        expect(graph.get("cloudwatch/metricAlarm", alarm).inputs).toMatchObject({
            namespace: "AWS/ApplicationELB",
            metricName,
            dimensions: { LoadBalancer: balancer },
            statistic: "Sum",
            period: 300,
            evaluationPeriods: 2,
            threshold: 10,
            comparisonOperator: "GreaterThanThreshold",
            alarmActions: [topic],
        });
    }
    for (const { name, inputs } of graph.of("cloudwatch/metricAlarm")) {
        expect([name, Object.values(inputs["dimensions"] as object).every((value) => typeof value === "string" && value !== "")]).toEqual([
            name,
            true,
        ]);
        expect([name, inputs["alarmActions"]]).toEqual([name, [topic]]);
    }
    expect(graph.get("sns/topicSubscription", "alarms-mail").inputs).toMatchObject({ topic, protocol: "email", endpoint: "ops@quai.dev" });
});

test("R97: files that get slow are told: by operations, and by throughput where it is provisioned; no credits, for nothing bursts", async () => {
    const elastic = await demo();
    const io = (graph: AwsGraph) => ({
        namespace: "AWS/EFS",
        metricName: "PercentIOLimit",
        dimensions: { FileSystemId: graph.idOf("efs/fileSystem", "uploads") },
        statistic: "Maximum",
        comparisonOperator: "GreaterThanThreshold",
        threshold: 80,
        alarmActions: [graph.arnOf("sns/topic", "alarms")],
    });
    expect(elastic.get("efs/fileSystem", "uploads").inputs["throughputMode"]).toBe("elastic");
    expect(elastic.get("cloudwatch/metricAlarm", "uploads-io").inputs).toMatchObject(io(elastic));
    const names = (graph: AwsGraph) => graph.of("cloudwatch/metricAlarm").map(({ name }) => name);
    expect(names(elastic)).not.toContain("uploads-throughput");
    const provisioned = await scaled();
    expect(provisioned.get("efs/fileSystem", "uploads").inputs["throughputMode"]).toBe("provisioned");
    expect(provisioned.get("cloudwatch/metricAlarm", "uploads-io").inputs).toMatchObject(io(provisioned));
    expect(provisioned.get("cloudwatch/metricAlarm", "uploads-throughput").inputs).toMatchObject({
        ...io(provisioned),
        metricName: "MeteredIOBytes",
        statistic: "Sum",
        period: 300,
        // Four fifths of 100 MiB/s for five minutes.
        threshold: 80 * 1024 * 1024 * 300,
    });
});

test("R70, R97: a certificate that nobody renews is told a month before its end", async () => {
    const graph = await demo();
    expect(graph.get("cloudwatch/metricAlarm", "proxy-certificate").inputs).toMatchObject({
        namespace: "AWS/CertificateManager",
        metricName: "DaysToExpiry",
        dimensions: { CertificateArn: graph.arnOf("acm/certificate", "proxy") },
        statistic: "Minimum",
        period: 86_400,
        evaluationPeriods: 1,
        threshold: 30,
        comparisonOperator: "LessThanThreshold",
        treatMissingData: "ignore",
        alarmActions: [graph.arnOf("sns/topic", "alarms")],
    });
    expect(graph.of("sns/topic")).toHaveLength(1);
});

test("R96, R98: the dashboard shows health, performance, resources and sessions of what there is", async () => {
    const graph = await demo();
    const { widgets } = JSON.parse(String(graph.get("cloudwatch/dashboard", "dashboard").inputs["dashboardBody"])) as {
        widgets: { properties: { title: string; metrics: string[][] } }[];
    };
    const sections = new Set(widgets.map(({ properties }) => properties.title.split(":")[0]));
    expect([...sections]).toEqual(["health", "performance", "resources", "sessions"]);
    const metrics = widgets.flatMap(({ properties }) => properties.metrics.map(([namespace = "", name = ""]) => `${namespace} ${name}`));
    for (const metric of [
        "AWS/ECS CPUUtilization",
        "AWS/ECS MemoryUtilization",
        "AWS/ApplicationELB ActiveConnectionCount",
        "AWS/ApplicationELB TargetResponseTime",
        "AWS/ApplicationELB HTTPCode_Target_4XX_Count",
        "AWS/ApplicationELB HTTPCode_Target_5XX_Count",
    ]) {
        expect(metrics).toContain(metric);
    }
    // Every value of a dimension is the name of something that this stack makes.
    const names = new Set(graph.names());
    const values = widgets.flatMap(({ properties }) => properties.metrics.flatMap((line) => line.slice(2).filter((_, i) => i % 2 === 1)));
    expect(values.filter((value) => !names.has(value))).toEqual([]);
});

test("R112: an image that is built has a repository: scanned, encrypted, tags never written twice, thirty releases to go back to", async () => {
    const graph = new AwsGraph(
        await demoOn(AWS, { "quai:images": { api: { build: "examples/demo/api" }, web: { build: "examples/demo/web" } } }),
    );
    for (const name of ["api-images", "web-images"]) {
        const repository = graph.get("ecr/repository", name).inputs;
        expect(repository).toMatchObject({
            imageTagMutability: "IMMUTABLE",
            imageScanningConfiguration: { scanOnPush: true },
            encryptionConfigurations: [{ encryptionType: "KMS", kmsKey: graph.arnOf("kms/key", "key-general") }],
        });
        const { repository: of, policy } = graph.get("ecr/lifecyclePolicy", name).inputs;
        expect(of).toBe(repository["name"]);
        expect((JSON.parse(String(policy)) as { rules: unknown[] }).rules).toMatchObject([
            { selection: { countType: "imageCountMoreThan", countNumber: 30 }, action: { type: "expire" } },
        ]);
    }
});

test("R113: a cluster for each environment, with insights, where shells are logged", async () => {
    const cluster = (await demo()).get("ecs/cluster", "cluster").inputs;
    expect(cluster).toMatchObject({ name: "demo-prod", settings: [{ name: "containerInsights", value: "enabled" }] });
    const other = new AwsGraph(await demoOn(AWS, {}, "staging"));
    expect(other.get("ecs/cluster", "cluster").inputs["name"]).toBe("demo-staging");
});

test("R114: services scale between their replicas and a most, on processors, memory, requests and a queue", async () => {
    const graph = await scaled();
    expect(graph.get("appautoscaling/target", "api-scale").inputs).toMatchObject({ minCapacity: 2, maxCapacity: 4 });
    const followed = Object.fromEntries(
        graph.of("appautoscaling/policy").map(({ name, inputs }) => [name, inputs["targetTrackingScalingPolicyConfiguration"]]),
    );
    expect(Object.keys(followed).sort()).toEqual(
        ["api-scale-cpu", "api-scale-memory", "api-scale-requests", "worker-scale-cpu", "worker-scale-memory", "worker-scale-queue"].sort(),
    );
    const label = `${graph.outputOf("lb/loadBalancer", "proxy", "arnSuffix")}/${graph.outputOf("lb/targetGroup", "api-targets", "arnSuffix")}`;
    expect(followed["api-scale-requests"]).toMatchObject({
        targetValue: 500,
        predefinedMetricSpecification: { predefinedMetricType: "ALBRequestCountPerTarget", resourceLabel: label },
    });
    expect(followed["worker-scale-cpu"]).toMatchObject({ targetValue: 50 });
    expect(followed["worker-scale-queue"]).toMatchObject({
        targetValue: 100,
        customizedMetricSpecification: { namespace: "shop", metricName: "QueueLength", statistic: "Average" },
    });
    const writes = graph.statements().filter(({ Action }) => list(Action).includes("cloudwatch:PutMetricData"));
    expect(writes.map(({ role, Condition }) => [role, Condition])).toEqual([
        ["worker-task", { StringEquals: { "cloudwatch:namespace": "shop" } }],
    ]);
});

test("R114: services join their target group, asked for their own health path; workers run on spare capacity, all on ARM where set", async () => {
    const graph = await scaled();
    expect(graph.get("ecs/service", "api").inputs["loadBalancers"]).toEqual([
        { targetGroupArn: graph.arnOf("lb/targetGroup", "api-targets"), containerName: "api", containerPort: 8000 },
    ]);
    expect(graph.get("lb/targetGroup", "api-targets").inputs["healthCheck"]).toMatchObject({ interval: 10, healthyThreshold: 2 });
    expect(graph.get("ecs/service", "worker").inputs).toMatchObject({
        capacityProviderStrategies: [{ capacityProvider: "FARGATE_SPOT", weight: 1 }],
    });
    expect(graph.get("ecs/service", "api").inputs["launchType"]).toBe("FARGATE");
    for (const { inputs } of graph.of("ecs/taskDefinition")) expect(inputs["runtimePlatform"]).toMatchObject({ cpuArchitecture: "ARM64" });
});

test("R115: ECS goes back by itself, and the update waits until it is steady and asks which release serves", async () => {
    const graph = await demo();
    for (const { name, inputs } of graph.of("ecs/service")) {
        expect([name, inputs["deploymentCircuitBreaker"], inputs["waitForSteadyState"]]).toEqual([
            name,
            { enable: true, rollback: true },
            true,
        ]);
        const proof = graph.of("lambda/invocation").find((each) => new RegExp(`^${name}-[0-9a-f]{8}$`).test(each.name));
        expect(JSON.parse(String(proof?.inputs["input"]))).toMatchObject({ action: "verify", service: name });
    }
});

test("R117: files are encrypted, of general purpose, as fast as set, in each private subnet, mounted by an access point", async () => {
    const graph = await scaled();
    expect(graph.get("efs/fileSystem", "uploads").inputs).toMatchObject({
        encrypted: true,
        performanceMode: "generalPurpose",
        throughputMode: "provisioned",
        provisionedThroughputInMibps: 100,
    });
    const targets = graph.of("efs/mountTarget").map(({ inputs }) => inputs["subnetId"]);
    expect(targets).toEqual(["private-1", "private-2"].map((name) => graph.idOf("ec2/subnet", name)));
    expect(graph.get("ecs/taskDefinition", "api-task").inputs["volumes"]).toContainEqual({
        name: "uploads",
        efsVolumeConfiguration: {
            fileSystemId: graph.idOf("efs/fileSystem", "uploads"),
            transitEncryption: "ENABLED",
            authorizationConfig: { accessPointId: graph.idOf("efs/accessPoint", "uploads"), iam: "ENABLED" },
        },
    });
    expect((await demo()).get("efs/fileSystem", "uploads").inputs["throughputMode"]).toBe("elastic");
});

test("R119: in production the database has a second server in another zone, and is encrypted", async () => {
    const graph = new AwsGraph(await demoOn({ ...AWS, multiAz: true }));
    expect(graph.get("rds/instance", "postgres").inputs).toMatchObject({
        multiAz: true,
        storageEncrypted: true,
        kmsKeyId: graph.arnOf("kms/key", "key-data"),
        performanceInsightsEnabled: true,
    });
    expect(graph.get("elasticache/replicationGroup", "redis").inputs).toMatchObject({ numCacheClusters: 2, multiAzEnabled: true });
});

test("R91, R120: whom the firewall refused is written down, encrypted, as long as other logs, without what may be a visitor's secret", async () => {
    const graph = await demo();
    const group = graph.of("cloudwatch/logGroup").find(({ inputs }) => inputs["name"] === "aws-waf-logs-demo-prod-proxy");
    expect(group?.inputs).toMatchObject({ retentionInDays: 30, kmsKeyId: graph.arnOf("kms/key", "key-general") });
    expect(graph.get("wafv2/webAclLoggingConfiguration", "proxy").inputs).toMatchObject({
        resourceArn: graph.arnOf("wafv2/webAcl", "proxy"),
        logDestinationConfigs: [graph.arnOf("cloudwatch/logGroup", group?.name ?? "")],
        loggingFilter: { defaultBehavior: "DROP", filters: [{ behavior: "KEEP", conditions: [{ actionCondition: { action: "BLOCK" } }] }] },
        redactedFields: [{ singleHeader: { name: "authorization" } }, { singleHeader: { name: "cookie" } }, { queryString: {} }],
    });
    const edge = new AwsGraph(await demoOn({ ...AWS, cdn: true }));
    expect(edge.get("wafv2/webAclLoggingConfiguration", "proxy-global").inputs).toMatchObject({
        resourceArn: edge.arnOf("wafv2/webAcl", "proxy-global"),
        region: "us-east-1",
    });
    expect(edge.get("cloudwatch/logGroup", "logs-proxy-firewall").inputs).toMatchObject({ region: "us-east-1", retentionInDays: 30 });
});

test("R120: the firewall stands before the balancer, with AWS's rules and the stack's own limits by address", async () => {
    const graph = await demo();
    expect(graph.get("wafv2/webAclAssociation", "proxy").inputs).toEqual({
        resourceArn: graph.arnOf("lb/loadBalancer", "proxy"),
        webAclArn: graph.arnOf("wafv2/webAcl", "proxy"),
    });
    const rules = JSON.parse(String(graph.get("wafv2/webAcl", "proxy").inputs["ruleJson"])) as {
        Name: string;
        Statement: { RateBasedStatement?: object };
    }[];
    expect(rules.map(({ Name }) => Name)).toEqual(
        expect.arrayContaining([
            "AWSManagedRulesAmazonIpReputationList",
            "AWSManagedRulesCommonRuleSet",
            "AWSManagedRulesKnownBadInputsRuleSet",
        ]),
    );
    const { limit, window } = rateOf({ name: "login", rate: { requests: 5, per: "minute" }, burst: 3 });
    expect(rules.find(({ Name }) => Name === "rate-login")?.Statement.RateBasedStatement).toMatchObject({
        AggregateKeyType: "IP",
        Limit: limit,
        EvaluationWindowSec: window,
    });
});

const ACCOUNT_WIDE = ["cloudtrail/trail", "guardduty/detector", "cfg/recorder", "cfg/recorderStatus", "cfg/deliveryChannel"];

test("R121: trail, intruder watch and record of configurations are made once, and outlive the stack", async () => {
    const graph = new AwsGraph(await demoOn({ ...AWS, account: { trail: "create", guardDuty: "create", config: "create" } }));
    expect(graph.get("cloudtrail/trail", "audit").inputs).toMatchObject({
        isMultiRegionTrail: true,
        includeGlobalServiceEvents: true,
        enableLogFileValidation: true,
        kmsKeyId: graph.arnOf("kms/key", "key-general"),
    });
    expect(graph.get("guardduty/detector", "intruders").inputs["enable"]).toBe(true);
    expect(graph.get("cfg/recorderStatus", "configuration").inputs["isEnabled"]).toBe(true);
    for (const type of ACCOUNT_WIDE) expect(graph.of(type).map(({ retainOnDelete }) => retainOnDelete)).toEqual([true]);
    const source = `arn:aws:cloudtrail:eu-west-3:123456789012:trail/demo-prod-audit`;
    const writers = statementsOf(graph.get("s3/bucketPolicy", "audit").inputs["policy"]).filter(({ Effect }) => Effect === "Allow");
    expect(writers.map(({ Condition }) => Condition)).toEqual(writers.map(() => ({ StringEquals: { "aws:SourceArn": source } })));
    expect(graph.get("cloudwatch/eventTarget", "intruders").inputs["arn"]).toBe(graph.arnOf("sns/topic", "alarms"));
});

test("R121: declared as existing, none of it is made", async () => {
    const graph = new AwsGraph(await demoOn({ ...AWS, account: { trail: "existing", guardDuty: "existing", config: "existing" } }));
    expect(ACCOUNT_WIDE.flatMap((type) => graph.of(type))).toEqual([]);
});
