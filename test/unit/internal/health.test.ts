import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { execFileSync } from "node:child_process";
import { goDuration, healthcheck, httpProbe, waitTimeout } from "../../../components/internal/health";
import { run, scratchFolder } from "../support/scratch";

describe("durations as the docker provider reads them back", () => {
    test.each([
        [0, "0s"],
        [5, "5s"],
        [59, "59s"],
        [60, "1m0s"],
        [90, "1m30s"],
        [600, "10m0s"],
        [3599, "59m59s"],
        [3600, "1h0m0s"],
        [3661, "1h1m1s"],
        [86400, "24h0m0s"],
        [1.5, "1.5s"],
    ])("%d s are %s", (seconds, expected) => {
        expect(goDuration(seconds)).toBe(expected);
    });
});

test("R18: command, interval, timeout, retries and start period reach the container", () => {
    const health = { command: ["pg_isready", "-q"], interval: 10, timeout: 5, retries: 5, startPeriod: 90 };
    expect(healthcheck(health)).toEqual({
        tests: ["CMD", "pg_isready", "-q"],
        interval: "10s",
        timeout: "5s",
        retries: 5,
        startPeriod: "1m30s",
    });
});

describe("a check with a shell", () => {
    const health = {
        command: ["sh", "-c", 'exec test -e "$1"', "probe", "it's well"],
        interval: 15,
        timeout: 5,
        retries: 5,
        startPeriod: 30,
    };
    const scratch = scratchFolder("patient");

    /** The check as the engine runs it, but with a folder of its own instead of the container's /tmp, and a `sleep` that only says so. */
    async function check(well: boolean) {
        const [kind, program = "", ...args] = healthcheck({ ...health, shell: true }).tests;
        expect(kind).toBe("CMD");
        writeFileSync(join(scratch, "sleep"), "#!/bin/sh\necho slept $1\n", { mode: 0o755 });
        if (well) writeFileSync(join(scratch, "it's well"), "");
        else rmSync(join(scratch, "it's well"), { force: true });
        const own = args.map((arg) => arg.replaceAll("/tmp/", `${scratch}/`));
        return run(program, own, { cwd: scratch, env: { PATH: `${scratch}:${process.env["PATH"]}` } });
    }

    test("is made every 2 seconds until one is good, then after a pause, and often again once one failed", async () => {
        expect(healthcheck({ ...health, shell: true })).toMatchObject({ interval: "2s", timeout: "18s", retries: 5, startPeriod: "30s" });
        expect(await check(false)).toMatchObject({ code: 1, stdout: "" });
        expect(await check(true)).toMatchObject({ code: 0, stdout: "" });
        expect(await check(true)).toMatchObject({ code: 0, stdout: "slept 13\n" });
        expect(await check(false)).toMatchObject({ code: 1, stdout: "slept 13\n" });
        expect(await check(true)).toMatchObject({ code: 0, stdout: "" });
    });

    test("needs no pause where checks are that frequent anyway", () => {
        expect(healthcheck({ ...health, interval: 2, shell: true })).toEqual(healthcheck({ ...health, interval: 2 }));
    });

    test("R22: the first good one is waited for in those short steps", () => {
        expect(waitTimeout({ ...health, shell: true })).toBe(30 + (2 + 5) * 6 + 15);
    });
});

test.each([
    [{ interval: 10, timeout: 5, retries: 5, startPeriod: 30 }, 135],
    [{ interval: 3, timeout: 3, retries: 10, startPeriod: 60 }, 141],
    [{ interval: 1, timeout: 1, retries: 1, startPeriod: 0 }, 19],
])("R22: waiting for health is bounded: %j gives %d s", (figures, expected) => {
    expect(waitTimeout({ command: ["true"], ...figures })).toBe(expected);
});

describe("R19, R20: the HTTP probe, run for real", () => {
    const scratch = scratchFolder("probe");
    const asked: IncomingMessage[] = [];
    let server: Server;
    let port = 0;

    beforeAll(async () => {
        // As strict as an application that filters hosts and sends everybody else to https.
        server = createServer((request, response) => {
            asked.push(request);
            if (request.url === "/down") response.writeHead(503).end();
            else if (request.headers.host !== "app.example.com") response.writeHead(400).end("host not allowed");
            else if (request.headers["x-forwarded-proto"] !== "https")
                response.writeHead(301, { location: "https://app.example.com/" }).end();
            else if (request.url === "/moved") response.writeHead(302, { location: "/elsewhere" }).end();
            else response.writeHead(request.url === "/health" ? 200 : 404).end("{}");
        });
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        port = (server.address() as AddressInfo).port;
    });
    afterAll(() => {
        server.closeAllConnections();
        server.close();
    });

    /** A PATH with nothing but one client. */
    function only(...clients: string[]): string {
        const folder = join(scratch, ["only", ...clients].join("-"));
        mkdirSync(folder, { recursive: true });
        for (const client of clients) {
            const found =
                client === "python3"
                    ? execFileSync("python3", ["-c", "import sys; print(sys.executable)"]).toString().trim()
                    : which(client);
            if (!existsSync(join(folder, client))) symlinkSync(found, join(folder, client));
        }
        return folder;
    }

    async function probe(path: string, ...clients: string[]) {
        asked.length = 0;
        const [program = "", ...args] = httpProbe(port, path, "app.example.com");
        return run(program, args, { env: { PATH: only(...clients) } });
    }

    for (const client of ["curl", "wget", "python3", "node"]) {
        const there = client === "curl" || which(client) !== "";
        const check = there ? describe : describe.skip;
        check(`an image with ${client} alone`, () => {
            test("passes host filters and redirects to https", async () => {
                expect((await probe("/health", client)).code).toBe(0);
                expect(asked.map(({ url, method }) => `${method} ${url}`)).toEqual(["GET /health"]);
                expect(asked[0]?.headers).toMatchObject({ host: "app.example.com", "x-forwarded-proto": "https" });
            });

            test("fails on 503 and on 404", async () => {
                expect((await probe("/down", client)).code).not.toBe(0);
                expect((await probe("/other", client)).code).not.toBe(0);
            });
        });
    }

    test.each(["curl", "python3", "node"])("a path with quotes and dollars is asked as it is by %s", async (client) => {
        await probe("/health?q='$(id)'&r=a;b", client);
        expect(asked.map(({ url }) => decodeURIComponent(url ?? ""))).toEqual(["/health?q='$(id)'&r=a;b"]);
    });

    test.each(["curl", "python3", "node"])("a redirect of the application counts as an answer with %s", async (client) => {
        expect((await probe("/moved", client)).code).toBe(0);
    });

    test("nobody listening is a failure with every client", async () => {
        for (const client of ["curl", "python3", "node"]) {
            const [program = "", ...args] = httpProbe(1, "/health", "app.example.com");
            expect((await run(program, args, { env: { PATH: only(client) } })).code).not.toBe(0);
        }
    });

    test("an image without any client says what to do", async () => {
        const { code, stdout } = await probe("/health");
        expect({ code, stdout }).toEqual({ code: 1, stdout: "no curl, wget, python3 or node in the image: give health.command\n" });
    });
});

function which(program: string): string {
    try {
        return execFileSync("/bin/sh", ["-c", `command -v ${program}`], { stdio: ["ignore", "pipe", "ignore"] })
            .toString()
            .trim();
    } catch {
        return "";
    }
}
