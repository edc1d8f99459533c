import { presetOf } from "../../../stacks/catalogue";
import { ACCOUNT, Rehearsal, short } from "./rehearsal";

/* The applications of the guides that were written for one machine, each with nothing changed but the target. BDD Bot has a file of its own. */

const DIGEST = (digit: string) => `@sha256:${digit.repeat(64)}`;
const image = (name: string, digit = "1") => `registry.internal.corp/${name}:1.0.0${DIGEST(digit)}`;

/** From whom to what, beside the internet's way to the balancer: each service by its port, each user of a store to that store, nothing else. */
const WAYS: Readonly<Record<string, readonly string[]>> = {
    chrona: [
        ...["proxy > backend:8000", "proxy > backoffice:80", "proxy > kiosk:80"],
        ...users(["admin", "backend", "migrate"], ["postgres:5432"]),
    ],
    viatique: [
        ...["proxy > backend:8000", "proxy > frontend:80", "proxy > proxy-files:8080"],
        ...users(["proxy-files"], ["media-files:2049", "static-files:2049"]),
        ...users(
            ["backend", "beat", "collectstatic", "migrate", "worker"],
            ["media-files:2049", "postgres:5432", "redis:6379", "static-files:2049"],
        ),
    ],
    mdp: [
        ...["proxy > backend:8000", "proxy > frontend:80", "proxy > proxy-files:8080", "proxy-files > static-files:2049"],
        ...users(["admin", "backend", "collectstatic", "migrate"], ["postgres:5432", "static-files:2049"]),
    ],
    orchestra: [
        ...["proxy > api:4000", "proxy > web:3000"],
        ...users(["admin", "api", "migrate"], ["postgres:5432", "redis:6379", "uploads-files:2049"]),
    ],
};

function users(who: readonly string[], stores: readonly string[]): string[] {
    return who.flatMap((name) => stores.map((store) => `${name} > ${store}`));
}

function settingsOf(application: string): Record<string, unknown> {
    const services = presetOf(application)?.application["services"] as Record<string, { like?: string }>;
    const own = Object.entries(services).flatMap(([name, { like }]) => (like === undefined ? [name] : []));
    return {
        "quai:application": application,
        "quai:environment": "development",
        "quai:domain": `${application}.quai.dev`,
        "quai:images": Object.fromEntries(own.map((name) => [name, image(name)])),
        "quai:target": { kind: "aws", region: "eu-west-3", hostedZone: "Z0123456789ABCDEFGHIJ", alarmEmail: "ops@quai.dev" },
    };
}

const cycle = ACCOUNT === undefined ? describe.each(Object.keys(WAYS)) : describe.skip.each(Object.keys(WAYS));

cycle("R36, R108: %s with another target", (application) => {
    const settings = settingsOf(application);
    let aws: Rehearsal;
    beforeAll(async () => {
        aws = await Rehearsal.open(`${application}-awse2e`, settings);
    });
    afterAll(() => aws?.close());

    test("up makes it; from the internet to the balancer, to each service, to what it uses, and nothing else", async () => {
        await aws.must("up", "--yes", "--skip-preview");
        const ways = await aws.ways();
        expect(ways.filter((way) => way.startsWith("0.0.0.0/0"))).toEqual(["0.0.0.0/0 > proxy:443", "0.0.0.0/0 > proxy:80"]);
        expect(ways.filter((way) => !way.startsWith("0.0.0.0/0") && !way.startsWith("postgres-"))).toEqual(
            [...(WAYS[application] ?? [])].sort(),
        );
    });

    test("a second up has nothing to do", async () => {
        expect(await aws.must("up", "--yes", "--skip-preview", "--expect-no-changes")).toContain("unchanged");
    });

    test("a new image replaces the tasks that have it, and nothing with data", async () => {
        const images = settings["quai:images"] as Record<string, string>;
        const [first = ""] = Object.keys(images);
        aws.settings({ "quai:images": { ...images, [first]: image(first, "2") } });
        const steps = (await aws.preview()).map(short);
        expect(steps).toContain(`update ecs/service:Service ${first}`);
        // The first administrator is made once, whatever its image (R124).
        expect(steps.filter((step) => / admin(-|$)/.test(step) && !step.includes("taskDefinition"))).toEqual([]);
        expect(steps.filter((step) => !/lambda\/invocation|ecs\/(taskDefinition|service)/.test(step))).toEqual([]);
        await aws.must("up", "--yes", "--skip-preview");
    });

    test("down leaves nothing", async () => {
        await aws.must("destroy", "--yes", "--skip-preview");
        expect(await aws.resources()).toEqual([]);
    });
});
