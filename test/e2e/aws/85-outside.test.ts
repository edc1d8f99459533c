import { ACCOUNT, Rehearsal, short } from "./rehearsal";

/* What an update gets from outside, and the authority that signs the stack's own certificates, on AWS: on the real engine, nothing is made. */

const image = (digit: string) => `registry.internal.corp/shop@sha256:${digit.repeat(64)}`;
const SETTINGS = {
    "quai:application": "custom",
    "quai:environment": "development",
    "quai:domain": "shop.quai.dev",
    "quai:images": { front: image("1"), stock: image("2") },
    "quai:target": { kind: "aws", region: "eu-west-3", hostedZone: "Z0123456789ABCDEFGHIJ" },
    "quai:secrets": { openaiKey: { environment: "SHOP_OPENAI_KEY" } },
    "quai:custom": {
        name: "shop",
        secrets: { openaiKey: { kind: "given" }, inner: { kind: "certificate", names: ["stock"] } },
        services: {
            front: {
                port: 3000,
                user: 1000,
                env: { STOCK: "${services.stock.url}", TRUSTED: "${file:secrets.innerAuthority}", OPENAI_KEY: "${file:secrets.openaiKey}" },
            },
            stock: { port: 4000, user: 1000, env: { CERTIFICATE: "${file:secrets.innerCertificate}", KEY: "${file:secrets.innerKey}" } },
        },
        routes: [{ path: "/", to: "front" }],
    },
};
const cycle = ACCOUNT === undefined ? describe : describe.skip;

cycle("R26, R33: values from outside, and a renewed authority", () => {
    let aws: Rehearsal;
    const given = (value: string) => ({ QUAI_AWS_REHEARSAL: "1", SHOP_OPENAI_KEY: value });
    const must = async (env: Record<string, string>, ...args: string[]) => {
        const { code, stdout, stderr } = await aws.run([...args, "--skip-preview"], env);
        if (code !== 0) throw new Error(`${stdout.slice(-4000)}\n${stderr.slice(-3000)}`);
        return stdout;
    };
    /** Values that Secrets Manager would have, in clear, by the names of their versions' resources. */
    const stored = async () => {
        const shown = JSON.parse(await aws.must("stack", "export", "--show-secrets")) as {
            deployment: { resources: { type: string; urn: string; outputs?: { secretString?: { plaintext?: string } } }[] };
        };
        const versions = shown.deployment.resources.filter(({ type }) => type === "aws:secretsmanager/secretVersion:SecretVersion");
        return Object.fromEntries(
            versions.map(({ urn, outputs }) => [
                (urn.split("::").at(-1) ?? "").replace(/^secret-/, ""),
                JSON.parse(outputs?.secretString?.plaintext ?? '""') as string,
            ]),
        );
    };
    const certificates = (text: string | undefined) => text?.match(/-----BEGIN CERTIFICATE-----/g)?.length ?? 0;
    const starting = (values: Record<string, string>, name: string) => Object.entries(values).filter(([key]) => key.startsWith(`${name}-`));

    beforeAll(async () => {
        aws = await Rehearsal.open("shop-awsout", SETTINGS);
        await must(given("first-value"), "up", "--yes");
    });
    afterAll(() => aws?.close());

    test("an update needs the value, and keeps it in Secrets Manager alone; a second one with the same has nothing to do", async () => {
        expect(starting(await stored(), "openaiKey").map(([, value]) => value)).toEqual(["first-value"]);
        expect(await aws.must("stack", "export")).not.toContain("first-value");
        await must(given("first-value"), "up", "--yes", "--expect-no-changes");
        const { code, stdout, stderr } = await aws.run(["up", "--yes", "--skip-preview"]);
        expect([code !== 0, stdout + stderr]).toEqual([true, expect.stringContaining("SHOP_OPENAI_KEY")]);
    });

    test("another value is another version, and whoever reads it moves; the former one goes", async () => {
        await must(given("second-value"), "up", "--yes");
        expect(starting(await stored(), "openaiKey").map(([, value]) => value)).toEqual(["second-value"]);
        const steps = (await aws.run(["preview", "--json"], given("third-value"))).stdout;
        const changed = (JSON.parse(steps) as { steps: { op: string; urn: string }[] }).steps.filter(({ op }) => op !== "same").map(short);
        expect(changed).toEqual(expect.arrayContaining(["update ecs/service:Service front"]));
        expect(changed.filter((step) => step.endsWith(" stock"))).toEqual([]);
    });

    test("a renewed authority: both are trusted meanwhile, and the services that show or trust a certificate move", async () => {
        const before = await stored();
        expect(starting(before, "innerAuthority").map(([, value]) => certificates(value))).toEqual([1]);
        const today = new Date().toISOString().slice(0, 10);
        aws.settings({ "quai:rotation": { localAuthority: [today, "first"] } });
        await must(given("second-value"), "up", "--yes");
        const after = await stored();
        expect(starting(after, "innerAuthority").map(([, value]) => certificates(value))).toEqual([2]);
        const own = (values: Record<string, string>, name: string) => starting(values, name).map(([, value]) => value);
        expect(own(after, "innerCertificate")).not.toEqual(own(before, "innerCertificate"));
        expect(own(after, "innerKey")).toEqual(own(before, "innerKey"));
        await must(given("second-value"), "up", "--yes", "--expect-no-changes");
        aws.settings({});
        await must({ ...given("second-value") }, "destroy", "--yes");
        expect(await aws.resources()).toEqual([]);
    });
});
