import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect as connectHttp2 } from "node:http2";
import { scratchFolder } from "../../support/scratch";
import { API, BASE, BUDGET, endpoint, filesNamed, LOGIN, type ProxyArgs, WEB } from "../base";
import { Backend } from "./backend";
import { type Answer, ask, type Asked } from "./client";
import { handshake, handshakeWithAnything, webSocket } from "./handshake";
import { freePort, nginxVersion, RealNginx } from "./nginx";

const GONE = endpoint("gone", 9000);
const ADMIN = endpoint("admin", 7000);

const ARGS: ProxyArgs = {
    ...BASE,
    bodyLimit: 100_000,
    timeouts: { connect: 1, send: 1, read: 1 },
    drain: 1,
    routes: [
        { path: "/api/", to: API, limit: BUDGET },
        { path: "/api/token", exact: true, to: API, limit: LOGIN },
        { path: "/api/ws", exact: true, to: API, websocket: true },
        { path: "/upload/", to: API, bodyLimit: 300_000 },
        { path: "/gone/", to: GONE },
        { path: "/media/", to: { files: filesNamed("media") }, deny: [".php", ".py", ".sh", ".pl", ".cgi"], cache: { seconds: 3600 } },
        { path: "/assets/", to: WEB, cache: { seconds: 31536000, immutable: true } },
        { path: "/", to: WEB },
        { path: "/", host: "admin.demo.localhost", to: ADMIN },
    ],
};

/** What every answer carries, once each. */
const HEADERS = {
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-xss-protection": "1; mode=block",
    "referrer-policy": "strict-origin-when-cross-origin",
};

interface Shown {
    readonly name: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
}

if (nginxVersion === undefined) {
    test.skip("needs nginx: apt-get install nginx-light", () => undefined);
}

