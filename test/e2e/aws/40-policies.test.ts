import { bddbot } from "../../contract/support/bddbot";
import { AWS, demoOn } from "../../contract/support/deployed";
import type { Registered } from "../../unit/support/mocks";
import { shared } from "../../unit/support/mocks";
import { ALLOWED } from "./scan/allowed";
import type { Scan } from "./scan/checkov";
import { scanned } from "./scan/checkov";

/* A tool that others wrote judges what the program declares: checkov, of the plan that Terraform would have made. */

const demo = shared(() =>
    demoOn({ ...AWS, endpoints: true, multiAz: true, alarmEmail: "ops@quai.dev", scaleTo: { api: 4 } }, { "quai:protect": true }),
);
const production = shared(() => demoOn(bddbot("production")["quai:target"] as object, bddbot("production"), "bddbot-production"));
const scans = new Map<string, Scan>();

describe.each([
    ["the demonstration", demo, 240],
    ["BDD Bot in production", production, 140],
] as const)("%s", (name, make, least) => {
    test("R123: checkov finds nothing but what is allowed, with its reason", async () => {
        const scan = scanned(await make());
        scans.set(name, scan);
        const refused = [...scan.findings].filter(([finding]) => !ALLOWED.some((each) => holds(each, finding)));
        expect(refused.map(([finding, asked]) => `${finding}: ${asked}`)).toEqual([]);
        expect(scan.resources).toBeGreaterThan(least);
        expect(scan.passed).toBeGreaterThan(scan.resources);
    });
});

test("everything that is allowed is found: what is mended leaves the list", () => {
    const findings = [...scans.values()].flatMap((scan) => [...scan.findings.keys()]);
    const unused = ALLOWED.flatMap(({ checks, on }) =>
        checks.filter((check) => !findings.some((finding) => holds({ checks: [check], on }, finding))),
    );
    expect([scans.size, unused]).toEqual([2, []]);
});

test("it does find what is wrong: a disk in clear, a public bucket, a role that may do everything", async () => {
    const good = await demo();
    const broken: Readonly<Record<string, Record<string, unknown>>> = {
        postgres: { storageEncrypted: false, publiclyAccessible: true },
        "proxy-logs": { blockPublicAcls: false },
        "api-task": { policy: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] }) },
    };
    const types = ["aws:rds/instance:Instance", "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "aws:iam/rolePolicy:RolePolicy"];
    const resources = good.resources.map((each): Registered => {
        const wrong = types.includes(each.type) ? broken[each.name] : undefined;
        return wrong === undefined ? each : { ...each, inputs: { ...each.inputs, ...wrong } };
    });
    const { findings } = scanned({ ...good, resources });
    for (const finding of [
        "CKV_AWS_16 aws_db_instance.postgres",
        "CKV_AWS_17 aws_db_instance.postgres",
        "CKV_AWS_53 aws_s3_bucket_public_access_block.proxy-logs",
        "CKV_AWS_62 aws_iam_role_policy.api-task",
    ]) {
        expect([...findings.keys()]).toContain(finding);
    }
});

function holds({ checks, on }: Pick<(typeof ALLOWED)[number], "checks" | "on">, finding: string): boolean {
    const [check = "", address = ""] = finding.split(" ");
    return checks.includes(check) && on.test(address);
}
