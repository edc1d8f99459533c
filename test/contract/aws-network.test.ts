import { shared } from "../unit/support/mocks";
import { AwsGraph, statementsOf } from "./support/aws-graph";
import { AWS, demoOn } from "./support/deployed";

/* Ways out of the network, and what is written down of who used them; backups beyond the plan. */

const ECR = "123456789012.dkr.ecr.eu-west-3.amazonaws.com";
const image = (digit: string) => `${ECR}/demo@sha256:${digit.repeat(64)}`;
const CLOSED = { "quai:imageMirror": `${ECR}/docker`, "quai:images": { api: image("1"), web: image("2") } };
const of = (target: object, more: Readonly<Record<string, unknown>> = {}) =>
    shared(async () => new AwsGraph(await demoOn({ ...AWS, ...target }, more)));
const one = of({});
const perZone = of({ nat: "per-zone", zones: 3 });
const none = of({ nat: "none", endpoints: true }, CLOSED);

/** Private table → the zone of the gateway that it leads to. */
const ways = (graph: AwsGraph): Record<string, string> =>
    Object.fromEntries(
        graph.of("ec2/route").flatMap(({ inputs }) => {
            const table = graph.of("ec2/routeTable").find(({ name }) => graph.idOf("ec2/routeTable", name) === inputs["routeTableId"]);
            const gateway = graph.of("ec2/natGateway").find(({ name }) => graph.idOf("ec2/natGateway", name) === inputs["natGatewayId"]);
            const subnet = graph.of("ec2/subnet").find(({ name }) => graph.idOf("ec2/subnet", name) === gateway?.inputs["subnetId"]);
            return gateway === undefined ? [] : [[table?.name ?? "?", subnet?.name ?? "?"]];
        }),
    );

test("R109: one gateway for all zones, or one in each, or none", async () => {
    expect(ways(await one())).toEqual({ "private-1": "public-1", "private-2": "public-1" });
    expect(ways(await perZone())).toEqual({ "private-1": "public-1", "private-2": "public-2", "private-3": "public-3" });
    expect([ways(await none()), (await none()).of("ec2/natGateway"), (await none()).of("ec2/eip")]).toEqual([{}, [], []]);
});

test("R109: endpoints for all that a task needs, from this network alone; the one to S3 is always there", async () => {
    const graph = await none();
    const services = (each: AwsGraph) =>
        each.of("ec2/vpcEndpoint").map(({ inputs }) => String(inputs["serviceName"]).replace("com.amazonaws.eu-west-3.", ""));
    expect(services(graph).sort()).toEqual(["ecr.api", "ecr.dkr", "kms", "logs", "s3", "secretsmanager", "ssmmessages"]);
    expect(services(await one())).toEqual(["s3"]);
    const subnets = ["private-1", "private-2"].map((name) => graph.idOf("ec2/subnet", name));
    for (const { name, inputs } of graph.of("ec2/vpcEndpoint").filter((each) => each.inputs["vpcEndpointType"] === "Interface")) {
        expect([name, inputs]).toEqual([
            name,
            expect.objectContaining({
                privateDnsEnabled: true,
                subnetIds: subnets,
                securityGroupIds: [graph.idOf("ec2/securityGroup", "ways")],
            }),
        ]);
    }
    expect(graph.ways()).toContain("10.0.0.0/16 > ways:443");
});

test("R109: without a way out, images that are elsewhere are refused, the official ones too", async () => {
    const why = "as quai:target.nat: none leaves no way to other registries";
    const target = { ...AWS, nat: "none", endpoints: true };
    await expect(demoOn(target, { "quai:images": { api: image("1"), web: "ghcr.io/acme/web:1.0.0" } })).rejects.toThrow(
        new RegExp(
            `quai:images\\.web: must be in ECR, ${why} \\(got "ghcr.io/acme/web:1.0.0"\\)\\n.*quai:imageMirror: is required, ${why}`,
        ),
    );
    await expect(demoOn(target, { ...CLOSED, "quai:imageMirror": "mirror.internal.corp/docker" })).rejects.toThrow(
        `quai:imageMirror: must be in ECR, ${why}`,
    );
});

test("R91: all traffic is written down, encrypted, as long as other logs; not where the settings say so", async () => {
    const graph = await one();
    const group = graph.of("cloudwatch/logGroup").find(({ inputs }) => inputs["name"] === "/quai/demo-prod/network");
    expect(group?.inputs).toMatchObject({ retentionInDays: 30, kmsKeyId: graph.arnOf("kms/key", "key-general") });
    expect(graph.get("ec2/flowLog", "network").inputs).toMatchObject({
        trafficType: "ALL",
        vpcId: graph.idOf("ec2/vpc", "network"),
        logDestination: graph.arnOf("cloudwatch/logGroup", group?.name ?? ""),
    });
    expect((await of({ flowLogs: false })()).of("ec2/flowLog")).toEqual([]);
});

