import type { ServiceArgs, WebStackArgs } from "../../../components/web-stack";
import type { Registered } from "../support/mocks";
import { COMMAND, CONTAINER, IMAGE, NETWORK, record, shared, valueOf } from "../support/mocks";
import { commandOf, dockerTarget, filesIn, leaks } from "../support/target";
import { SecretsBundle } from "../../../components/secrets-bundle";
import { WebStack } from "../../../components/web-stack";
import { type Change, webStack, withService } from "./base";

const RELEASE = /-([0-9a-f]{8})(?=-\d+$|$)/;
const general = (name: string) => name.replace(RELEASE, "-<release>");

async function namesOf(made: ReturnType<typeof webStack>) {
    const recording = await made;
    const names = (type: string) =>
        recording
            .of(type)
            .map(({ name }) => name)
            .sort();
    const container = (prefix: string): Registered => {
        const found = recording.of(CONTAINER).find(({ name }) => general(name) === `${prefix}-<release>` || name === prefix);
        if (found === undefined) throw new Error(`no container ${prefix} in ${names(CONTAINER).join(", ")}`);
        return found;
    };
    return { ...recording, container, containers: names(CONTAINER), commands: names(COMMAND) };
}

const unchanged = shared(() => namesOf(webStack()));
const named = (change?: Change) => (change === undefined ? unchanged() : namesOf(webStack(change)));

