import { createHash, randomBytes } from "node:crypto";
import { connect } from "node:tls";
import { connect as connectHttp2 } from "node:http2";
import { ask, askJson, askPlain, eventually, webSocket } from "../support/ask";
import { authority, docker, HOST, HTTPS, STACK_ID } from "../support/checkout";

describe("the application works through the proxy", () => {
    test("R72: the page, also for an address of the single-page front end; never for /api", async () => {
        const page = await ask("/");
        expect(page.status).toBe(200);
        expect(page.text).toContain("<!doctype html>");
        expect((await ask("/some/page")).text).toBe(page.text);
        expect((await ask("/api/nothing")).status).toBe(404);
    });

    test("R73: health tells about the database", async () => {
        expect(await askJson("/api/health")).toMatchObject({ status: "ok", database: "connected" });
    });

    test("the API writes a row and reads it again", async () => {
        const body = `a note ${randomBytes(4).toString("hex")}`;
        const made = await askJson<{ id: number }>("/api/notes", { method: "POST", body: JSON.stringify({ body }) });
        const { notes } = await askJson<{ notes: { id: number; body: string }[] }>("/api/notes");
        expect(notes.find(({ id }) => id === made.id)?.body).toBe(body);
    });

    test("R75: the WebSocket echoes", async () => {
        const socket = await webSocket("/api/ws");
        expect(JSON.parse(await socket.next())).toMatchObject({ type: "hello" });
        socket.send("bonjour");
        expect(JSON.parse(await socket.next())).toMatchObject({ type: "echo", data: "bonjour" });
        socket.close();
    });

    test("R13: an upload of the unprivileged process comes back, byte for byte", async () => {
        const file = randomBytes(300_000);
        const made = await askJson<{ id: string }>("/api/uploads?name=photo.bin", {
            method: "POST",
            body: file,
            headers: { "Content-Type": "application/octet-stream" },
        });
        const back = await ask(`/api/uploads/${made.id}`);
        expect(createHash("sha256").update(back.body).digest("hex")).toBe(createHash("sha256").update(file).digest("hex"));
    });

    test("the worker does what is queued; the scheduler ticks", async () => {
        const job = await askJson<{ id: string }>("/api/jobs", {
            method: "POST",
            body: JSON.stringify({ kind: "words", payload: { text: "quai quai" } }),
        });
        await eventually("the job is done", async () => (await ask(`/api/jobs/${job.id}`)).status === 200, 30);
        await eventually("the scheduler has ticked", async () => (await askJson<{ ticksTotal: number }>("/api/jobs")).ticksTotal > 0, 30);
    });

    test("R21: health is 503 while the database is away, and recovers alone", async () => {
        docker("pause", `${STACK_ID}-postgres`);
        try {
            await eventually("health says 503", async () => (await ask("/api/health")).status === 503, 20);
        } finally {
            docker("unpause", `${STACK_ID}-postgres`);
        }
        await eventually("health is well again", async () => (await ask("/api/health")).status === 200, 30);
    });
});

