import { WITHOUT_RESOURCE } from "../../components/internal/aws/policy";
import type { Recording } from "../unit/support/mocks";
import { shared } from "../unit/support/mocks";
import { AwsGraph, list, statementsOf } from "./support/aws-graph";
import { bddbot } from "./support/bddbot";
import { AWS, demoOn } from "./support/deployed";

/* What settings add or take away, held to the same rules as the stack without them. */

const ids = (kind: string) => [`subnet-${kind}1`, `subnet-${kind}2`];
const NETWORK = { id: "vpc-0a1b2c3d", public: ids("a"), private: ids("b"), isolated: ids("c") };
const existing = shared(async () => new AwsGraph(await demoOn({ ...AWS, vpc: NETWORK })));
const own = shared(async () => new AwsGraph(await demoOn(AWS)));

test("R108: in an existing network nothing of a network is made, and everything is where its owner says", async () => {
    const graph = await existing();
    const made = graph.recording.list().filter((each) => /^aws:ec2\//.test(each) && !/securityGroup:SecurityGroup /.test(each));
    expect(made).toEqual([]);
    for (const { name, inputs } of graph.of("ec2/securityGroup")) expect([name, inputs["vpcId"]]).toEqual([name, NETWORK.id]);
    for (const { name, inputs } of graph.of("lb/targetGroup")) expect([name, inputs["vpcId"]]).toEqual([name, NETWORK.id]);
    expect(graph.get("lb/loadBalancer", "proxy").inputs["subnets"]).toEqual(NETWORK.public);
    for (const { name, inputs } of graph.of("ecs/service")) {
        expect([name, (inputs["networkConfiguration"] as { subnets: string[] }).subnets]).toEqual([name, NETWORK.private]);
    }
    expect(graph.of("efs/mountTarget").map(({ inputs }) => inputs["subnetId"])).toEqual(NETWORK.private);
    for (const type of ["rds/subnetGroup", "elasticache/subnetGroup"]) {
        expect(graph.of(type).map(({ inputs }) => inputs["subnetIds"])).toEqual([NETWORK.isolated]);
    }
});

test("R111: the ways are the same in an existing network", async () => {
    expect((await existing()).ways()).toEqual((await own()).ways());
    expect((await existing()).waysOut()).toEqual((await own()).waysOut());
});

const everything: Readonly<Record<string, () => Promise<Recording<unknown>>>> = {
    "account services, CloudFront, scaling, copies": shared(() =>
        demoOn(
            {
                ...AWS,
                cdn: true,
                endpoints: true,
                account: { trail: "create", guardDuty: "create", config: "create" },
                scaleTo: { api: 4, worker: 6 },
                scaleOn: { api: { requests: 500 }, worker: { queue: { namespace: "shop", metric: "QueueLength", each: 100 } } },
                backupCopy: "eu-central-1",
                backupLock: true,
                alarmEmail: "ops@quai.dev",
                monthlyBudget: 300,
            },
            { "quai:protect": true },
        ),
    ),
    "Aurora, in maintenance": shared(() => demoOn({ ...AWS, aurora: { least: 0.5, most: 4 } }, { "quai:maintenance": true })),
    "an existing network": shared(() => demoOn({ ...AWS, vpc: NETWORK })),
    "BDD Bot in production": shared(() => demoOn(bddbot("production")["quai:target"] as object, bddbot("production"), "bddbot-production")),
};
const EACH = Object.entries(everything);

test.each(EACH)("R122: %s: no role may do everything, and nothing on everything but what has no resource to name", async (_, make) => {
    const graph = new AwsGraph(await make());
    const wide = graph.statements().flatMap(({ role, Action, Resource }) =>
        list(Action)
            .filter((action) => action.includes("*") || (list(Resource).includes("*") && WITHOUT_RESOURCE[action] === undefined))
            .map((action) => `${role}: ${action}`),
    );
    expect(wide).toEqual([]);
    expect(graph.statements().length).toBeGreaterThan(3);
});

/** What may have a policy of AWS's own, whose rights nobody here has chosen: services of AWS that keep to them. */
const MANAGED = ["AWSBackupServiceRolePolicyForBackup", "AWSBackupServiceRolePolicyForRestores", "AWS_ConfigRole"];

test.each(EACH)("R122: %s: policies of keys, buckets and topics name who, and never the world but to refuse it", async (_, make) => {
    const graph = new AwsGraph(await make());
    expect(graph.of("iam/rolePolicyAttachment").map(({ inputs }) => String(inputs["policyArn"]).split("/").at(-1))).toEqual(
        expect.not.arrayContaining([expect.not.stringMatching(new RegExp(`^(${MANAGED.join("|")})$`)) as string]),
    );
    const policies = ["kms/key", "s3/bucketPolicy", "sns/topicPolicy", "efs/fileSystemPolicy"].flatMap((type) =>
        graph.of(type).map(({ name, inputs }) => ({ name, statements: statementsOf(inputs["policy"]) as unknown as Open[] })),
    );
    expect(policies.length).toBeGreaterThan(2);
    for (const { name, statements } of policies) {
        const open = statements.filter(({ Effect, Principal }) => Effect === "Allow" && JSON.stringify(Principal).includes('"*"'));
        const unbound = statements.filter(
            ({ Effect, Principal, Condition }) =>
                Effect === "Allow" && JSON.stringify(Principal).includes('"Service"') && Condition === undefined,
        );
        // The balancer's logs come from a service that has no source to name; the folder in the bucket is the account's.
        const logs = unbound.filter(({ Principal }) => !JSON.stringify(Principal).includes("logdelivery.elasticloadbalancing"));
        expect([name, open, logs]).toEqual([name, [], []]);
    }
});

interface Open {
    readonly Effect: string;
    readonly Principal: unknown;
    readonly Condition?: unknown;
}

test("R97: alarms that are told in us-east-1 have a topic there, which mails the same people", async () => {
    const graph = new AwsGraph(await (everything["account services, CloudFront, scaling, copies"] as () => Promise<Recording<unknown>>)());
    expect(graph.get("sns/topic", "alarms-us-east-1").inputs["region"]).toBe("us-east-1");
    expect(graph.get("sns/topicSubscription", "alarms-us-east-1-mail").inputs).toMatchObject({
        region: "us-east-1",
        endpoint: "ops@quai.dev",
        topic: graph.arnOf("sns/topic", "alarms-us-east-1"),
    });
    const there = graph.of("cloudwatch/metricAlarm").filter(({ inputs }) => inputs["region"] === "us-east-1");
    expect(there.map(({ name, inputs }) => [name, inputs["alarmActions"]])).toEqual([
        ["proxy-certificate-global", [graph.arnOf("sns/topic", "alarms-us-east-1")]],
    ]);
});

test("R29, R122: stored secrets under a key of somebody's own: who starts a task that is given one may decrypt, by Secrets Manager alone", async () => {
    const storedKey = "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f";
    const base = bddbot("production");
    const target = { ...(base["quai:target"] as object), storedKey };
    const graph = new AwsGraph(await demoOn(target, { ...base, "quai:target": target }, "bddbot-production"));
    const decrypting = graph
        .statements()
        .filter(({ Action, Resource }) => list(Action).includes("kms:Decrypt") && list(Resource).includes(storedKey));
    expect(decrypting.map(({ role, Condition }) => [role, Condition])).toEqual([
        ["backend-start", { StringEquals: { "kms:ViaService": "secretsmanager.us-east-1.amazonaws.com" } }],
    ]);
});
