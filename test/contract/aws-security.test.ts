import { WITHOUT_RESOURCE } from "../../components/internal/aws/policy";
import type { Registered } from "../unit/support/mocks";
import { shared } from "../unit/support/mocks";
import { AwsGraph, list, statementsOf } from "./support/aws-graph";
import { AWS, demoOn } from "./support/deployed";

/* Who can reach what, and who may do what, over the whole graph of the demonstration. */

const demo = shared(async () => new AwsGraph(await demoOn({ ...AWS, endpoints: true }, { "quai:protect": true })));

test("R111: from the internet to the balancer, from there to each service's port, from services to what they use, and nothing else", async () => {
    expect((await demo()).ways()).toEqual(
        [
            "world > proxy:80",
            "world > proxy:443",
            "proxy > api:8000",
            "proxy > web:8080",
            "api > postgres:5432",
            "api > redis:6379",
            "api > uploads-files:2049",
            "worker > postgres:5432",
            "worker > redis:6379",
            "worker > uploads-files:2049",
            "scheduler > postgres:5432",
            "scheduler > redis:6379",
            "migrate > postgres:5432",
            "postgres-database > postgres:5432",
            "postgres-login-demo-web-1 > postgres:5432",
            "postgres-login-demo-migrate-1 > postgres:5432",
            "10.0.0.0/16 > ways:443",
        ].sort(),
    );
});

test("R111: each way is open from both ends; only 443 leads to the internet", async () => {
    const graph = await demo();
    const inside = graph.waysOut().filter((way) => !way.includes("> internet"));
    expect(inside).toEqual(graph.ways().filter((way) => !/^(world|10\.)/.test(way)));
    const outside = graph.waysOut().filter((way) => way.includes("> internet"));
    expect([...new Set(outside.map((way) => way.split(":")[1]))]).toEqual(["443"]);
    expect(outside.filter((way) => /^(postgres|redis|uploads-files|proxy) >/.test(way))).toEqual([]);
});

test("R109: containers have no public address; databases are in subnets without a way out", async () => {
    const graph = await demo();
    for (const { inputs } of graph.of("ecs/service")) {
        expect((inputs["networkConfiguration"] as { assignPublicIp: boolean }).assignPublicIp).toBe(false);
    }
    const isolated = ["isolated-1", "isolated-2"].map((name) => graph.idOf("ec2/subnet", name));
    for (const type of ["rds/subnetGroup", "elasticache/subnetGroup"]) {
        expect(graph.of(type).map(({ inputs }) => inputs["subnetIds"])).toEqual([isolated]);
    }
    const table = graph.idOf("ec2/routeTable", "isolated");
    expect(graph.of("ec2/route").filter(({ inputs }) => inputs["routeTableId"] === table)).toEqual([]);
    expect(graph.get("rds/instance", "postgres").inputs["publiclyAccessible"]).toBe(false);
    expect(graph.get("lb/loadBalancer", "proxy").inputs["internal"]).toBe(false);
});

test("R122: each secret can be read by exactly its users", async () => {
    const broker = ["databaseAuthority", "databaseUrl", "redisUrl"];
    expect((await demo()).readers()).toEqual({
        "api-start": [...broker, "jwtPrivate", "jwtPublic", "sessionKey"].sort(),
        "worker-start": broker,
        "scheduler-start": broker,
        "migrate-start": ["databaseAuthority", "migrationUrl"],
        "postgres-database-start": ["databaseAuthority", "postgresPassword", "postgresSetup"],
        "postgres-login-demo-web-1-start": ["databaseAuthority", "databasePasswordLogin", "postgresPassword"],
        "postgres-login-demo-migrate-1-start": ["databaseAuthority", "migrationPasswordLogin", "postgresPassword"],
        // The function that makes ElastiCache forget the former one.
        "runner-redis-password": ["redisPassword"],
    });
});

test("R122: no role may do everything, and nothing is granted on everything but what has no resource to name", async () => {
    const graph = await demo();
    const wide = graph.statements().flatMap(({ role, Action, Resource }) =>
        list(Action)
            .filter((action) => action.includes("*") || (list(Resource).includes("*") && WITHOUT_RESOURCE[action] === undefined))
            .map((action) => `${role}: ${action}`),
    );
    expect(wide).toEqual([]);
    expect(graph.of("iam/rolePolicyAttachment").map(({ inputs }) => String(inputs["policyArn"]).split("/").at(-1))).toEqual([
        "AWSBackupServiceRolePolicyForBackup",
        "AWSBackupServiceRolePolicyForRestores",
    ]);
});

test("R122: the role that starts a task and the role of the application are two, and only ECS can take them on", async () => {
    const graph = await demo();
    for (const { name, inputs } of graph.of("ecs/taskDefinition")) {
        expect([name, inputs["executionRoleArn"]]).not.toEqual([name, inputs["taskRoleArn"]]);
    }
    const principals = graph
        .of("iam/role")
        .map(
            ({ inputs }) =>
                (JSON.parse(String(inputs["assumeRolePolicy"])) as { Statement: { Principal: { Service: string } }[] }).Statement[0]
                    ?.Principal.Service,
        );
    expect([...new Set(principals)].sort()).toEqual([
        "backup.amazonaws.com",
        "ecs-tasks.amazonaws.com",
        "lambda.amazonaws.com",
        "vpc-flow-logs.amazonaws.com",
    ]);
});

