import { readFileSync } from "node:fs";
import { createServer as plainServer, type RequestListener, type Server } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { RouteDescription } from "../../../../components/tls-proxy/describe";
import { parseSettings } from "../../../../infra/settings";
import type { Check } from "../../../../tools/engine/checks";
import { doorChecks, type FrontDoor } from "../../../../tools/cli/stack/front-door";
import type { Session } from "../../../../tools/cli/stack/session";
import { scratchFolder } from "../../support/scratch";
import { certificate } from "../../tls-proxy/real/nginx";

const scratch = scratchFolder("front-door");
const file = (name: string) => readFileSync(join(scratch, name), "utf8");
const HEADERS = {
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
};
const WORKS: Readonly<Record<string, number>> = { "/": 200, "/api/": 404, "/broken/": 500, "/away/": 502 };
const route = (path: string, more: Partial<RouteDescription> = {}): RouteDescription => ({
    ...{ host: "*", path, exact: false, to: "api", kind: "service", websocket: false },
    ...more,
});
let servers: Server[] = [];
beforeEach(() => certificate(scratch, ["shop.localhost"], 30));
afterEach(() => {
    for (const server of servers) server.close();
    servers = [];
});

async function port(server: Server): Promise<number> {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
}

interface Given {
    readonly headers?: object;
    readonly to?: string;
    readonly name?: string;
    readonly tls?: boolean;
    readonly door?: Partial<FrontDoor>;
    readonly settings?: object;
    readonly ssh?: string;
}

/** What a visitor of a real server on this machine is told, by the first word of each check. */
async function told({ headers = HEADERS, to, name = "shop.localhost", tls = true, door, settings, ssh }: Given) {
    const answer: RequestListener = ({ url = "" }, response) => response.writeHead(WORKS[url] ?? 404, { ...headers }).end("page");
    const server = tls ? createServer({ key: file("key.pem"), cert: file("certificate.pem") }, answer) : plainServer(answer);
    server.on("upgrade", ({ url = "" }, socket) => {
        const taken = "101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket";
        socket.end(`HTTP/1.1 ${url === "/ws/" ? taken : "502 Bad Gateway\r\nContent-Length: 0"}\r\n\r\n`);
    });
    const https = await port(server);
    const url = `https://${name}:${https}`;
    const http = await port(plainServer((_request, response) => response.writeHead(301, { Location: to ?? `${url}/` }).end()));
    const read = parseSettings(
        { "quai:application": "demo", "quai:environment": "development", "quai:ports": { http, https, address: "127.0.0.1" }, ...settings },
        { stack: "dev" },
    );
    const session = { settings: read, stack: "dev", ...(ssh === undefined ? {} : { ssh: { host: ssh } }) } as Session;
    const checks = await doorChecks(session, { urls: [url], routes: [], authority: file("certificate.pem"), certificate: null, ...door });
    const short = (text: string | undefined) => text?.replaceAll(String(https), "HTTPS").replaceAll(String(http), "HTTP");
    return checks.map(({ name: of, state, from, fix }): Check => ({ name: short(of) ?? "", state, from: short(from), fix: short(fix) }));
}

const about = (checks: readonly Check[], word: string) => checks.filter(({ name }) => name.startsWith(`${word} `));

