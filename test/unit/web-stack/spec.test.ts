import type { ServiceArgs, WebStackArgs } from "../../../components/web-stack";
import { resolveHealth, resolveWebStack } from "../../../components/web-stack/spec";

const USER = { uid: 10001, gid: 10001 };
const SERVICE: ServiceArgs = { image: "api", command: ["serve"], port: 8000, user: USER, health: { http: "/health" } };

function problems(services: Record<string, Partial<ServiceArgs> & Pick<ServiceArgs, "health">>, jobs: WebStackArgs["jobs"] = {}): string[] {
    try {
        const all = Object.fromEntries(Object.entries(services).map(([name, service]) => [name, { ...SERVICE, ...service }]));
        resolveWebStack(
            { host: "app.example.com", images: { api: { reference: "api:1.0.0" } }, services: all, jobs },
            { api: "api:1.0.0" },
        );
        return [];
    } catch (error) {
        return error instanceof Error ? error.message.split("\n") : [];
    }
}

const { health } = SERVICE;

describe("what is refused", () => {
    test("the base is fine", () => expect(problems({ api: SERVICE })).toEqual([]));

    test.each<[Partial<ServiceArgs>, string]>([
        [
            { kind: "scheduler", replicas: 2 },
            "quai:services.api.replicas: a scheduler runs once (got 2); use a worker for work that may run twice",
        ],
        [{ replicas: 0 }, "quai:services.api.replicas: must be a whole number, at least 1 (got 0)"],
        [{ replicas: 1.5 }, "quai:services.api.replicas: must be a whole number, at least 1 (got 1.5)"],
        [{ port: undefined }, "quai:services.api.health.http: needs the service's port; set quai:services.api.port"],
        [{ image: "apis" }, "quai:images.apis: missing; api needs it. Give a reference or { build: folder }"],
        [
            { command: undefined, secretEnv: { KEY: { name: "k", version: "1", value: null as never } } },
            "quai:services.api.secretEnv: needs quai:services.api.command, because a shell sets the variables before it starts the command",
        ],
        [{ user: { uid: 0, gid: 0 } }, "quai:services.api.user: must not be root (got uid 0)"],
    ])("%j", (change, message) => {
        expect(problems({ api: { ...change, health } })).toEqual([message]);
    });

    test("all problems of services and jobs are told at once", () => {
        const found = problems(
            { api: { replicas: 0, health }, beat: { kind: "scheduler", replicas: 3, image: "other", health } },
            { migrate: { image: "api", user: { uid: 0, gid: 0 } } },
        );
        expect(found).toEqual([
            "quai:services.api.replicas: must be a whole number, at least 1 (got 0)",
            "quai:services.beat.replicas: a scheduler runs once (got 3); use a worker for work that may run twice",
            "quai:images.other: missing; beat needs it. Give a reference or { build: folder }",
            "quai:services.migrate.user: must not be root (got uid 0)",
        ]);
    });

    test("a job with the name of a service is refused, and hides none of the service's own problems", () => {
        expect(problems({ api: { ...SERVICE, user: { uid: 0, gid: 0 } } }, { api: { image: "api", user: USER } })).toEqual([
            "quai:services.api.user: must not be root (got uid 0)",
            "quai:services.api: a job has this name, too; give it another one",
        ]);
    });
});

describe("releases", () => {
    const release = (service: Partial<ServiceArgs>, logs?: { maxSize: number; maxFiles: number }): string | undefined =>
        resolveWebStack(
            { host: "app.example.com", images: { api: { reference: "api:1.0.0" } }, services: { api: { ...SERVICE, ...service } } },
            { api: "api:1.0.0" },
            logs,
        ).services[0]?.release;
    const small = { maxSize: 1, maxFiles: 2 };
    const large = { maxSize: 9, maxFiles: 2 };

    // Docker can't change them in a container that runs: without a release of its own, one would be replaced in place, with a gap.
    test("limits of logs that are the stack's make another release, as the service's own do", () => {
        expect(release({}, small)).not.toBe(release({}, large));
        expect(release({}, small)).toBe(release({ logs: small }, large));
    });
});

describe("R18: health", () => {
    test("defaults are the guides'", () => {
        expect(resolveHealth({ command: ["true"] }, undefined, "h")).toEqual({
            command: ["true"],
            interval: 10,
            timeout: 5,
            retries: 5,
            startPeriod: 30,
        });
    });

    test("every figure is settable", () => {
        const figures = { interval: 30, timeout: 10, retries: 3, startPeriod: 90 };
        expect(resolveHealth({ command: ["true"], ...figures }, undefined, "h")).toEqual({ command: ["true"], ...figures });
    });

    test("R20: a probe by HTTP asks on the port, in the public name", () => {
        const [shell, option, text] = resolveHealth({ http: "/health" }, 8000, "app.example.com").command;
        expect([shell, option]).toEqual(["/bin/sh", "-c"]);
        expect(text).toContain("http://127.0.0.1:8000/health");
        expect(text).toContain("Host: app.example.com");
    });
});
