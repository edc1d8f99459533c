import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AwsOptions } from "../../components/internal/aws/settings";
import { shared } from "../unit/support/mocks";
import { AWS, demoOn } from "./support/deployed";
import { reportBetween } from "./support/previewed";

/* Every setting of quai:target, changed on a stack that serves: what the preview says of it. A new setting doesn't compile before it is in here. */

const site = mkdtempSync(join(tmpdir(), "quai-site-"));
writeFileSync(join(site, "index.html"), "");
afterAll(() => rmSync(site, { recursive: true }));

const ids = (kind: string) => [`subnet-${kind}1`, `subnet-${kind}2`];
interface Said {
    readonly data?: readonly string[];
    readonly downtime?: readonly string[];
}

const SUBNETS = "What stands in a subnet has to leave it first";
/** Of a stack that isn't protected: in a protected one they stay. */
const log = (name: string) => `the log (${name}) is deleted`;
const PORT = "A port of the balancer is removed";
const key = "arn:aws:kms:eu-west-3:123456789012:key/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f";

const CHANGES: { readonly [K in keyof Required<AwsOptions>]: readonly [to: Partial<AwsOptions>, said?: Said] } = {
    region: [
        { region: "eu-central-1" },
        { data: ["the stack moves from `eu-west-3` to `eu-central-1`, and its data stay behind"], downtime: [SUBNETS] },
    ],
    profile: [{ profile: "other" }],
    accountId: [
        { accountId: "210987654321" },
        { data: ["the stack moves from the account 123456789012 to 210987654321, and its data stay behind"] },
    ],
    zones: [{ zones: ["eu-west-3a", "eu-west-3c"] }, { downtime: [SUBNETS] }],
    cidr: [
        { cidr: "10.20.0.0/16" },
        {
            data: ["the network is made anew: databases and files in it can't move there"],
            downtime: [SUBNETS, "Everything in the network is made anew"],
        },
    ],
    nat: [{ nat: "per-zone" }],
    endpoints: [{ endpoints: true }],
    vpc: [
        { vpc: { id: "vpc-0a1b2c3d", public: ids("a"), private: ids("b"), isolated: ids("c") } },
        {
            data: [
                expect.stringMatching(
                    /^the stack moves from the network vpc-\w+ to another one: databases and files in it can't move there$/,
                ),
                log("/quai/demo-prod/network"),
            ],
            downtime: [
                "Files can't be reached from one zone",
                "The balancer looks for api in a new group that is empty at first",
                "The balancer looks for web in a new group that is empty at first",
            ],
        },
    ],
    hostedZone: [
        { hostedZone: "Z9876543210ABCDEFGHIJ" },
        { downtime: ["The DNS record of demo.quai.dev moves to another hosted zone: whoever asks the former one finds nothing"] },
    ],
    architecture: [{ architecture: "arm64" }],
    spotWorkers: [{ spotWorkers: true }, { downtime: ["worker is made anew: its work waits"] }],
    exec: [{ exec: false }],
    egress: [{ egress: [443, 587] }],
    logDays: [{ logDays: 90 }],
    flowLogs: [{ flowLogs: false }, { data: [log("/quai/demo-prod/network")] }],
    multiAz: [{ multiAz: true }],
    scaleTo: [{ scaleTo: { api: 4 } }],
    scaleOn: [{ scaleTo: { api: 4 }, scaleOn: { api: { cpu: 40, memory: 60 } } }],
    throughput: [{ throughput: { uploads: 50 } }],
    aurora: [
        { aurora: { least: 0.5, most: 2 } },
        {
            data: [
                "the database (demo-prod-postgres) is deleted, the new one is empty",
                `${log("/aws/rds/instance/demo-prod-postgres/postgresql")}, the new one is empty`,
                log("/aws/rds/instance/demo-prod-postgres/upgrade"),
            ],
        },
    ],
    cdn: [{ cdn: true }, { downtime: [PORT] }],
    sites: [
        { cdn: true, sites: { web: site } },
        { data: [log("/ecs/demo-prod-web")], downtime: [PORT] },
    ],
    stored: [{ stored: { sessionKey: "shop/session" } }],
    storedKey: [{ stored: { sessionKey: "shop/session" }, storedKey: key }],
    account: [{ account: { trail: "create", guardDuty: "create", config: "create" } }],
    firewall: [{ firewall: false }, { data: [log("aws-waf-logs-demo-prod-proxy")] }],
    backupCopy: [{ backupCopy: "eu-central-1" }],
    backupLock: [{ backupLock: true }],
    alarmEmail: [{ alarmEmail: "ops@quai.dev" }],
    monthlyBudget: [{ alarmEmail: "ops@quai.dev", monthlyBudget: 300 }],
};

const OWN = { ...AWS, accountId: "123456789012" };
const before = shared(() => demoOn(OWN));

test.each(Object.entries(CHANGES))("R48, R106: what the preview says of another quai:target.%s", async (_, [to, said = {}]) => {
    const { verdict, data, downtime } = reportBetween(await before(), await demoOn({ ...OWN, ...to }));
    // What is registered first differs from run to run.
    const each = (said: readonly unknown[]) => expect.arrayContaining([...said]) as unknown;
    const lines = { data: [...new Set(data.map(({ what }) => what))], downtime: [...new Set(downtime.map(({ what }) => what))] };
    expect(lines).toEqual({ data: each(said.data ?? []), downtime: each(said.downtime ?? []) });
    expect([lines.data.length, lines.downtime.length]).toEqual([said.data?.length ?? 0, said.downtime?.length ?? 0]);
    expect(verdict.level).toBe(said.data !== undefined ? "risk" : said.downtime !== undefined ? "downtime" : "safe");
});

test("names: a zone that is taken out of the settings, and a name that nobody serves any more, are said; a stop has no need of it", async () => {
    const said = async (target: object, more: Readonly<Record<string, unknown>> = {}) => {
        const [one, other] = [await demoOn(OWN, { "quai:aliases": ["shop.quai.dev"] }), await demoOn(target, more)];
        return reportBetween(one, other).downtime.map(({ what }) => what);
    };
    const { hostedZone: _, ...printed } = OWN;
    const gone = (name: string) => `The DNS record of ${name} is removed: the name leads nowhere`;
    expect((await said(printed, { "quai:aliases": ["shop.quai.dev"] })).sort()).toEqual([gone("demo.quai.dev"), gone("shop.quai.dev")]);
    expect(await said(OWN)).toContain(gone("shop.quai.dev"));
    expect((await said(OWN, { "quai:running": false })).filter((what) => what.includes("DNS"))).toEqual([]);
});
