import "./area";
import { constantLoad } from "../../bench/constant-load";
import { ask, askPlain } from "../support/ask";
import { api, docker, HOST, HTTP, HTTPS, mustUp, objects, STACK_ID } from "../support/checkout";
import { settings } from "./stack";

const published = { "quai:ports": { http: HTTP, https: HTTPS, address: "127.0.0.1", published: true } };
const holders = () =>
    objects("container")
        .filter((name) => /-(port|published)-/.test(name))
        .sort();

describe("ports that Docker publishes, for engines without the host's network", () => {
    test("the stack goes over to them: both ports serve, and what held them before is gone", async () => {
        settings({ ...published, ...api({ DEMO_VERSION: "5" }) });
        await mustUp();
        const names = [HTTP, HTTPS].map((port) => `${STACK_ID}-published-${port}-on-127.0.0.1`);
        expect(holders()).toEqual(names.sort());
        for (const [i, port] of [HTTP, HTTPS].entries()) {
            const bound = docker("inspect", "--format", "{{.HostConfig.NetworkMode}} {{json .HostConfig.PortBindings}}", names[i] ?? "");
            expect(bound).not.toMatch(/^host /);
            expect(bound).toContain(`"HostIp":"127.0.0.1","HostPort":"${port}"`);
        }
        expect((await ask("/api/health")).status).toBe(200);
        expect((await askPlain("/x")).headers.location).toBe(`https://${HOST}:${HTTPS}/x`);
    });

    test("R101: a release there loses no request either", async () => {
        const clients = constantLoad({ port: HTTPS, host: HOST, rate: 40, sockets: 2 });
        settings({ ...published, ...api({ DEMO_VERSION: "6" }) });
        await mustUp();
        const { requests, failures } = await clients.stop();
        expect([...failures]).toEqual([]);
        expect(requests).toBeGreaterThan(200);
    });
});
