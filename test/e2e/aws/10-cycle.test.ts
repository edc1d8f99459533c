import { ACCOUNT, REAL, Rehearsal, short, STACK } from "./rehearsal";

if (ACCOUNT !== undefined) jest.setTimeout(90 * 60_000);

let aws: Rehearsal;
beforeAll(async () => {
    aws = await Rehearsal.open();
});
afterAll(async () => {
    if (ACCOUNT === undefined) aws?.close();
    else await aws?.takeDown();
});

(ACCOUNT === undefined ? test : test.skip)("without the word that it is a rehearsal, the plugin does nothing at all", async () => {
    const { code, stdout, stderr } = await aws.run(["preview"], {});
    expect(code).not.toBe(0);
    expect(stdout + stderr).toContain("this plugin makes nothing in AWS, it is for tests");
});

test("R108: up makes the whole demonstration, and says what it costs", async () => {
    const output = await aws.must("up", "--yes", "--skip-preview");
    expect(output).toMatch(/about \d+ US dollars a month in eu-west-3 \(an estimate/);
    const made = await aws.resources();
    const count = (type: string) => made.filter((resource) => resource.type === type).length;
    expect(count("aws:ecs/service:Service")).toBe(4);
    expect(count("aws:rds/instance:Instance")).toBe(1);
    expect(count("aws:lb/listenerRule:ListenerRule")).toBe(9);
});

(REAL ? test : test.skip)("R70: whoever comes by the public name is answered, over TLS", async () => {
    const health = await fetch(`https://${process.env["QUAI_AWS_DOMAIN"] ?? ""}/api/health`);
    expect(health.status).toBe(200);
});

test("R27: no secret stands in the state in clear", async () => {
    const state = await aws.must("stack", "export");
    const shown = JSON.parse(await aws.must("stack", "export", "--show-secrets")) as {
        deployment: { resources: { type: string; outputs?: { secretString?: { plaintext?: string } } }[] };
    };
    const values = shown.deployment.resources
        .filter(({ type }) => type === "aws:secretsmanager/secretVersion:SecretVersion")
        .map(({ outputs }) => JSON.parse(outputs?.secretString?.plaintext ?? '""') as string)
        // What is public by nature: certificates of authorities, public keys.
        .filter((value) => !/^-----BEGIN (?:CERTIFICATE|PUBLIC KEY)/.test(value));
    expect(values.length).toBeGreaterThan(8);
    expect(values.filter((value) => value === "" || state.includes(JSON.stringify(value).slice(1, -1)))).toEqual([]);
});

test("a second up has nothing to do", async () => {
    expect(await aws.must("up", "--yes", "--skip-preview", "--expect-no-changes")).toContain("unchanged");
});

const CHANGED = { "quai:services": { api: { env: { LOG_LEVEL: "debug" } } } };

test("R100: a changed service is a new task, a service that moves to it, and the proof that it serves; nothing else", async () => {
    aws.settings(CHANGED);
    const steps = (await aws.preview()).map(short);
    expect(steps.sort()).toEqual([
        "create lambda/invocation:Invocation api-<release>",
        "delete lambda/invocation:Invocation api-<release>",
        "replace ecs/taskDefinition:TaskDefinition api-task",
        "replace lambda/invocation:Invocation proxy-routes",
        "update ecs/service:Service api",
    ]);
    await aws.must("up", "--yes", "--skip-preview");
});

test("R34, R48: in a protected stack, a rotated password is a second login; the first is dropped last, and its version goes", async () => {
    aws.settings({ ...CHANGED, "quai:protect": true });
    await aws.must("up", "--yes", "--skip-preview");
    aws.settings({ ...CHANGED, "quai:protect": true, "quai:rotation": { databasePassword: "2026-11-20" } });
    const steps = (await aws.preview()).map(({ op, urn }) => `${op} ${urn.split("::").at(-1) ?? ""}`);
    const created = steps.indexOf("create postgres-login-demo-web-20261120");
    const moved = steps.indexOf("update api");
    const dropped = steps.indexOf("delete postgres-login-demo-web-1");
    expect([created >= 0, created < moved, moved < dropped]).toEqual([true, true, true]);
    expect(steps.filter((step) => step.endsWith(" postgres"))).toEqual([]);
    expect(steps).toContain("delete secret-databasePassword-1");
    await aws.must("up", "--yes", "--skip-preview");
});

test("a size that Fargate lacks is refused before anything is touched", async () => {
    aws.settings({ "quai:services": { api: { cpus: 64 } } });
    const { code, stdout, stderr } = await aws.run(["preview"]);
    expect(code).not.toBe(0);
    expect(stdout + stderr).toContain("quai:services.api: no Fargate size has 64 CPUs and 512 MiB");
});

/** Names of the groups of logs that the state knows. */
const logs = async () =>
    (await aws.resources())
        .filter(({ type }) => type === "aws:cloudwatch/logGroup:LogGroup")
        .map(({ inputs }) => String(inputs?.["name"]))
        .sort();

const ROTATED = { "quai:rotation": { databasePassword: "2026-11-20" } };

test("R48: stopped while protected, only data and what refuses to go are left; it comes back", async () => {
    const written = await logs();
    expect(written).toEqual(expect.arrayContaining([`/ecs/demo-${STACK}-api`, `/quai/demo-${STACK}/exec`]));
    aws.settings({ ...ROTATED, "quai:protect": true, "quai:running": false });
    await aws.must("up", "--yes", "--skip-preview");
    // Logs are data, too (R91).
    expect(await logs()).toEqual(written);
    const left = (await aws.resources()).map(({ type }) => type);
    for (const type of ["rds/instance:Instance", "efs/fileSystem:FileSystem", "backup/vault:Vault", "lb/loadBalancer:LoadBalancer"])
        expect(left).toContain(`aws:${type}`);
    for (const type of ["ecs/service:Service", "lb/listener:Listener", "ec2/natGateway:NatGateway"])
        expect(left).not.toContain(`aws:${type}`);
    // Deletion protection ends by an update of its own, as in AWS.
    aws.settings({ ...ROTATED, "quai:protect": false });
    await aws.must("up", "--yes", "--skip-preview");
    expect((await aws.resources()).map(({ type }) => type)).toContain("aws:ecs/service:Service");
});

test("stopped without protection, the balancer goes, too; then down leaves nothing", async () => {
    const written = await logs();
    aws.settings({ ...ROTATED, "quai:running": false });
    await aws.must("up", "--yes", "--skip-preview");
    expect(await logs()).toEqual(written);
    const left = (await aws.resources()).map(({ type }) => type);
    expect(left).toEqual(expect.arrayContaining(["aws:rds/instance:Instance", "aws:efs/fileSystem:FileSystem", "aws:backup/vault:Vault"]));
    for (const type of ["aws:ecs/service:Service", "aws:lb/loadBalancer:LoadBalancer", "aws:ec2/natGateway:NatGateway"])
        expect(left).not.toContain(type);
    await aws.must("destroy", "--yes", "--skip-preview");
    expect(await aws.resources()).toEqual([]);
});
