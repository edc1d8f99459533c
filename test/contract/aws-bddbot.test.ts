import { deploy } from "../../infra/deploy";
import { record, shared } from "../unit/support/mocks";
import { AwsGraph } from "./support/aws-graph";
import { bddbot } from "./support/bddbot";

/* Guide 004 as its stack file says it, placeholders replaced: who reaches what, and what the guide asks of AWS. */

async function real(environment: "staging" | "production", more: Readonly<Record<string, unknown>> = {}): Promise<AwsGraph> {
    const texts = Object.entries({ ...bddbot(environment), ...more }).map(([key, value]): [string, string] => [
        key,
        typeof value === "string" ? value : JSON.stringify(value),
    ]);
    return new AwsGraph(await record(deploy, { stack: `bddbot-${environment}`, config: Object.fromEntries(texts) }));
}

const production = shared(() => real("production"));
const staging = shared(() => real("staging"));

test("R111: CloudFront to the balancer, to 3001 and 8080, the backend to its files; nothing else", async () => {
    expect((await production()).ways()).toEqual(
        ["cloudfront > proxy:443", "proxy > backend:3001", "proxy > frontend:8080", "backend > data-files:2049"].sort(),
    );
});

test("R111: staging without CloudFront: the world to 80 and 443", async () => {
    expect((await staging()).ways().filter((way) => way.startsWith("world"))).toEqual(["world > proxy:443", "world > proxy:80"]);
});

test("R29: JSON secrets of Secrets Manager reach the container by key, none is copied, and nobody else reads them", async () => {
    const graph = await production();
    const secret = (name: string) => `arn:aws:secretsmanager:us-east-1:123456789012:secret:${name}`;
    const backend = graph.containers("backend-task").find(({ name }) => name === "backend");
    expect(backend?.secrets).toEqual([
        { name: "JWT_SECRET", valueFrom: `${secret("bdd-bot/jwt")}:secret::` },
        { name: "OPENAI_API_KEY", valueFrom: `${secret("bdd-bot/openai")}:api_key::` },
        { name: "OPENAI_ORG_ID", valueFrom: `${secret("bdd-bot/openai")}:org_id::` },
    ]);
    expect(backend?.environment.map(({ name }) => name)).toEqual(["CORS_ORIGIN", "DATABASE_PATH", "NODE_ENV", "PORT", "RELEASE"]);
    expect(graph.readers()).toEqual({ "backend-start": [`${secret("bdd-bot/jwt")}-??????`, `${secret("bdd-bot/openai")}-??????`] });
    expect(graph.of("secretsmanager/secret").map(({ name }) => name)).toEqual(["secret-backupPassword"]);
});

test("R52: the backend is one task, and its old one ends before the new one starts; the front end overlaps and scales", async () => {
    const graph = await production();
    expect(graph.get("ecs/service", "backend").inputs).toMatchObject({
        desiredCount: 1,
        deploymentMinimumHealthyPercent: 0,
        deploymentMaximumPercent: 100,
    });
    expect(graph.get("ecs/service", "frontend").inputs).toMatchObject({
        desiredCount: 2,
        deploymentMinimumHealthyPercent: 100,
        deploymentMaximumPercent: 200,
    });
    expect(graph.of("appautoscaling/target").map(({ inputs }) => [inputs["minCapacity"], inputs["maxCapacity"]])).toEqual([[2, 4]]);
});

test("R52: two writers are refused, replicas and scaling alike", async () => {
    await expect(real("staging", { "quai:services": { backend: { replicas: 2 } } })).rejects.toThrow(/backend\.replicas: must be 1/);
    await expect(real("staging", { "quai:target": { kind: "aws", region: "us-east-1", scaleTo: { backend: 2 } } })).rejects.toThrow(
        "quai:target.scaleTo.backend: must be 1: one process alone writes to the files data (oneWriter) (got 2)",
    );
});

test("R75: clients of Socket.IO come back to their task; R117: files as fast as the guide says; R118: backed up as kept", async () => {
    const graph = await production();
    expect(graph.get("lb/targetGroup", "backend-targets").inputs["stickiness"]).toMatchObject({ enabled: true });
    expect(graph.get("efs/fileSystem", "data").inputs).toMatchObject({ throughputMode: "provisioned", provisionedThroughputInMibps: 100 });
    expect(graph.get("backup/selection", "backup").inputs["resources"]).toEqual([graph.arnOf("efs/fileSystem", "data")]);
    const rules = graph.get("backup/plan", "backup").inputs["rules"] as { ruleName: string; lifecycle: { deleteAfter: number } }[];
    expect(rules.map(({ ruleName, lifecycle }) => [ruleName, lifecycle.deleteAfter])).toEqual([
        ["daily", 30],
        ["weekly", 28],
        ["monthly", 372],
    ]);
});

test("R91: logs under the names of the guide's pattern", async () => {
    const names = (await production()).of("cloudwatch/logGroup").map(({ inputs }) => inputs["name"]);
    expect(names).toEqual(expect.arrayContaining(["/ecs/bddbot-production-backend", "/ecs/bddbot-production-frontend"]));
});
