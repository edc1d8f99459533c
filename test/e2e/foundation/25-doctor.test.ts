import { eventually } from "../support/ask";
import { docker, HTTPS, objects, proxy, quai, STACK, STACK_ID } from "../support/checkout";

interface Check {
    readonly name: string;
    readonly state: string;
    readonly from?: string;
    readonly fix?: string;
}

async function diagnosis(): Promise<{ code: number; found: (name: string) => Check | undefined; bad: string[] }> {
    const { code, stdout } = await quai("doctor", STACK, "--json");
    const { checks } = JSON.parse(stdout) as { checks: Check[] };
    const bad = checks.filter(({ state }) => state === "missing").map(({ name }) => name);
    return { code, bad, found: (wanted) => checks.find(({ name }) => name === wanted) };
}

const running = (service: string) => objects("container").filter((name) => name.startsWith(`${STACK_ID}-${service}`));
const healthy = (name: string) => docker("inspect", "--format", "{{.State.Health.Status}}", name).trim() === "healthy";

async function without(names: readonly string[], work: () => Promise<void>): Promise<void> {
    docker("stop", "--time", "1", ...names);
    try {
        await work();
    } finally {
        docker("start", ...names);
        await eventually("health", () => Promise.resolve(names.every(healthy)), 90);
    }
}

describe("R128: ./quai doctor of a stack", () => {
    // What the files before have started again may still be starting.
    beforeAll(() => eventually("health of all", async () => (await quai("status", STACK, "--json")).code === 0, 120));

    test("all that answers is told: name, certificate, redirect, headers, routes, WebSocket, services, jobs, database", async () => {
        const { code, bad, found } = await diagnosis();
        expect([code, bad]).toEqual([0, []]);
        expect(found("name demo.localhost")).toMatchObject({ state: "ok", from: "this machine" });
        expect(found("certificate demo.localhost")).toMatchObject({
            state: "ok",
            version: "TLSv1.3",
            from: expect.stringMatching(/^\d+ days left, from /) as string,
        });
        expect(found("http demo.localhost")).toMatchObject({ state: "ok", from: `301 to https://demo.localhost:${HTTPS}/` });
        expect(found("headers demo.localhost")).toMatchObject({ state: "ok" });
        expect(found(`route demo.localhost:${HTTPS}/`)).toMatchObject({ state: "ok", from: "web answers 200" });
        expect(found(`route demo.localhost:${HTTPS}/api/health`)).toMatchObject({ state: "ok", from: "api answers 200" });
        expect(found(`route demo.localhost:${HTTPS}/api/ws`)).toMatchObject({ state: "ok", from: "api answers 101 to a WebSocket" });
        expect(found("service api")).toMatchObject({
            state: "ok",
            from: expect.stringMatching(/^healthy, release [0-9a-f]{8}$/) as string,
        });
        expect(found("job migrate")).toMatchObject({ state: "ok", from: expect.stringMatching(/^ended with 0, release /) as string });
        expect(found("database")).toMatchObject({ state: "ok", from: expect.stringMatching(/^\d+ of 100 connections, \d+m$/) as string });
        expect((await quai("doctor", STACK)).stdout).toContain(`${STACK} answers as it should.`);
    });

    test("an API that is away: its routes don't answer, its service has exited, and where to look is said", async () => {
        await without(running("api-"), async () => {
            const { code, bad, found } = await diagnosis();
            expect(code).toBe(1);
            expect(bad).toEqual(expect.arrayContaining([`route demo.localhost:${HTTPS}/api/health`, "service api"]));
            expect(bad).not.toContain(`route demo.localhost:${HTTPS}/`);
            expect(found(`route demo.localhost:${HTTPS}/api/health`)?.fix).toBe(
                `api doesn't answer the proxy: ./quai logs api --stack ${STACK} shows why`,
            );
            expect(found("service api")?.fix).toContain(`./quai up ${STACK} brings it back`);
        });
    });

    test("Redis and the database that are away are named", async () => {
        await without([...running("redis"), ...running("postgres")], async () => {
            const { bad } = await diagnosis();
            expect(bad).toEqual(expect.arrayContaining(["service redis", "service postgres"]));
        });
    });

    test("nobody answers for the proxy", async () => {
        await without([proxy()], async () => {
            const { bad, found } = await diagnosis();
            expect(bad).toEqual(expect.arrayContaining(["certificate demo.localhost", "service proxy"]));
            expect(found("certificate demo.localhost")?.fix).toContain(`let port ${HTTPS} through`);
            expect(found(`http demo.localhost`)).toBeUndefined();
        });
    });
});