describe("an application on a Docker host", () => {
    test("everything it is made of", async () => {
        const { containers, commands, list } = await named();
        expect(containers.map(general)).toEqual(["api-<release>", "api-<release>-2", "beat", "web-<release>", "worker-<release>"]);
        expect(commands.map(general)).toEqual([
            "api-secrets-<release>",
            "beat-secrets-<release>",
            "collect-<release>",
            "migrate-<release>",
            "migrate-secrets-<release>",
            "uploads-owner",
            "worker-secrets-<release>",
        ]);
        expect(list(IMAGE)).toEqual([
            `${IMAGE} nginx:1.30.4-trixie`,
            `${IMAGE} registry.example.com/api:1.0.0`,
            `${IMAGE} registry.example.com/web:1.0.0`,
        ]);
        expect(list(NETWORK)).toHaveLength(2);
    });

    test("R15: no container publishes a port; who is told how to reach a database is on its network, nobody else", async () => {
        const { of, container } = await named();
        for (const { inputs } of of(CONTAINER)) expect(inputs).not.toHaveProperty("ports");
        const app = (service: string) => ({
            name: "demo-dev-app",
            aliases: [service, `${service}-${RELEASE.exec(container(service).name)?.[1]}`],
        });
        expect(container("worker").inputs["networksAdvanced"]).toEqual([app("worker"), { name: "demo-dev-data" }]);
        expect(container("api").inputs["networksAdvanced"]).toEqual([app("api")]);
    });

    test("an address in the open counts, too, and makes another release", async () => {
        const { container } = await named(withService("web", { opens: ["redis"] }));
        expect(container("web").inputs["networksAdvanced"]).toContainEqual({ name: "demo-dev-data" });
        expect(container("web").name).not.toBe((await named()).container("web").name);
    });

    test("R16, R18: everything a container is given", async () => {
        const { container } = await named();
        const { inputs, name, provider, parent } = container("web");
        const release = RELEASE.exec(name)?.[1] ?? "";
        expect({ provider, parent }).toEqual({ provider: "host", parent: "application" });
        expect(inputs).toEqual({
            name: `demo-dev-web-${release}`,
            image: expect.stringMatching(/^sha256:/) as string,
            envs: [`RELEASE=${release}`],
            user: "101:101",
            readOnly: true,
            init: true,
            capabilities: { drops: ["ALL"] },
            securityOpts: ["no-new-privileges:true"],
            ulimits: [{ name: "core", soft: 0, hard: 0 }],
            logDriver: "json-file",
            logOpts: { "max-size": "50m", "max-file": "5" },
            restart: "unless-stopped",
            mustRun: true,
            memory: 128,
            memorySwap: 128,
            cpus: "0.5",
            networksAdvanced: [{ name: "demo-dev-app", aliases: ["web", `web-${release}`] }],
            mounts: [],
            tmpfs: { "/tmp": "rw,noexec,nosuid,size=64m" },
            healthcheck: { tests: ["CMD", "true"], interval: "10s", timeout: "5s", retries: 5, startPeriod: "30s" },
            wait: true,
            waitTimeout: 135,
            labels: [
                { label: "io.quai.stack", value: "demo-dev" },
                { label: "io.quai.role", value: "service" },
                { label: "io.quai.service", value: "web" },
                { label: "io.quai.release", value: release },
            ],
            stopTimeout: 30,
            destroyGraceSeconds: 30,
        });
    });

    test("R100, R17: jobs one after the other, then services and workers, then the scheduler", async () => {
        const { container, commands, get, of } = await named();
        const [migrate, collect] = ["migrate", "collect"].map((job) => commands.find((name) => general(name) === `${job}-<release>`) ?? "");
        expect(get(COMMAND, collect ?? "").after).toContain(migrate);
        expect(get(COMMAND, migrate ?? "").after).toContain(commands.find((name) => name.startsWith("migrate-secrets")));
        for (const service of ["api", "web", "worker"])
            expect(container(service).after).toEqual(expect.arrayContaining([migrate, collect]));
        const overlapping = of(CONTAINER)
            .map(({ name }) => name)
            .filter((name) => name !== "beat");
        expect(container("beat").after).toEqual(expect.arrayContaining(overlapping));
        expect(container("beat").deleteBeforeReplace).toBe(true);
        for (const name of overlapping) expect(get(CONTAINER, name).after).not.toContain("beat");
    });

    test("R12: a scheduler has one logical name and one Docker name in every release", async () => {
        const [before, after] = [await named(), await named(withService("beat", { env: { X: "1" } }))];
        expect(after.containers).toEqual(before.containers);
        expect(after.container("beat").inputs["name"]).toBe("demo-dev-beat");
        expect(before.container("beat").inputs["name"]).toBe("demo-dev-beat");
        expect(after.container("beat").inputs["labels"]).not.toEqual(before.container("beat").inputs["labels"]);
    });

    test("R13, R51: secrets and files are mounted for the container's own user; secrets can't be written", async () => {
        const { container, commands, get } = await named();
        const volume = commands.find((name) => name.startsWith("api-secrets-")) ?? "";
        expect(container("api").inputs["mounts"]).toEqual([
            { type: "volume", source: "demo-dev-uploads", target: "/data", readOnly: false, volumeOptions: { noCopy: true } },
            { type: "volume", source: `demo-dev-${volume}`, target: "/run/secrets", readOnly: true },
        ]);
        expect(container("api").after).toEqual(expect.arrayContaining([volume, "uploads-owner"]));
        const { script, data } = commandOf(get(COMMAND, volume));
        expect(script.endsWith(" tool 10001 10001")).toBe(true);
        expect(Object.keys(filesIn(data))).toEqual(["sessionKey"]);
    });

    test("R27: no secret stands in an input that anybody can read", async () => {
        const { resources, generated, commands, get } = await named();
        const volume = commands.find((name) => name.startsWith("api-secrets-")) ?? "";
        const { sessionKey = "" } = filesIn(commandOf(get(COMMAND, volume)).data);
        expect(sessionKey).toMatch(/^[A-Za-z0-9_-]{86}$/);
        expect(leaks(resources, [sessionKey, ...generated])).toEqual([]);
    });

    test("replicas are numbered, and share one release, its files and its address", async () => {
        const { containers, commands, result, get } = await named();
        const [first = "", second = ""] = containers.filter((name) => name.startsWith("api-"));
        expect(second).toBe(`${first}-2`);
        expect(get(CONTAINER, second).inputs["networksAdvanced"]).toEqual(get(CONTAINER, first).inputs["networksAdvanced"]);
        expect(commands.filter((name) => name.startsWith("api-secrets-"))).toHaveLength(1);
        expect(result.released.find(({ name }) => name === "api")?.containers).toEqual([`demo-dev-${first}`, `demo-dev-${second}`]);
        expect(result.endpoint("api")).toMatchObject({
            address: first,
            replicas: [`demo-dev-${first}`, `demo-dev-${second}`],
            port: 8000,
            healthPath: "/health",
            release: first.slice("api-".length),
        });
        expect(result.endpoint("api").ready).toHaveLength(2);
    });

    test("a service without a port isn't one for the proxy", async () => {
        const { result } = await named();
        expect(() => result.endpoint("worker")).toThrow("services.worker: no service of this name has a port; there are: api, web");
    });
});