describe("the proxy keeps the guides' promises", () => {
    test("R69: http goes to https of the same host and path; HTTP/2 on https", async () => {
        const answer = await askPlain("/some/path?with=query");
        expect(answer.status).toBe(301);
        expect(answer.headers.location).toBe(`https://${HOST}:${HTTPS}/some/path?with=query`);
        const session = connectHttp2(`https://127.0.0.1:${HTTPS}`, { servername: HOST, ca: authority() });
        await new Promise((resolve, reject) => session.once("connect", resolve).once("error", reject));
        expect(session.alpnProtocol).toBe("h2");
        session.close();
    });

    test.each([
        ["TLS 1.1", { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" }],
        ["a CBC suite", { maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA" }],
        ["a name that isn't ours", { servername: "other.example" }],
    ] as const)("R68, R71: %s is refused", async (_, options) => {
        await expect(handshake(options)).rejects.toThrow();
    });

    test("R68: TLS 1.2 and 1.3 are spoken", async () => {
        expect(await handshake({ maxVersion: "TLSv1.2" })).toBe("TLSv1.2");
        expect(await handshake({})).toBe("TLSv1.3");
    });

    test("R67: the certificate is for the domain, localhost and the loopback addresses", async () => {
        for (const servername of [HOST, "localhost"]) expect(await handshake({ servername, onlyCertificate: true })).toBeDefined();
    });

    test.each(["/", "/api/health", "/api/nothing", "/assets/nothing"])("R82: security headers once each on %s", async (path) => {
        const { rawHeaders } = await ask(path);
        const count = (name: string) => rawHeaders.filter((text, i) => i % 2 === 0 && text.toLowerCase() === name).length;
        for (const name of ["strict-transport-security", "x-content-type-options", "x-frame-options", "x-xss-protection"])
            expect([name, count(name)]).toEqual([name, 1]);
    });

    test("R82: HSTS is a year with subdomains", async () => {
        expect((await ask("/")).headers["strict-transport-security"]).toBe("max-age=31536000; includeSubDomains");
    });

    test("R74: what a client claims about itself is overwritten", async () => {
        const answer = await askJson<{ headers: Record<string, string[]> }>("/api/echo", {
            headers: { "X-Forwarded-For": "6.6.6.6", "X-Real-IP": "6.6.6.6", "X-Forwarded-Proto": "http" },
        });
        const headers = Object.fromEntries(Object.entries(answer.headers).map(([name, value]) => [name.toLowerCase(), value]));
        expect(headers["x-forwarded-proto"]).toEqual(["https"]);
        expect(JSON.stringify(headers)).not.toContain("6.6.6.6");
        expect(headers["host"]).toEqual([`${HOST}:${HTTPS}`]);
    });

    test("R76: 49 MB are taken, 51 MB are 413", async () => {
        const upload = (megabytes: number) =>
            ask("/api/uploads?name=big.bin", {
                method: "POST",
                body: Buffer.alloc(megabytes * 1024 * 1024, 7),
                headers: { "Content-Type": "application/octet-stream" },
            }).then(
                ({ status }) => status,
                // nginx may close the connection while the rest is still being sent.
                () => 413,
            );
        expect(await upload(49)).toBe(201);
        expect(await upload(51)).toBe(413);
    });

    test("R84, R85: hashed assets are cached for a year and compressed", async () => {
        const asset = /\/assets\/[^"]+\.js/.exec((await ask("/")).text)?.[0] ?? "none";
        const answer = await ask(asset, { headers: { "Accept-Encoding": "gzip" } });
        expect(answer.status).toBe(200);
        expect(answer.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
        expect(answer.headers["content-encoding"]).toBe("gzip");
    });

    test("R78: of 100 API requests at once about 21 pass, the rest are 429; health has a bucket of its own", async () => {
        await new Promise((resolve) => setTimeout(resolve, 3000));
        const statuses = await Promise.all(Array.from({ length: 100 }, () => ask("/api/echo").then(({ status }) => status)));
        const passed = statuses.filter((status) => status === 200).length;
        expect(passed).toBeGreaterThanOrEqual(21);
        expect(passed).toBeLessThanOrEqual(40);
        expect(statuses.filter((status) => status !== 200 && status !== 429)).toEqual([]);
        const health = await Promise.all(Array.from({ length: 100 }, () => ask("/api/health").then(({ status }) => status)));
        expect(new Set(health)).toEqual(new Set([200]));
    });

    test("R79: of 10 logins at once 4 pass", async () => {
        const login = () =>
            ask("/api/token", { method: "POST", body: "{}", headers: { "Content-Type": "application/json" } }).then(({ status }) => status);
        const statuses = await Promise.all(Array.from({ length: 10 }, login));
        expect(statuses.filter((status) => status === 429)).toHaveLength(6);
    });
});

interface Handshake {
    readonly servername?: string;
    readonly minVersion?: "TLSv1" | "TLSv1.2";
    readonly maxVersion?: "TLSv1.1" | "TLSv1.2";
    readonly ciphers?: string;
    readonly onlyCertificate?: boolean;
}

function handshake({ onlyCertificate, ...options }: Handshake): Promise<string | null> {
    return new Promise((resolve, reject) => {
        // "localhost" is in the certificate but isn't a name of the site: it's checked on a connection to the site's name.
        const name = onlyCertificate === true ? { servername: HOST, checkServerIdentity: () => undefined } : {};
        const socket = connect({ host: "127.0.0.1", port: HTTPS, servername: HOST, ca: authority(), ...options, ...name }, () => {
            const certificate = socket.getPeerX509Certificate();
            const matches =
                certificate?.checkHost(options.servername ?? HOST) !== undefined && certificate.checkIP("127.0.0.1") !== undefined;
            const version = socket.getProtocol();
            socket.destroy();
            if (matches) resolve(version);
            else reject(new Error(`the certificate isn't for ${options.servername ?? HOST}`));
        });
        socket.on("error", reject);
    });
}
