import "./area";
import { constantLoad } from "../../bench/constant-load";
import { askJson } from "../support/ask";
import { api, docker, HOST, HTTPS, mustUp, objects, proxy, quai, STACK, STACK_ID } from "../support/checkout";
import { settings } from "./stack";

const RATE = 40;
const containers = () => objects("container").filter((name) => name.startsWith(`${STACK_ID}-api-`));
const routes = () => docker("exec", proxy(), "readlink", "/etc/quai/current");
const version = async () => (await askJson<{ version: string }>("/api/health")).version;

describe("a release that is healthy to itself alone, under a constant load", () => {
    test("R23, R101: the update fails with what the proxy saw, and no client was ever led to it", async () => {
        const before = { containers: containers(), routes: routes(), version: await version() };
        const clients = constantLoad({ port: HTTPS, host: HOST, rate: RATE, sockets: 5 });
        settings(api({ DEMO_VERSION: "bad", DEMO_BREAK: "listen" }));
        const { code, text } = await quai("up", STACK, "--yes");
        const { requests, failures, sockets } = await clients.stop();
        expect({ code, text }).toMatchObject({ code: 1 });
        expect(text).toMatch(/https:\/\/demo\.localhost\/api\/health must be answered by release [0-9a-f]{8} \(got status 502/);
        expect(text).toContain("(111: Connection refused) while connecting to upstream");
        expect(text).toContain("look at what it listens on");
        expect(text).toContain("nobody was led to the new release: the routes in use were not touched");
        expect(text).toContain("What served before still serves");
        // It was well, by its own check.
        const [bad = ""] = containers().filter((name) => !before.containers.includes(name));
        expect(docker("inspect", "--format", "{{.State.Health.Status}}", bad).trim()).toBe("healthy");
        expect([...failures]).toEqual([]);
        expect(requests).toBeGreaterThan(RATE * 15);
        expect(sockets).toEqual({ opened: 5, codes: {} });
        expect({ routes: routes(), version: await version() }).toEqual({ routes: before.routes, version: before.version });
    });

    test("the next good release needs no hand", async () => {
        settings(api({ DEMO_VERSION: "5" }));
        await mustUp();
        expect(await version()).toBe("5");
        expect(containers()).toHaveLength(1);
    });
});