describe("what ./quai doctor asks as a visitor (R128)", () => {
    test("R103, R128: all is well", async () => {
        const checks = await told({ door: { routes: [route("/"), route("/ws/", { websocket: true })] } });
        expect(checks.map(({ name, state }) => `${state} ${name}`)).toEqual([
            "ok name shop.localhost",
            "ok certificate shop.localhost",
            "ok http shop.localhost",
            "ok headers shop.localhost",
            "ok route shop.localhost:HTTPS/",
            "ok route shop.localhost:HTTPS/ws/",
        ]);
        expect(checks.at(-1)?.from).toBe("api answers 101 to a WebSocket");
    });

    test("R128: a name that isn't in DNS ends the questions", async () => {
        expect(await told({ name: "nowhere.invalid" })).toEqual([
            {
                name: "name nowhere.invalid",
                state: "missing",
                from: "is not in DNS",
                fix: "make a record of type A for nowhere.invalid that leads to the host",
            },
        ]);
    });

    test("R128: a name that leads elsewhere than to the host", async () => {
        const checks = await told({ name: "localhost.localdomain.localhost", ssh: "203.0.113.7" });
        expect(about(checks, "name")).toMatchObject([{ state: "ok" }]);
        const [elsewhere] = about(await told({ name: "127.0.0.1", ssh: "203.0.113.7" }), "name");
        expect(elsewhere).toMatchObject({
            state: "warning",
            from: "127.0.0.1",
            fix: expect.stringMatching(/^the host is 203\.0\.113\.7: DNS/) as string,
        });
        const trusted = { "quai:proxy": { trusted: ["10.0.0.0/8"] } };
        expect(about(await told({ name: "127.0.0.1", ssh: "203.0.113.7", settings: trusted }), "name")).toMatchObject([{ state: "note" }]);
    });

    test("R128: a port where nothing speaks TLS", async () => {
        const [found, ...more] = about(await told({ tls: false }), "certificate");
        expect(more).toEqual([]);
        expect(found).toMatchObject({ state: "missing", from: expect.stringContaining("shop.localhost:HTTPS: ") as string });
        expect(found?.fix).toContain("does another program hold it?");
    });

    test("R128: certificates: not trusted, another server's, for another name, near its end", async () => {
        expect(about(await told({ door: { authority: undefined } }), "certificate")).toMatchObject([
            { state: "missing", from: expect.stringMatching(/days left, from .*: .*(self.signed|SELF_SIGNED)/i) as string },
        ]);
        const own = { until: "2031-01-01T00:00:00.000Z", days: 999, names: [], issuer: "us" };
        const [another] = about(await told({ door: { certificate: own } }), "certificate");
        expect(another).toMatchObject({
            state: "missing",
            fix: expect.stringContaining("one until 2031-01-01, so another server answers") as string,
        });
        expect(about(await told({ name: "other.localhost" }), "certificate")).toMatchObject([
            { state: "missing", from: expect.stringMatching(/altname|ALTNAME/i) as string },
        ]);
        certificate(scratch, ["shop.localhost"], 3);
        expect(about(await told({}), "certificate")).toMatchObject([
            { state: "warning", from: expect.stringMatching(/^[23] days left/) as string, fix: "docs/operations.md says how to renew it" },
        ]);
    });

    test("R128: http that leads elsewhere; headers that are missing, or there twice", async () => {
        expect(about(await told({ to: "https://elsewhere.localhost/" }), "http")).toMatchObject([
            { state: "missing", from: "301 to https://elsewhere.localhost/" },
        ]);
        const [headers] = about(
            await told({ headers: { ...HEADERS, "X-Frame-Options": ["DENY", "SAMEORIGIN"], "Strict-Transport-Security": [] } }),
            "headers",
        );
        expect(headers).toMatchObject({
            state: "missing",
            from: "strict-transport-security is missing, x-frame-options is there twice",
        });
    });

    test("R128: routes: 502, 500, a WebSocket that gets nowhere", async () => {
        const routes = [route("/api/"), route("/broken/"), route("/away/"), route("/socket/", { websocket: true })];
        expect(about(await told({ door: { routes } }), "route").map(({ state, from, fix }) => [state, from, fix])).toEqual([
            ["ok", "api answers 404", undefined],
            ["missing", "api answers 500", "the application failed: ./quai logs api --stack dev shows why"],
            ["missing", "api answers 502", "api doesn't answer the proxy: ./quai logs api --stack dev shows why"],
            [
                "missing",
                "api answers 502 to the upgrade to a WebSocket",
                "api doesn't answer the proxy: ./quai logs api --stack dev shows why",
            ],
        ]);
    });

    test("a route of a name of its own is asked there", async () => {
        const checks = await told({
            door: { routes: [route("/", { host: "api.localhost" }), route("/", { host: "shop.localhost", to: "web" })] },
        });
        expect(about(checks, "route").map(({ from }) => from)).toEqual(["web answers 200"]);
    });
});
