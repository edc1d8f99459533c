import type { Recording, Registered } from "../unit/support/mocks";
import { COMMAND, CONTAINER, shared } from "../unit/support/mocks";
import { commandOf, filesIn } from "../unit/support/target";
import { AwsGraph } from "./support/aws-graph";
import type { Deployed } from "./support/deployed";
import { AWS, demoOn } from "./support/deployed";

/* What is promised to whoever runs a stack, on both targets: where logs are, what a rotation changes, what a release runs again, how much each may use. */

const DOCKER = { kind: "docker" };
const onDocker = shared(() => demoOn(DOCKER));
const onAws = shared(() => demoOn(AWS));
const SERVICES = ["api", "web", "worker", "scheduler"];

const serviceOf = ({ inputs }: Registered) =>
    (inputs["labels"] as { label: string; value: string }[]).find(({ label }) => label === "io.quai.service")?.value;
const containersOf = (made: Recording<Deployed>, service: string) => made.of(CONTAINER).filter((each) => serviceOf(each) === service);

describe("R91: logs", () => {
    test.each(SERVICES)("%s's are found by its name alone, and end: by size on a Docker host, by age on AWS", async (service) => {
        // `./quai logs api` asks for this label; `aws logs tail /ecs/demo-prod-api` for this name.
        for (const { inputs } of containersOf(await onDocker(), service)) {
            expect([inputs["logDriver"], inputs["logOpts"]]).toEqual(["json-file", { "max-size": "50m", "max-file": "5" }]);
        }
        expect(containersOf(await onDocker(), service).length).toBeGreaterThan(0);
        const graph = new AwsGraph(await onAws());
        const group = graph.of("cloudwatch/logGroup").find(({ inputs }) => inputs["name"] === `/ecs/demo-prod-${service}`);
        expect(group?.inputs["retentionInDays"]).toBe(30);
        const writes = graph
            .containers(`${service}-task`)
            .map(({ logConfiguration: { logDriver, options } }) => [logDriver, options["awslogs-group"]]);
        expect(writes.length).toBeGreaterThan(0);
        expect(writes).toEqual(writes.map(() => ["awslogs", `/ecs/demo-prod-${service}`]));
    });
});

describe("R18: limits", () => {
    test.each(SERVICES)("%s's task is the smallest of Fargate's that holds its container", async (service) => {
        const docker = Number(containersOf(await onDocker(), service)[0]?.inputs["memory"]);
        const { memory } = new AwsGraph(await onAws()).get("ecs/taskDefinition", `${service}-task`).inputs;
        expect([docker >= 128, Number(memory) >= docker, Number(memory) < 2 * Math.max(docker, 512)]).toEqual([true, true, true]);
    });
});

const TODAY = new Date().toISOString().slice(0, 10);

/** Services and jobs whose release differs, that is, which are told of a new value. */
function moved(before: Recording<Deployed>, after: Recording<Deployed>): string[] {
    const releases = (made: Recording<Deployed>) => new Map(made.result.services.map(({ name, release }) => [name, release]));
    const now = releases(after);
    return [...releases(before)].flatMap(([name, release]) => (now.get(name) === release ? [] : [name])).sort();
}

/** Logins of the database, as names for both targets. */
const logins = (made: Recording<Deployed>) =>
    made.resources
        .flatMap(({ name }) => /^postgres-login-(demo.*)$/.exec(name)?.[1]?.replaceAll("_", "-") ?? [])
        .filter((name) => !/-(group|start|task|out|to)/.test(name))
        .sort();

