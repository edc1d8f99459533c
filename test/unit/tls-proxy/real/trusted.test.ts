import { scratchFolder } from "../../support/scratch";
import { API, BASE, LOGIN } from "../base";
import { Backend } from "./backend";
import { ask } from "./client";
import { nginxVersion, RealNginx } from "./nginx";

(nginxVersion === undefined ? describe.skip : describe)("the proxy behind load balancers that it trusts, on a real nginx", () => {
    let nginx: RealNginx;
    let api: Backend;
    const folder = scratchFolder("nginx-trusted");
    const from = (forwarded: string, path = "/api/echo") =>
        ask(nginx.ports.https, nginx.authority, `https://demo.localhost${path}`, { headers: { "x-forwarded-for": forwarded } });

    beforeAll(async () => {
        api = await Backend.start("api");
        const routes = [
            { path: "/api/", to: API },
            { path: "/api/token", exact: true, to: API, limit: LOGIN },
        ];
        nginx = await RealNginx.start(folder, { ...BASE, routes, trusted: ["127.0.0.1", "10.0.0.0/8"] }, { "api-api0001:8000": api.port });
    });
    afterAll(async () => {
        await nginx.stop();
        api.stop();
    });

    test("R74, R80: the client is whom the balancer saw, whatever the client claims", async () => {
        const { headers } = JSON.parse((await from("192.0.2.66, 203.0.113.5, 10.1.2.3")).body) as { headers: Record<string, string> };
        expect(headers).toMatchObject({ "x-real-ip": "203.0.113.5", "x-forwarded-for": "203.0.113.5" });
        expect(nginx.accessLog).toContain('"client":"203.0.113.5"');
    });

    test("R80: two clients behind one balancer don't share a budget", async () => {
        const many = (address: string) => Promise.all(Array.from({ length: 10 }, () => from(address, "/api/token")));
        const statuses = async (address: string) => (await many(address)).filter(({ status }) => status === 429).length;
        expect([await statuses("203.0.113.10"), await statuses("203.0.113.11")]).toEqual([6, 6]);
    });
});
