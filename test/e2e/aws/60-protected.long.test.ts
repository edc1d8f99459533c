import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { reportFrom } from "../../../tools/cli/report/from-events";
import { checkout } from "../support/checkout";
import { ACCOUNT, Rehearsal } from "./rehearsal";

/* The layers that keep data on AWS, on the real engine: nothing in an account would be asked before it refuses. */

const STACK = "awskept";
const KEPT = { "quai:protect": true };
const rehearsed = ACCOUNT === undefined ? describe : describe.skip;
const today = (days = 0) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

rehearsed("R48: data on AWS are not lost by a mistake", () => {
    let aws: Rehearsal;
    const kinds = async () => (await aws.resources()).map(({ type }) => type).sort();
    const target = (more: object) => ({
        "quai:target": { kind: "aws", region: "eu-west-3", hostedZone: "Z0123456789ABCDEFGHIJ", alarmEmail: "ops@quai.dev", ...more },
    });
    beforeAll(async () => {
        aws = await Rehearsal.open(STACK);
        aws.settings({ ...KEPT, ...target({}) });
        await aws.must("up", "--yes", "--skip-preview");
    });
    afterAll(() => aws?.close());

    const logs = async () => (await kinds()).filter((type) => type === "aws:cloudwatch/logGroup:LogGroup").length;

    test("a destroy is refused, and takes nothing of what holds data", async () => {
        const before = await logs();
        const { code } = await aws.run(["destroy", "--yes"]);
        expect(code).not.toBe(0);
        expect([before > 8, await logs()]).toEqual([true, before]);
        expect(await kinds()).toEqual(
            expect.arrayContaining([
                ...["aws:rds/instance:Instance", "aws:efs/fileSystem:FileSystem", "aws:elasticache/replicationGroup:ReplicationGroup"],
                ...["aws:backup/vault:Vault", "aws:kms/key:Key", "aws:secretsmanager/secret:Secret"],
            ]),
        );
        await aws.must("up", "--yes", "--skip-preview");
    });

    test("R34: what holds them is protected, versions of secrets aren't: a rotation takes the former one away", async () => {
        aws.settings({ ...KEPT, ...target({}), "quai:rotation": { databasePassword: "2026-11-20" } });
        await aws.must("up", "--yes");
        const versions = (await aws.resources()).flatMap(({ urn }) => /::secret-(databaseUrl-.*)$/.exec(urn)?.[1] ?? []);
        expect(versions).toEqual(["databaseUrl-2026-11-20"]);
        aws.settings({ ...KEPT, ...target({}) });
        await aws.must("up", "--yes", "--skip-preview");
    });

    test("R91: logs stay when what wrote them leaves the program, until quai:retired lets them go", async () => {
        aws.settings({ ...KEPT, ...target({}), "quai:maintenance": true });
        await aws.must("up", "--yes", "--skip-preview");
        const group = async () => (await aws.resources()).filter(({ urn }) => urn.endsWith("::logs-proxy-maintenance")).length;
        aws.settings({ ...KEPT, ...target({}) });
        for (const time of ["first", "second"]) {
            await aws.must("up", "--yes", "--skip-preview");
            expect([time, await group()]).toEqual([time, 1]);
        }
        await aws.must("up", "--yes", "--skip-preview", "--expect-no-changes");
        aws.settings({ ...KEPT, ...target({}), "quai:retired": { "logs-proxy-maintenance": today(7) } });
        await aws.must("up", "--yes", "--skip-preview");
        expect(await group()).toBe(0);
        aws.settings({ ...KEPT, ...target({}) });
        await aws.must("up", "--yes", "--skip-preview");
    });

    test("a database that leaves the program: the update is refused, the report says so before, with the way to do it on purpose", async () => {
        const before = await kinds();
        aws.settings({ ...KEPT, ...target({ aurora: { least: 0.5, most: 2 } }) });
        const { code, stdout, stderr } = await aws.run(["up", "--yes"]);
        expect([code !== 0, stdout + stderr]).toEqual([true, expect.stringMatching(/rds\/instance:Instance::postgres[\s\S]*protect/)]);
        expect(await kinds()).toEqual(before);
        const events = await aws.run(["preview", "--json"], { QUAI_AWS_REHEARSAL: "1", PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true" });
        const file = join(checkout(), "preview.jsonl");
        writeFileSync(file, events.stdout);
        const { report } = reportFrom(checkout(), STACK, file);
        expect(report.verdict.level).toBe("blocked");
        expect(report.blocked.join("\n")).toMatch(
            /the database \(demo-awskept-postgres\) is deleted, the new one is empty; demo-awskept-postgres-final is left/,
        );
        expect(report.blocked.join("\n")).toContain(
            `or, to do it on purpose, write into Pulumi.${STACK}.yaml: quai:retired: { "postgres": ${today(7)} }`,
        );
    });

    test("stopped and unprotected in one update: refused before anything is touched, as AWS would refuse it in the midst", async () => {
        const before = await kinds();
        aws.settings({ "quai:protect": false, "quai:running": false, ...target({}) });
        const { code, stdout, stderr } = await aws.run(["up", "--yes"]);
        expect([code !== 0, stdout + stderr]).toEqual([true, expect.stringMatching(/lb\/loadBalancer:LoadBalancer::proxy[\s\S]*protect/)]);
        expect(await kinds()).toEqual(before);
    });

    test("on purpose: protection is taken away first, in an update of its own; then nothing is left", async () => {
        aws.settings({ "quai:protect": false, ...target({}) });
        await aws.must("up", "--yes", "--skip-preview");
        const database = (await aws.resources()).find(({ type }) => type === "aws:rds/instance:Instance");
        expect(database?.outputs).toMatchObject({ deletionProtection: false });
        await aws.must("destroy", "--yes", "--skip-preview");
        expect(await kinds()).toEqual([]);
    });
});
