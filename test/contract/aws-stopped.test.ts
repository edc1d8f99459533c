import type { Registered } from "../unit/support/mocks";
import { shared } from "../unit/support/mocks";
import { AwsGraph } from "./support/aws-graph";
import { bddbot } from "./support/bddbot";
import { AWS, demoOn } from "./support/deployed";
import { reportBetween } from "./support/previewed";

/* A stack that is stopped must stop: what refuses to be deleted has to be in the program that is left. */

/** Whether AWS itself would refuse to delete it, in the midst of an update. */
const refuses = (inputs: Registered["inputs"]) =>
    inputs["deletionProtection"] === true ||
    inputs["enableDeletionProtection"] === true ||
    inputs["forceDestroy"] === false ||
    inputs["forceDelete"] === false;

const production = bddbot("production");
const BUILT = { "quai:images": { api: { build: "examples/demo/api" }, web: { build: "examples/demo/web" } } };
const stacks = {
    "the demonstration": (more: object) => demoOn(AWS, { "quai:protect": true, ...more }),
    "the demonstration, its images built": (more: object) => demoOn(AWS, { ...BUILT, "quai:protect": true, ...more }),
    "the demonstration behind CloudFront": (more: object) => demoOn({ ...AWS, cdn: true }, { "quai:protect": true, ...more }),
    "BDD Bot": (more: object) => demoOn(production["quai:target"] as object, { ...production, ...more }, "bddbot-production"),
};

describe.each(Object.entries(stacks))("%s, protected and then stopped", (_, make) => {
    const runs = shared(async () => new AwsGraph(await make({})));
    const stopped = shared(async () => new AwsGraph(await make({ "quai:running": false })));
    const key = ({ type, name }: { type: string; name: string }) => `${type.split(":")[1] ?? ""} ${name}`;

    test("R48: nothing that is protected, or that refuses to go, is deleted", async () => {
        const left = new Set((await stopped()).recording.resources.map(key));
        const refusing = (await runs()).recording.resources.filter(({ protect, inputs }) => protect || refuses(inputs));
        expect(refusing.length).toBeGreaterThan(5);
        expect(refusing.map(key).filter((each) => !left.has(each))).toEqual([]);
    });

    test("R48: what AWS refuses to delete the engine refuses first: stopping and unprotecting in one update changes nothing", async () => {
        const found = (await runs()).recording.resources.filter(({ inputs }) => refuses(inputs));
        expect(found.length).toBeGreaterThan(0);
        expect(found.filter(({ protect, retainOnDelete }) => !protect && !retainOnDelete).map(key)).toEqual([]);
    });

    test("nothing runs, and nobody can come in", async () => {
        const graph = await stopped();
        for (const type of [
            "ecs/service",
            "ecs/taskDefinition",
            "ec2/natGateway",
            "lb/listener",
            "route53/record",
            "cloudfront/distribution",
        ]) {
            expect([type, graph.of(type).map(({ name }) => name)]).toEqual([type, []]);
        }
    });

    test("what is left is as it was: coming back makes no data anew", async () => {
        const before = new Map((await runs()).recording.resources.map((each) => [key(each), each.inputs]));
        const data = [
            "rds/instance",
            "efs/fileSystem",
            "elasticache/replicationGroup",
            "secretsmanager/secretVersion",
            "kms/key",
            "backup/vault",
        ];
        const graph = await stopped();
        const after = data.flatMap((type) => graph.of(type));
        expect(after.length).toBeGreaterThan(2);
        for (const each of after) expect([key(each), each.inputs]).toEqual([key(each), before.get(key(each))]);
    });
});

describe("R91: logs outlive who wrote them", () => {
    const named = (graph: AwsGraph) => graph.of("cloudwatch/logGroup").map(({ inputs }) => inputs["name"]);
    const kept = { "quai:protect": true };

    test.each([
        ["stopped", {}, { "quai:running": false }],
        ["protected and stopped", kept, { ...kept, "quai:running": false }],
        ["protected, out of maintenance", { ...kept, "quai:maintenance": true }, kept],
    ] as const)("%s: every group of the last update is still in the program, as it was", async (_, before, after) => {
        const first = await demoOn(AWS, before);
        const { logs } = first.result;
        expect(Object.keys(logs ?? {})).toEqual(
            expect.arrayContaining(["api", "exec", "network", "postgres-postgresql", "proxy-firewall"]),
        );
        const last = logs === undefined ? {} : { logs };
        const made = await demoOn(AWS, after, "prod", last);
        const then = new AwsGraph(made);
        const groups = (graph: AwsGraph) => graph.of("cloudwatch/logGroup").map(({ name, inputs, parent }) => [name, inputs, parent]);
        expect(groups(then)).toHaveLength(groups(new AwsGraph(first)).length);
        expect(groups(then)).toEqual(expect.arrayContaining(groups(new AwsGraph(first))));
        expect(made.result.logs).toEqual(logs);
    });

    test("behind CloudFront the firewall's log, which is in us-east-1, stays, too", async () => {
        const stopped = new AwsGraph(await demoOn({ ...AWS, cdn: true }, { "quai:running": false }));
        expect(stopped.get("cloudwatch/logGroup", "logs-proxy-firewall").inputs).toMatchObject({ region: "us-east-1" });
    });

    test("a log that an update would delete is named by the preview; what says nothing of its own isn't", async () => {
        const made = async (more: object) => demoOn({ ...AWS, ...more });
        const report = reportBetween(await made({}), await made({ flowLogs: false }));
        expect(report.data.map(({ key, what }) => [key, what])).toEqual([["logs-network", "the log (/quai/demo-prod/network) is deleted"]]);
        const after = reportBetween(await demoOn(AWS, { "quai:maintenance": true }), await demoOn(AWS));
        expect(after.data).toEqual([]);
    });

    test("a log that nobody writes any more goes by quai:retired, and no other", async () => {
        const day = new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10);
        const last = { logs: { mailer: "/ecs/demo-prod-mailer", reports: "/ecs/demo-prod-reports" } };
        const graph = new AwsGraph(await demoOn(AWS, { ...kept, "quai:retired": { "logs-mailer": day } }, "prod", last));
        expect(named(graph)).toContain("/ecs/demo-prod-reports");
        expect(named(graph)).not.toContain("/ecs/demo-prod-mailer");
    });
});
