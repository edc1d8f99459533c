import { ACCOUNT, Rehearsal, short } from "./rehearsal";

/* An application of the stack file alone: services that call each other, and a job at times of its own. */

const image = (digit: string) => `registry.internal.corp/shop@sha256:${digit.repeat(64)}`;
const jobs = (cron: string) => ({
    admin: { like: "prices", command: ["admin"], once: true },
    sweep: { like: "prices", command: ["sweep", "${services.prices.url}"], cron },
});
const CUSTOM = {
    name: "shop",
    services: {
        front: { port: 3000, user: 1000, env: { PRICES: "${services.prices.url}" } },
        prices: { port: 4000, user: 1000, command: ["prices"] },
    },
    jobs: jobs("30 4 * * *"),
    routes: [{ path: "/", to: "front" }],
};
const SETTINGS = {
    "quai:application": "custom",
    "quai:environment": "development",
    "quai:domain": "shop.quai.dev",
    "quai:images": { front: image("1"), prices: image("2") },
    "quai:target": { kind: "aws", region: "eu-west-3", hostedZone: "Z0123456789ABCDEFGHIJ", alarmEmail: "ops@quai.dev" },
    "quai:custom": CUSTOM,
};
const INVOCATION = "aws:lambda/invocation:Invocation";
const cycle = ACCOUNT === undefined ? describe : describe.skip;

cycle("a shop of two services and a schedule", () => {
    let aws: Rehearsal;
    beforeAll(async () => {
        aws = await Rehearsal.open("shop-awse2e", SETTINGS);
    });
    afterAll(() => aws?.close());

    test("R111: up makes names, ways and the schedule; a second up has nothing to do", async () => {
        await aws.must("up", "--yes", "--skip-preview");
        const inside = (await aws.ways()).filter((way) => !way.startsWith("0.0.0.0/0"));
        expect(inside).toEqual(["front > prices:4000", "proxy > front:3000", "sweep > prices:4000"]);
        const [schedule] = (await aws.resources()).filter(({ type }) => type === "aws:scheduler/schedule:Schedule");
        expect(schedule?.inputs?.["scheduleExpression"]).toBe("cron(30 4 * * ? *)");
        expect(await aws.must("up", "--yes", "--skip-preview", "--expect-no-changes")).toContain("unchanged");
    });

    test("another time is another schedule, and nothing else; another image moves the schedule to its task", async () => {
        aws.settings({ "quai:custom": { ...CUSTOM, jobs: jobs("0 5 * * 1") } });
        expect((await aws.preview()).map(short)).toEqual(["update scheduler/schedule:Schedule sweep"]);
        aws.settings({ "quai:images": { ...SETTINGS["quai:images"], prices: image("3") } });
        const steps = (await aws.preview()).map(short);
        expect(steps).toEqual(
            expect.arrayContaining(["replace ecs/taskDefinition:TaskDefinition sweep-task", "update scheduler/schedule:Schedule sweep"]),
        );
        expect(steps.filter((step) => step.includes("servicediscovery"))).toEqual([]);
        await aws.must("up", "--yes", "--skip-preview");
    });

    test("R124: a job with once doesn't run again after a stop", async () => {
        const ran = async () => (await aws.resources()).filter(({ type, urn }) => type === INVOCATION && urn.endsWith("::admin"));
        const before = await ran();
        expect(before).toHaveLength(1);
        aws.settings({ "quai:running": false });
        await aws.must("up", "--yes", "--skip-preview");
        expect((await ran()).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
        aws.settings({ "quai:running": true });
        expect((await aws.preview()).map(short).filter((step) => step.endsWith("Invocation admin"))).toEqual([]);
        await aws.must("up", "--yes", "--skip-preview");
        expect((await ran()).map(({ id, inputs }) => [id, inputs])).toEqual(before.map(({ id, inputs }) => [id, inputs]));
    });

    test("a name that nobody calls any more goes, after its service has left it; down leaves nothing", async () => {
        const { env: _, ...front } = CUSTOM.services.front;
        const { admin } = CUSTOM.jobs;
        const sweep = { ...CUSTOM.jobs.sweep, command: ["sweep"] };
        aws.settings({ "quai:custom": { ...CUSTOM, services: { ...CUSTOM.services, front }, jobs: { admin, sweep } } });
        const steps = (await aws.preview()).map(short);
        const at = (step: string) => steps.indexOf(step);
        expect(at("update ecs/service:Service prices")).toBeGreaterThan(-1);
        expect(at("delete servicediscovery/service:Service prices")).toBeGreaterThan(at("update ecs/service:Service prices"));
        await aws.must("up", "--yes", "--skip-preview");
        await aws.must("destroy", "--yes", "--skip-preview");
        expect(await aws.resources()).toEqual([]);
    });
});