describe("R35: a change makes a new release of what it concerns, and nothing else", () => {
    const changes: [string, string, Change][] = [
        ["a variable", "web", withService("web", { env: { LOG_LEVEL: "debug" } })],
        ["the command", "web", withService("web", { command: ["nginx"] })],
        ["the memory limit", "web", withService("web", { memory: 256 * 1024 * 1024 })],
        ["the CPU limit", "web", withService("web", { cpus: 1 })],
        ["the health check", "web", withService("web", { health: { command: ["true"], interval: 5 } })],
        ["the user", "web", withService("web", { user: { uid: 102, gid: 101 } })],
        ["the port", "web", withService("web", { port: 8081 })],
        ["the time to stop", "web", withService("web", { stopGrace: 60 })],
        ["the log's rotation", "web", withService("web", { logs: { maxSize: 1024 * 1024, maxFiles: 2 } })],
        ["the writable root", "web", withService("web", { readOnlyRoot: false })],
        ["a temporary folder", "web", withService("web", { temporary: ["/tmp", "/run"] })],
        [
            "the image",
            "web",
            { args: (args) => ({ ...args, images: { ...args.images, web: { reference: "registry.example.com/web:1.0.1" } } }) },
        ],
    ];
    test.each(changes)("%s", async (_, service, change) => {
        const [before, after] = [await named(), await named(change)];
        const gone = before.containers.filter((name) => !after.containers.includes(name));
        const made = after.containers.filter((name) => !before.containers.includes(name));
        expect([gone.map(general), made.map(general)]).toEqual([[`${service}-<release>`], [`${service}-<release>`]]);
        // What stays is the same in every input.
        for (const name of before.containers.filter((each) => !gone.includes(each) && each !== "beat")) {
            expect(after.get(CONTAINER, name).inputs).toEqual(before.get(CONTAINER, name).inputs);
        }
        expect(after.commands).toEqual(before.commands);
        expect(after.container(service).inputs["name"]).toBe(`demo-dev-${made[0]}`);
    });

    test("a rotated secret: all that use it, by file or variable, and the job", async () => {
        const [before, after] = [await named(), await named({ rotation: { password: "2026-11-01" } })];
        const gone = [...before.containers, ...before.commands].filter((name) => ![...after.containers, ...after.commands].includes(name));
        expect(gone.map(general)).toEqual([
            "worker-<release>",
            "migrate-<release>",
            "migrate-secrets-<release>",
            "worker-secrets-<release>",
        ]);
    });

    test("the number of replicas isn't part of the release: only the further one appears", async () => {
        const [before, after] = [await named(), await named(withService("web", { replicas: 2 }))];
        expect(after.containers.filter((name) => !before.containers.includes(name)).map(general)).toEqual(["web-<release>-2"]);
        expect(before.containers.filter((name) => !after.containers.includes(name))).toEqual([]);
    });

    test("nothing changed: a second registration is equal", async () => {
        const [first, second] = [await named(), await named({})];
        expect(second.resources).toEqual(first.resources);
    });

    test("the order of variables and secrets doesn't make a difference", async () => {
        const one = await named(withService("web", { env: { A: "1", B: "2" } }));
        const other = await named(withService("web", { env: { B: "2", A: "1" } }));
        expect(other.container("web")).toEqual(one.container("web"));
    });
});

test("a stopped stack runs nothing and pulls nothing, but still knows its endpoints", async () => {
    const { containers, commands, of, result } = await named({ target: { running: false } });
    expect([containers, commands, of(IMAGE)]).toEqual([[], [], []]);
    expect(result.released).toEqual([]);
    expect(result.endpoint("api")).toMatchObject({ port: 8000, ready: [] });
});

test("R124: what has run once and for all is kept by a stopped stack as it is, and so doesn't run again when it starts", async () => {
    const args = (args: WebStackArgs) => ({ ...args, jobs: { ...args.jobs, admin: { ...admin, once: true } }, ranOnce: ["admin"] });
    const admin = { image: "api", command: ["api", "admin"], user: { uid: 1, gid: 1 } };
    const runs = await named({ args });
    const stopped = await named({ args, target: { running: false } });
    const never = await named({ args: (each) => ({ ...args(each), ranOnce: [] }), target: { running: false } });
    const names = async ({ result: { once } }: typeof runs) => once && valueOf(once);
    expect(await Promise.all([runs, stopped, never].map(names))).toEqual([["admin"], ["admin"], undefined]);
    const kept = ({ of }: typeof runs) => of(COMMAND).flatMap(({ name, ignoreChanges }) => (name === "admin" ? [ignoreChanges] : []));
    expect([kept(runs), kept(stopped), kept(never)]).toEqual([[["create", "delete", "stdin"]], [["create", "delete", "stdin"]], []]);
    expect(stopped.commands).toHaveLength(1);
});

test("an application that is wrong registers no container", async () => {
    const wrong: ServiceArgs = { image: "none", user: { uid: 0, gid: 0 }, health: { command: ["true"] } };
    await expect(
        record(() => {
            const target = dockerTarget();
            new SecretsBundle("secrets", { target });
            return new WebStack("application", { target, host: "h", images: {}, services: { a: wrong, b: wrong } });
        }),
    ).rejects.toThrow(
        /^quai:images\.none: missing; a needs it.*\nquai:services\.a\.user: .*\nquai:images\.none: missing; b needs it.*\nquai:services\.b\.user: /,
    );
});