const ENCRYPTED: Readonly<Record<string, (inputs: Registered["inputs"]) => boolean>> = {
    "rds/instance": (inputs) => inputs["storageEncrypted"] === true && typeof inputs["kmsKeyId"] === "string",
    "efs/fileSystem": (inputs) => inputs["encrypted"] === true && typeof inputs["kmsKeyId"] === "string",
    "elasticache/replicationGroup": (inputs) =>
        inputs["atRestEncryptionEnabled"] === true && inputs["transitEncryptionEnabled"] === true && typeof inputs["kmsKeyId"] === "string",
    "secretsmanager/secret": (inputs) => typeof inputs["kmsKeyId"] === "string",
    "cloudwatch/logGroup": (inputs) => typeof inputs["kmsKeyId"] === "string" && Number(inputs["retentionInDays"]) > 0,
    "backup/vault": (inputs) => typeof inputs["kmsKeyArn"] === "string",
    "sns/topic": (inputs) => typeof inputs["kmsMasterKeyId"] === "string",
};

test.each(Object.entries(ENCRYPTED))("R44, R91, R123: %s is encrypted with a key of the stack", async (type, isEncrypted) => {
    const found = (await demo()).of(type);
    expect(found.length).toBeGreaterThan(0);
    expect(found.filter(({ inputs }) => !isEncrypted(inputs)).map(({ name }) => name)).toEqual([]);
});

test("R43: the database takes TLS only; files are mounted over TLS only", async () => {
    const graph = await demo();
    expect(graph.of("rds/parameterGroup")[0]?.inputs["parameters"]).toContainEqual({
        name: "rds.force_ssl",
        value: "1",
        applyMethod: "immediate",
    });
    const [statement] = statementsOf(graph.get("efs/fileSystemPolicy", "uploads").inputs["policy"]) as unknown as {
        Condition: { Bool: Record<string, string> };
    }[];
    expect(statement?.Condition.Bool["aws:SecureTransport"]).toBe("true");
    const volumes = graph.get("ecs/taskDefinition", "api-task").inputs["volumes"] as {
        efsVolumeConfiguration?: { transitEncryption: string };
    }[];
    expect(volumes.flatMap(({ efsVolumeConfiguration }) => efsVolumeConfiguration?.transitEncryption ?? [])).toEqual(["ENABLED"]);
});

test("R48, R118: whatever holds data is protected from deletion, and in the backups", async () => {
    const graph = await demo();
    const data = [
        "rds/instance",
        "efs/fileSystem",
        "elasticache/replicationGroup",
        "backup/vault",
        "kms/key",
        "secretsmanager/secret",
    ].flatMap((type) => graph.of(type));
    // What is composed of others is composed again.
    expect(data.filter(({ protect }) => !protect).map(({ name }) => name)).toEqual(
        [
            "databaseAuthority",
            "postgresSetup",
            "databasePasswordLogin",
            "migrationPasswordLogin",
            "migrationUrl",
            "databaseUrl",
            "redisUrl",
        ].map((name) => `secret-${name}`),
    );
    // Or no secret could rotate: what a rotation leaves behind would be refused.
    expect(graph.of("secretsmanager/secretVersion").filter(({ protect }) => protect)).toEqual([]);
    expect(graph.get("rds/instance", "postgres").inputs).toMatchObject({
        deletionProtection: true,
        skipFinalSnapshot: false,
        deleteAutomatedBackups: false,
        backupRetentionPeriod: 7,
    });
    expect(graph.get("lb/loadBalancer", "proxy").inputs["enableDeletionProtection"]).toBe(true);
    expect(graph.get("backup/selection", "backup").inputs["resources"]).toEqual([
        graph.arnOf("rds/instance", "postgres"),
        graph.arnOf("efs/fileSystem", "uploads"),
    ]);
});

test("R27: no secret's value is in an input that isn't secret", async () => {
    const { recording } = await demo();
    for (const { type, name, inputs, secrets } of recording.resources.filter((each) => !each.type.startsWith("tls:"))) {
        const open = Object.entries(inputs).filter(([key]) => !secrets.some((path) => path.split(/[.[]/)[0] === key));
        for (const value of recording.generated) expect([type, name, JSON.stringify(open).includes(value)]).toEqual([type, name, false]);
    }
});

test("every resource has a parent and an explicit provider", async () => {
    for (const { type, name, parent, provider } of (await demo()).recording.resources.filter(
        (each) => !/^(pulumi|quai):/.test(each.type),
    )) {
        expect([type, name, parent === "", provider === ""]).toEqual([type, name, false, false]);
    }
});
