import "./area";
import { constantLoad } from "../../bench/constant-load";
import { ask, eventually } from "../support/ask";
import { docker, HOST, HTTP, HTTPS, mustUp, objects, proxy, STACK_ID } from "../support/checkout";
import { anotherNginx, removeOtherNginx } from "./other-nginx";
import { settings } from "./stack";

const RATE = 40;
const load = () => constantLoad({ port: HTTPS, host: HOST, rate: RATE, sockets: 2 });
const holder = (port: number, address = "0.0.0.0") => `${STACK_ID}-port-${port}-on-${address}`;
const web = (version: string) => ({
    "quai:images": { web: { build: "examples/demo/web", args: { DEMO_VERSION: version, API_BASE: "/api/../api" } } },
});

afterAll(removeOtherNginx);

describe("another proxy, under a constant load", () => {
    test("R101: another image of nginx: no request fails, and the former one goes", async () => {
        const before = proxy();
        const holders = objects("container").filter((name) => name.includes("-port-"));
        const ids = () => docker("inspect", "--format", "{{.Id}} {{.State.StartedAt}}", ...holders);
        const held = ids();
        const clients = load();
        settings({ "quai:imageMirror": anotherNginx() });
        await mustUp();
        const { requests, slow, failures } = await clients.stop();
        expect([...failures]).toEqual([]);
        expect(requests).toBeGreaterThan(RATE * 5);
        expect(slow).toBeGreaterThan(5);
        expect(proxy()).not.toBe(before);
        expect(objects("container")).not.toContain(before);
        expect(ids()).toBe(held);
    });

    test("another port: the one that stays has no gap; the new one answers, the old one is gone", async () => {
        const clients = load();
        settings({ "quai:ports": { http: HTTP + 1, https: HTTPS, address: "0.0.0.0" } });
        await mustUp();
        const { failures } = await clients.stop();
        expect([...failures]).toEqual([]);
        expect(objects("container")).toContain(holder(HTTP + 1));
        expect(objects("container")).not.toContain(holder(HTTP));
        settings();
        await mustUp();
    });

    test("another address: both are listened on for a moment, and no request fails", async () => {
        const clients = load();
        settings({ "quai:ports": { http: HTTP, https: HTTPS, address: "127.0.0.1" } });
        await mustUp();
        settings();
        await mustUp();
        const { failures } = await clients.stop();
        expect([...failures]).toEqual([]);
        expect(objects("container")).toEqual(expect.arrayContaining([holder(HTTP), holder(HTTPS)]));
        expect(objects("container")).not.toContain(holder(HTTPS, "127.0.0.1"));
    });

    test("what holds the ports and the proxy find each other in whatever order they start, as after a reboot", async () => {
        const holders = [HTTP, HTTPS].map((port) => holder(port));
        docker("stop", "--time", "1", proxy(), ...holders);
        const stopped = objects("container").find((name) => name.includes("-proxy-")) ?? "";
        docker("start", stopped);
        docker("start", ...holders);
        await eventually("an answer", async () => (await ask("/")).status === 200, 30);
    });

    test("a holder of ports that dies: the proxy takes the port again", async () => {
        docker("restart", "--time", "0", holder(HTTPS));
        await eventually("an answer", async () => (await ask("/")).status === 200, 60);
    });
});

describe("files of a front end", () => {
    /** What the page refers to. */
    const scripts = async () => [...(await ask("/")).text.matchAll(/"(\/assets\/[^"]+\.js)"/g)].map(([, path]) => path ?? "");

    test("R84: a script of the former release is there for a page that is still open, and goes when its time is over", async () => {
        const short = { requestsPerSecond: 100_000, burst: 100_000, drain: "5s", keepAssets: "60s" };
        settings({ "quai:proxy": short });
        await mustUp();
        const [former = ""] = await scripts();
        const content = (await ask(former)).text;
        settings({ "quai:proxy": short, ...web("2") });
        await mustUp();
        const [script = ""] = await scripts();
        expect(script).not.toBe(former);
        expect((await ask(script)).status).toBe(200);
        const answer = await ask(former);
        expect({ status: answer.status, same: answer.text === content, cache: answer.headers["cache-control"] }).toEqual({
            status: 200,
            same: true,
            cache: "public, max-age=31536000, immutable",
        });
        expect((await ask("/assets/none.0a0a0a0a.js")).status).toBe(404);
        await eventually("the end of its time", async () => (await ask(former)).status === 404, 150);
        expect((await ask(script)).status).toBe(200);
    });
});
