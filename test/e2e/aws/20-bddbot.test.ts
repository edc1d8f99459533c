import { bddbot } from "../../contract/support/bddbot";
import { ACCOUNT, Rehearsal, short } from "./rehearsal";

/* Guide 004 whole, from its stack file, on the real engine. Only rehearsed: its images and secrets are nobody's. */

const STACK = "bddbot-production";
const soon = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
// Production's data can't be deleted; what a test made must be.
const BASE = {
    ...bddbot("production"),
    "quai:protect": false,
    "quai:waive": { "data-protected": { reason: "a rehearsal has no data", until: soon } },
};
const cycle = ACCOUNT === undefined ? describe : describe.skip;

cycle("BDD Bot in production", () => {
    let aws: Rehearsal;
    beforeAll(async () => {
        aws = await Rehearsal.open(STACK, BASE);
    });
    afterAll(() => aws?.close());

    test("R113, R116: up makes all that the guide asks for", async () => {
        const output = await aws.must("up", "--yes", "--skip-preview");
        expect(output).toMatch(/about \d+ US dollars a month in us-east-1 \(an estimate/);
        const types = (await aws.resources()).map(({ type }) => type.replace(/^aws:/, ""));
        for (const type of [
            "ecs/cluster:Cluster",
            "efs/fileSystem:FileSystem",
            "lb/loadBalancer:LoadBalancer",
            "cloudfront/distribution:Distribution",
            "wafv2/webAcl:WebAcl",
            "cloudtrail/trail:Trail",
            "guardduty/detector:Detector",
            "cfg/recorder:Recorder",
            "backup/plan:Plan",
            "cloudwatch/dashboard:Dashboard",
            "budgets/budget:Budget",
        ]) {
            expect(types).toContain(type);
        }
        expect(types.filter((type) => type === "ecs/service:Service")).toHaveLength(2);
    });

    test("a second up has nothing to do", async () => {
        expect(await aws.must("up", "--yes", "--skip-preview", "--expect-no-changes")).toContain("unchanged");
    });

    test("R52, R100: a new image of the backend is a new task, its service that moves there, and the proof; nothing else", async () => {
        const images = BASE as unknown as { "quai:images": { backend: string; frontend: string } };
        aws.settings({
            "quai:images": { ...images["quai:images"], backend: images["quai:images"].backend.replace(/1{64}$/, "2".repeat(64)) },
        });
        expect((await aws.preview()).map(short).sort()).toEqual([
            "create lambda/invocation:Invocation backend-<release>",
            "delete lambda/invocation:Invocation backend-<release>",
            "replace ecs/taskDefinition:TaskDefinition backend-task",
            "replace lambda/invocation:Invocation proxy-routes",
            "update ecs/service:Service backend",
        ]);
        await aws.must("up", "--yes", "--skip-preview");
    });

    test("R52: a second backend is refused before anything is touched", async () => {
        aws.settings({ "quai:services": { backend: { replicas: 2 } } });
        const { code, stdout, stderr } = await aws.run(["preview"]);
        expect(code).not.toBe(0);
        expect(stdout + stderr).toContain(
            "quai:services.backend.replicas: must be 1: one process alone writes to the files data (oneWriter)",
        );
    });

    test("down leaves nothing in the state", async () => {
        aws.settings();
        await aws.must("destroy", "--yes", "--skip-preview");
        expect(await aws.resources()).toEqual([]);
    });
});