describe("R33, R34: rotation", () => {
    test.each([
        ["sessionKey", ["api"]],
        ["jwt", ["api"]],
        ["databasePassword", ["api", "scheduler", "worker"]],
        ["redisPassword", ["api", "scheduler", "worker"]],
        // These are the migration's and the administrator's.
        ["migrationPassword", []],
        ["postgresPassword", []],
    ] as const)("%s: the same services move to the new value on both targets: %j", async (secret, services) => {
        const settings = { "quai:rotation": { [secret]: TODAY } };
        const [docker, aws] = [await demoOn(DOCKER, settings), await demoOn(AWS, settings)];
        expect(docker.result.secrets.map(({ name }) => name)).toContain(secret);
        expect(moved(await onDocker(), docker)).toEqual(services);
        expect(moved(await onAws(), aws)).toEqual(services);
    });

    test("a database's password is a second login on both; the first one is dropped by the same words, when nothing uses it any more", async () => {
        const settings = { "quai:rotation": { databasePassword: TODAY } };
        const [docker, aws] = [await demoOn(DOCKER, settings), await demoOn(AWS, settings)];
        const added = (before: Recording<Deployed>, after: Recording<Deployed>) =>
            logins(after).filter((name) => !logins(before).includes(name));
        expect(added(await onAws(), aws)).toEqual(added(await onDocker(), docker));
        expect(added(await onAws(), aws)).toEqual([`demo-web-${TODAY.replaceAll("-", "")}`]);
        const dropped = JSON.parse(
            String(new AwsGraph(await onAws()).get("lambda/invocation", "postgres-login-demo-web-1").inputs["input"]),
        ) as { onDelete: string[] };
        const docked = (await onDocker()).get(COMMAND, "postgres-login-demo_web_1").inputs["delete"];
        const words = (text: unknown) => /DROP ROLE IF EXISTS "\w+";/.exec(String(text))?.[0];
        expect([words(dropped.onDelete), words(docked)]).toEqual([
            'DROP ROLE IF EXISTS "demo_web_1";',
            'DROP ROLE IF EXISTS "demo_web_1";',
        ]);
    });

    test("Redis's former password goes last, when every service has moved: on AWS by a call of its own, with the version of this release", async () => {
        const [before, graph] = [
            new AwsGraph(await onAws()),
            new AwsGraph(await demoOn(AWS, { "quai:rotation": { redisPassword: TODAY } })),
        ];
        const made = (of: AwsGraph) => of.get("lambda/invocation", "redis-password");
        const asked = (of: AwsGraph) => JSON.parse(String(made(of).inputs["input"])) as { action: string; group: string; password: string };
        expect(made(graph).inputs["lifecycleScope"]).toBe("CRUD");
        expect(asked(graph)).toMatchObject({ action: "settle", group: "demo-prod-redis" });
        expect(asked(graph).password).not.toBe(asked(before).password);
        const version = graph.outputOf("secretsmanager/secretVersion", `secret-redisPassword-${TODAY}`, "versionId");
        expect(asked(graph).password).toMatch(new RegExp(`:::${version}$`));
        const waits = made(graph).after.map((urn) =>
            urn
                .split("::")
                .at(-1)
                ?.replace(/-[0-9a-f]{8}$/, ""),
        );
        expect(waits).toEqual(expect.arrayContaining(SERVICES));
        // On a Docker host the resource that made it known takes it away, which the engine deletes last.
        expect((await demoOn(DOCKER)).of(COMMAND).some(({ name, inputs }) => /redis/.test(name) && inputs["delete"] !== undefined)).toBe(
            true,
        );
    });

    test("a key pair overlaps: the former public key goes beside the new one to the same service", async () => {
        const settings = { "quai:rotation": { jwt: [TODAY, "first"] } };
        const [docker, aws] = [await demoOn(DOCKER, settings), await demoOn(AWS, settings)];
        const written = docker.resources.find(({ type, name }) => type === COMMAND && /^api-secrets-/.test(name)) as Registered;
        const script = new AwsGraph(aws).containers("api-task").find(({ name }) => name === "prepare")?.command?.[0] ?? "";
        const files = [...script.matchAll(/> \/prepare\/secrets\/(\S+)/g)].map(([, name = ""]) => name).sort();
        expect(files).toEqual(Object.keys(filesIn(commandOf(written).data)).sort());
        expect(files).toContain("jwtPublicFormer");
    });
});

describe("R33: while ECS replaces tasks, old and new ones answer by turns", () => {
    const verified = async (jwt: readonly string[]) => {
        const graph = new AwsGraph(await demoOn(AWS, { "quai:rotation": { jwt } }));
        const read =
            graph
                .containers("api-task")
                .find(({ name }) => name === "prepare")
                ?.secrets.map(({ valueFrom }) => valueFrom) ?? [];
        const versions = graph.of("secretsmanager/secretVersion").filter(({ name }) => {
            const id = graph.outputOf("secretsmanager/secretVersion", name, "versionId");
            return read.some((from) => from.endsWith(`:::${id}`));
        });
        const value = (name: string) =>
            versions.filter((each) => each.name.startsWith(`secret-${name}-`)).map(({ inputs }) => String(inputs["secretString"]))[0] ?? "";
        return { signs: value("jwtPublic"), accepts: value("jwtPublic") + value("jwtPublicFormer") };
    };

    test("a key that is announced first is known to every task before one signs with it", async () => {
        const steps = [await verified(["first"]), await verified(["first", TODAY]), await verified([TODAY, "first"])];
        for (const [index, step] of steps.entries()) {
            const next = steps[index + 1] ?? step;
            expect([index, step.signs !== "" && next.signs !== ""]).toEqual([index, true]);
            expect([index, step.accepts.includes(next.signs), next.accepts.includes(step.signs)]).toEqual([index, true, true]);
        }
        expect(steps[2]?.signs).not.toBe(steps[0]?.signs);
        // In one update it isn't.
        expect(steps[0]?.accepts).not.toContain(steps[2]?.signs);
    });
});

describe("R100, R124: what a release runs again", () => {
    const chrona = (digit: string) => ({
        "quai:application": "chrona",
        "quai:services": {},
        "quai:images": Object.fromEntries(
            ["backend", "backoffice", "kiosk"].map((name) => [name, `registry.internal.corp/${name}@sha256:${digit.repeat(64)}`]),
        ),
    });
    /** Jobs of the first recording that the second one would run again. */
    const again = (type: string, before: Recording<Deployed>, after: Recording<Deployed>): string[] =>
        before.of(type).flatMap(({ name, inputs }) => {
            const job = /^(migrate|admin)(?:-[0-9a-f]{8})?$/.exec(name)?.[1];
            if (job === undefined) return [];
            const same = after.of(type).find((each) => each.name === name);
            const changed = Object.keys({ ...inputs, ...same?.inputs }).filter(
                (key) => JSON.stringify(inputs[key]) !== JSON.stringify(same?.inputs[key]),
            );
            return changed.every((key) => same?.ignoreChanges.includes(key)) && same !== undefined ? [] : [job];
        });

    test("the migration; not the first administrator", async () => {
        const runs = async (target: object, type: string) =>
            again(type, await demoOn(target, chrona("1")), await demoOn(target, chrona("2")));
        expect(await runs(DOCKER, COMMAND)).toEqual(["migrate"]);
        expect(await runs(AWS, "aws:lambda/invocation:Invocation")).toEqual(["migrate"]);
    });
});