(nginxVersion === undefined ? describe.skip : describe)("the proxy, on a real nginx", () => {
    let nginx: RealNginx;
    let backends: Backend[] = [];
    afterAll(async () => {
        await nginx.stop();
        for (const backend of backends) backend.stop();
    });
    const folder = scratchFolder("nginx");

    beforeAll(async () => {
        const [api, web, admin] = await Promise.all(["api", "web", "admin"].map((name) => Backend.start(name)));
        if (api === undefined || web === undefined || admin === undefined) throw new Error("no backends");
        backends = [api, web, admin];
        mkdirSync(join(folder, "files", "media"), { recursive: true });
        for (const file of ["picture.svg", "x.php", "x.PY", "notes.php.txt"])
            writeFileSync(join(folder, "files", "media", file), `<svg>${" ".repeat(2000)}</svg>`);
        nginx = await RealNginx.start(folder, ARGS, {
            "api-api0001:8000": api.port,
            "web-web0001:8080": web.port,
            "admin-admin0001:7000": admin.port,
            "gone-gone0001:9000": await freePort(),
        });
    }, 30_000);

    const https = (path: string, asked?: Asked, host = "demo.localhost") =>
        ask(nginx.ports.https, nginx.authority, `https://${host}${path}`, asked);
    const http = (path: string, host = "demo.localhost") => ask(nginx.ports.http, undefined, `http://${host}${path}`);
    const shown = (answer: Answer) => JSON.parse(answer.body) as Shown;
    const many = (count: number, path: string, asked?: Asked) => Promise.all(Array.from({ length: count }, () => https(path, asked)));
    const counted = (answers: readonly Answer[]) => ({
        // Let through to the service, however slow that is on a busy machine.
        passed: answers.filter(({ status }) => status === 200 || status === 504).length,
        refused: answers.filter(({ status }) => status === 429).length,
    });

    describe("routes", () => {
        test.each([
            ["/api/x", "demo.localhost", "api"],
            ["/api/x", "www.demo.localhost", "api"],
            ["/x/y", "demo.localhost", "web"],
            ["/health", "demo.localhost", "web"],
            ["/api/health", "demo.localhost", "api"],
            ["/", "admin.demo.localhost", "admin"],
            ["/api/x", "admin.demo.localhost", "admin"],
        ])("R71, R72, R73: %s of %s reaches %s", async (path, host, expected) => {
            expect(shown(await https(path, {}, host)).name).toBe(expected);
        });

        test("the path arrives as it was asked, with its query", async () => {
            expect(shown(await https("/api/a%20b/c%2Fd?x=1&y=%2F")).url).toBe("/api/a%20b/c%2Fd?x=1&y=%2F");
        });

        test("R71: a name that isn't ours gets neither a page nor a certificate", async () => {
            await expect(https("/", {}, "other.example.com")).rejects.toThrow(/unrecognized name|alert/i);
            await expect(http("/", "other.example.com")).rejects.toThrow(/socket hang up/);
        });

        test.each([
            ["/", "demo.localhost"],
            ["/a/b?c=d", "www.demo.localhost"],
            ["/x", "admin.demo.localhost"],
        ])("R69: http://…%s of %s goes to the same host and path over https", async (path, host) => {
            const { status, headers } = await http(path, host);
            expect({ status, location: headers.location }).toEqual({
                status: 301,
                location: `https://${host}:${nginx.ports.https}${path}`,
            });
        });

        test("R69: HTTP/2 is spoken", async () => {
            const session = connectHttp2(`https://demo.localhost:${nginx.ports.https}`, {
                ca: nginx.authority,
                lookup: (_name, options, done) =>
                    options.all === true ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4),
            });
            const status = await new Promise((resolve, reject) => {
                session.on("error", reject);
                session
                    .request({ ":path": "/x" })
                    .on("response", (headers) => resolve(headers[":status"]))
                    .end();
            });
            session.close();
            expect(status).toBe(200);
        });
    });

    test("R74: what a client claims about itself is overwritten; host and scheme arrive", async () => {
        const spoofed = {
            "x-real-ip": "10.9.8.7",
            "x-forwarded-for": "10.9.8.7",
            "x-forwarded-proto": "http",
            "x-forwarded-host": "evil.example.com",
            forwarded: "for=10.9.8.7;proto=http",
        };
        const { headers } = shown(await https("/api/echo", { headers: spoofed }));
        expect(headers).toMatchObject({
            host: `demo.localhost:${nginx.ports.https}`,
            "x-real-ip": "127.0.0.1",
            "x-forwarded-for": "127.0.0.1",
            "x-forwarded-proto": "https",
            "x-forwarded-host": `demo.localhost:${nginx.ports.https}`,
        });
        expect(headers).not.toHaveProperty("forwarded");
        expect(JSON.stringify(headers)).not.toMatch(/10\.9\.8\.7|evil/);
    });

    describe("limits", () => {
        test("R76: a body at the limit passes, one above is answered 413; a route may allow more", async () => {
            const post = (path: string, length: number) =>
                https(path, { method: "POST", body: Buffer.alloc(length) }).then(({ status }) => status);
            expect([
                await post("/x", 100_000),
                await post("/x", 100_001),
                await post("/upload/x", 300_000),
                await post("/upload/x", 300_001),
            ]).toEqual([200, 413, 200, 413]);
        });

        test("R76: a service that doesn't answer in time is answered for: 504", async () => {
            const started = Date.now();
            const { status } = await https("/slow");
            expect(status).toBe(504);
            expect(Date.now() - started).toBeGreaterThan(900);
        });

        test("R75: a WebSocket is upgraded, and may be silent for longer than that", async () => {
            expect(await webSocket(nginx, "/api/ws")).toEqual({ upgraded: true, received: "hi" });
        });

        test("R78: of 100 requests at once about 21 pass, the rest get 429", async () => {
            await until(async () => (await https("/api/x")).status === 200);
            await new Promise((resolve) => setTimeout(resolve, 2500));
            const started = Date.now();
            const { passed, refused } = counted(await many(100, "/api/x"));
            const more = Math.ceil((Date.now() - started) / 100);
            expect(passed + refused).toBe(100);
            expect(passed).toBeGreaterThanOrEqual(21);
            expect(passed).toBeLessThanOrEqual(21 + more);
        }, 30_000);

        test("R79: of 10 logins at once 4 pass", async () => {
            const started = Date.now();
            const { passed, refused } = counted(await many(10, "/api/token", { method: "POST", body: "x" }));
            expect(Date.now() - started).toBeLessThan(12_000);
            expect({ passed, refused }).toEqual({ passed: 4, refused: 6 });
        });

        test("R78, R104: health has a bucket of its own, and pages have no limit", async () => {
            await many(60, "/api/x");
            expect(counted(await many(100, "/api/health"))).toEqual({ passed: 100, refused: 0 });
            expect(counted(await many(100, "/x"))).toEqual({ passed: 100, refused: 0 });
        });
    });

    describe("headers", () => {
        test.each([
            ["a page", "/x", 200],
            ["the API", "/upload/x", 200],
            ["not found", "/missing", 404],
            ["a fault of the service", "/broken", 500],
            ["no service", "/gone/x", 502],
            ["a file", "/media/picture.svg", 200],
            ["a file that isn't there", "/media/none.svg", 404],
            ["a refused script", "/media/x.php", 403],
            ["a cached asset", "/assets/app.css", 200],
        ])("R82: once each on %s", async (_, path, expected) => {
            const { status, all } = await https(path);
            expect(status).toBe(expected);
            for (const [name, value] of Object.entries(HEADERS)) {
                expect([name, all.filter(([each]) => each === name).map(([, each]) => each)]).toEqual([name, [value]]);
            }
            expect(all.filter(([name]) => name === "server").map(([, value]) => value)).toEqual(["nginx"]);
        });

        test("R82: once each on 429", async () => {
            const refused = (await many(10, "/api/token")).find(({ status }) => status === 429);
            for (const [name, value] of Object.entries(HEADERS)) {
                expect(refused?.all.filter(([each]) => each === name)).toEqual([[name, value]]);
            }
        });

        test("the release is told to the proxy's own checks", async () => {
            const own = { headers: { "x-quai-check": "version-1" } };
            expect((await https("/x", own)).headers["x-quai-release"]).toBe("web0001");
            expect((await https("/upload/x", own)).headers["x-quai-release"]).toBe("api0001");
            expect((await https("/x")).headers["x-quai-release"]).toBeUndefined();
        });
    });

    describe("files and caches", () => {
        test.each(["x.php", "x.PY", "x%2Ephp", "deep/x.cgi"])("R83: /media/%s is refused", async (file) => {
            const { status, body } = await https(`/media/${file}`);
            expect(status).toBe(403);
            expect(body).not.toContain("<svg>");
        });

        test("R83: a name that only looks like one is served", async () => {
            expect((await https("/media/notes.php.txt")).status).toBe(200);
        });

        test("R84: a year and immutable for assets, an hour for media, the service's own elsewhere; nothing for what failed", async () => {
            const cache = async (path: string) =>
                (await https(path)).all.filter(([name]) => name === "cache-control").map(([, value]) => value);
            expect(await cache("/assets/app.css")).toEqual(["public, max-age=31536000, immutable"]);
            expect(await cache("/media/picture.svg")).toEqual(["public, max-age=3600"]);
            expect(await cache("/x")).toEqual(["no-cache"]);
            expect(await cache("/media/none.svg")).toEqual([]);
            expect(await cache("/assets/missing")).toEqual([]);
        });

        test.each([
            ["/assets/app.css", "gzip"],
            ["/x", "gzip"],
            ["/media/picture.svg", "gzip"],
            ["/assets/picture.png", undefined],
        ])("R85: %s is sent with content-encoding %s", async (path, expected) => {
            const { headers } = await https(path, { headers: { "accept-encoding": "gzip" } });
            expect(headers["content-encoding"]).toBe(expected);
            expect((await https(path)).headers["content-encoding"]).toBeUndefined();
        });

        test("files outside their folder can't be reached", async () => {
            for (const path of ["/media/../nginx.conf", "/media/%2e%2e/nginx.conf", "/media/..%2fnginx.conf", "/media../nginx.conf"]) {
                expect((await https(path)).body).not.toContain("ssl_protocols");
            }
        });
    });

    describe("R68: TLS", () => {
        test("1.2 and 1.3 with the listed suites", async () => {
            expect(await handshake(nginx, { maxVersion: "TLSv1.3" })).toMatchObject({ version: "TLSv1.3" });
            for (const ciphers of ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"]) {
                expect(await handshake(nginx, { maxVersion: "TLSv1.2", ciphers })).toEqual({ version: "TLSv1.2", cipher: ciphers });
            }
        });

        test("TLS 1.1 and CBC suites are refused, though this client speaks them", async () => {
            const old = { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
            const cbc = { maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA" } as const;
            for (const options of [old, cbc]) {
                expect(await handshakeWithAnything(nginx, options)).toMatchObject({ version: options.maxVersion });
                expect(await handshake(nginx, options)).toEqual({ refused: true });
            }
        });
    });

    test("R77: the status server says which configuration is in use, to this machine", async () => {
        expect(await (await fetch(`http://127.0.0.1:${nginx.ports.status}/version`)).text()).toBe("version-1\n");
    });

    test("R27: the log is JSON, a line for each request, without query strings", async () => {
        await https("/x?token=very-secret-token", { headers: { "user-agent": 'a"b\\' } });
        const lines = nginx.accessLog
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line) as Record<string, unknown>);
        expect(lines.at(-1)).toMatchObject({ client: "127.0.0.1", host: "demo.localhost", method: "GET", path: "/x", status: 200 });
        expect(nginx.accessLog).not.toContain("very-secret-token");
    });
});

async function until(done: () => Promise<boolean>): Promise<void> {
    for (let attempt = 0; attempt < 50; attempt++) {
        if (await done()) return;
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error("didn't happen within 5 s");
}
