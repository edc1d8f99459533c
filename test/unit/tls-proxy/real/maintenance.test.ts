import { MAINTENANCE_PAGE } from "../../../../components/tls-proxy/maintenance";
import { scratchFolder } from "../../support/scratch";
import { API, BASE } from "../base";
import { Backend } from "./backend";
import { ask } from "./client";
import { nginxVersion, RealNginx } from "./nginx";

(nginxVersion === undefined ? describe.skip : describe)("the proxy in maintenance by its settings, on a real nginx", () => {
    let nginx: RealNginx;
    let api: Backend;
    const folder = scratchFolder("nginx-maintenance");
    beforeAll(async () => {
        api = await Backend.start("api");
        nginx = await RealNginx.start(
            folder,
            { ...BASE, routes: [{ path: "/api/", to: API }], maintenance: true },
            { "api-api0001:8000": api.port },
        );
    });
    afterAll(async () => {
        await nginx.stop();
        api.stop();
    });

    test("everybody is told when to come back; the proxy's own checks reach the release", async () => {
        const url = "https://demo.localhost/api/x";
        const visitor = await ask(nginx.ports.https, nginx.authority, url);
        expect({ status: visitor.status, retry: visitor.headers["retry-after"], body: visitor.body }).toEqual({
            status: 503,
            retry: "120",
            body: MAINTENANCE_PAGE,
        });
        const own = await ask(nginx.ports.https, nginx.authority, url, { headers: { "x-quai-check": "version-1" } });
        expect([own.status, own.headers["retry-after"]]).toEqual([200, undefined]);
    });
});