test("R60, R118: restores are tried on the drill's schedule; copies live in another region; a lock holds for both vaults; failures are told", async () => {
    const graph = await of({ backupCopy: "eu-central-1", backupLock: true })();
    const vault = graph.arnOf("backup/vault", "backup");
    expect(graph.get("backup/restoreTestingPlan", "drill").inputs).toMatchObject({
        // Weekly, three hours after the backup of 03:30.
        scheduleExpression: "cron(30 6 ? * SUN *)",
        scheduleExpressionTimezone: "Europe/Paris",
        recoveryPointSelection: { includeVaults: [vault], algorithm: "LATEST_WITHIN_WINDOW" },
    });
    const tried = graph
        .of("backup/restoreTestingSelection")
        .map(({ inputs }) => [inputs["protectedResourceType"], inputs["protectedResourceArns"]]);
    expect(Object.fromEntries(tried)).toEqual({
        RDS: [graph.arnOf("rds/instance", "postgres")],
        EFS: [graph.arnOf("efs/fileSystem", "uploads")],
    });
    expect(graph.get("backup/vault", "backup-copies").inputs["region"]).toBe("eu-central-1");
    const rules = graph.get("backup/plan", "backup").inputs["rules"] as {
        lifecycle: object;
        copyActions: { destinationVaultArn: string; lifecycle: object }[];
    }[];
    for (const { lifecycle, copyActions } of rules) {
        expect(copyActions).toEqual([{ destinationVaultArn: graph.arnOf("backup/vault", "backup-copies"), lifecycle }]);
    }
    const locked = graph.of("backup/vaultLockConfiguration").map(({ name, inputs }) => [name, inputs["minRetentionDays"]]);
    expect(Object.fromEntries(locked)).toEqual({ backup: 1, "backup-copies": 1 });
    expect(graph.get("cloudwatch/metricAlarm", "backup-failed").inputs).toMatchObject({
        metricName: "NumberOfBackupJobsFailed",
        dimensions: { BackupVaultName: "demo-prod-backup" },
        threshold: 0,
    });
    // A copy or a restore that fails has no metric of this vault; the stack's own role tells them from others'.
    const { eventPattern } = graph.get("cloudwatch/eventRule", "backup-failed").inputs;
    expect(JSON.parse(String(eventPattern))).toMatchObject({
        source: ["aws.backup"],
        "detail-type": ["Backup Job State Change", "Copy Job State Change", "Restore Job State Change"],
        detail: { iamRoleArn: [graph.arnOf("iam/role", "backup")] },
    });
    expect(graph.get("cloudwatch/eventTarget", "backup-failed").inputs["arn"]).toBe(graph.arnOf("sns/topic", "alarms"));
    const publishers = statementsOf(graph.get("sns/topicPolicy", "alarms").inputs["policy"]).map(({ Principal }) => Principal);
    expect(publishers).toContainEqual({ Service: "events.amazonaws.com" });
    expect((await demoOn(AWS, { "quai:backup": { drill: "never" } })).list().filter((name) => name.includes("restoreTesting"))).toEqual([]);
});

test("R123: every bucket is encrypted, closed, over TLS only, and what is written there ends", async () => {
    const graph = await of({ account: { trail: "create", guardDuty: "create", config: "create" } })();
    const days = (name: string) => {
        const [rule] = graph.get("s3/bucketLifecycleConfiguration", name).inputs["rules"] as [{ expiration?: { days: number } }];
        return rule.expiration?.days;
    };
    const sse = (name: string) => {
        const [rule] = graph.get("s3/bucketServerSideEncryptionConfiguration", name).inputs["rules"] as [
            { applyServerSideEncryptionByDefault: { sseAlgorithm: string; kmsMasterKeyId?: string } },
        ];
        return rule.applyServerSideEncryptionByDefault;
    };
    const names = graph.of("s3/bucket").map(({ name }) => name);
    expect(Object.fromEntries(names.map((name) => [name, days(name)]))).toEqual({ audit: 365, configuration: 365, "proxy-logs": 90 });
    // CloudTrail can write with the stack's key; the balancer and Config's delivery with S3's own alone.
    expect(sse("audit")).toEqual({ sseAlgorithm: "aws:kms", kmsMasterKeyId: graph.arnOf("kms/key", "key-general") });
    expect([sse("configuration"), sse("proxy-logs")]).toEqual([{ sseAlgorithm: "AES256" }, { sseAlgorithm: "AES256" }]);
    for (const name of names) {
        expect(graph.get("s3/bucketPublicAccessBlock", name).inputs).toMatchObject({
            blockPublicAcls: true,
            blockPublicPolicy: true,
            ignorePublicAcls: true,
            restrictPublicBuckets: true,
        });
        expect(String(graph.get("s3/bucketPolicy", name).inputs["policy"])).toContain(
            '"Condition":{"Bool":{"aws:SecureTransport":"false"}}',
        );
    }
});
