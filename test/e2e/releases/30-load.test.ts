import "./area";
import { constantLoad } from "../../bench/constant-load";
import { ask, askJson } from "../support/ask";
import { api, HOST, HTTPS, mustUp, quai, STACK } from "../support/checkout";
import { settings } from "./stack";

/** The short form of test/bench/releases.ts: fewer requests, one release of each kind. */
const RATE = 40;
const load = () => constantLoad({ port: HTTPS, host: HOST, rate: RATE, sockets: 5 });

describe("releases under a constant load: kept and new connections, slow requests, WebSockets", () => {
    test("R101: a good one: no request fails, slow ones end, and WebSockets are told to go away", async () => {
        const clients = load();
        await new Promise((resolve) => setTimeout(resolve, 3000));
        settings(api({ DEMO_VERSION: "2" }));
        await mustUp();
        const { requests, slow, failures, sockets } = await clients.stop();
        expect((await askJson<{ version: string }>("/api/health")).version).toBe("2");
        expect([...failures]).toEqual([]);
        expect(requests).toBeGreaterThan(RATE * 10);
        expect(slow).toBeGreaterThan(RATE / 2);
        expect(Object.keys(sockets.codes)).toEqual(["1001"]);
        expect(sockets.codes["1001"]).toBeGreaterThanOrEqual(5);
    });

    test("R23, R101: one that fails: nobody notices", async () => {
        const clients = load();
        settings(api({ DEMO_VERSION: "bad", DEMO_BREAK: "migrate" }));
        expect((await quai("up", STACK, "--yes")).code).toBe(1);
        const { failures, sockets } = await clients.stop();
        expect([...failures]).toEqual([]);
        expect(sockets).toEqual({ opened: 5, codes: {} });
    });
});

describe("paths", () => {
    test("R72: /api without a slash is the API's: neither the front end's page nor a redirect", async () => {
        const { status, headers } = await ask("/api");
        expect(status).toBe(404);
        expect(headers["content-type"]).toContain("application/json");
        expect(headers.location).toBeUndefined();
    });
});
