import "./area";
import { ask } from "../support/ask";
import { docker, mustUp, objects, proxy, quai, STACK } from "../support/checkout";

const inStack = ["--stack", STACK] as const;

describe("operations", () => {
    test("R125: exec: a command in a running container, with its exit status", async () => {
        const said = await quai("exec", ...inStack, "api", "--", "sh", "-c", "echo release $RELEASE; exit 7");
        expect(said).toMatchObject({ code: 7 });
        expect(said.stdout).toMatch(/^release [0-9a-f]{8}\n$/);
        expect(await quai("exec", ...inStack, "nobody", "--", "ls")).toMatchObject({ code: 2 });
    });

    test("R125: run: in the release's environment, with its secrets and databases; nothing is left of it", async () => {
        const said = await quai("run", ...inStack, "--", "sh", "-c", "id -u && ls /run/secrets && echo $RELEASE");
        expect(said.code).toBe(0);
        expect(said.stdout).toMatch(/10001\n[\s\S]*sessionKey[\s\S]*\n[0-9a-f]{8}\n$/);
        expect(await quai("run", ...inStack, "--service", "migrate", "--", "demo-api", "migrate")).toMatchObject({ code: 0 });
        expect(await quai("run", ...inStack, "--service", "web", "--", "sh", "-c", "exit 5")).toMatchObject({ code: 5 });
        expect(objects("container").filter((name) => name.includes("-run-"))).toEqual([]);
    });

    test("R88, R90: logs of a service, of a job that has ended, of all", async () => {
        await ask("/api/health");
        expect((await quai("logs", ...inStack, "proxy")).stdout).toContain('"path":"/api/health"');
        expect((await quai("logs", ...inStack, "migrate")).code).toBe(0);
        expect((await quai("logs", ...inStack, "-n", "2")).stdout).toMatch(/^proxy-[0-9a-f]{8} +\| /m);
        expect((await quai("logs", ...inStack, "nobody")).text).toContain("nobody: has no container; there are:");
    });
});

describe("maintenance", () => {
    test("503 with Retry-After and a page, at once; the proxy stays healthy; an update doesn't end it; off ends it", async () => {
        expect((await quai("maintenance", "on", ...inStack)).code).toBe(0);
        for (const path of ["/", "/api/health", "/assets/app.js"]) {
            const { status, headers, text } = await ask(path);
            expect({ path, status, retry: headers["retry-after"], type: headers["content-type"] }).toEqual({
                path,
                status: 503,
                retry: "120",
                type: "text/html",
            });
            expect(text).toContain("Back soon");
            expect(headers["strict-transport-security"]).toContain("max-age");
        }
        expect((await ask("/api/health", { method: "POST", body: "{}" })).status).toBe(503);
        expect(docker("inspect", "--format", "{{.State.Health.Status}}", proxy()).trim()).toBe("healthy");
        expect((await mustUp()).text).toContain("is in maintenance: ./quai maintenance off");
        expect((await quai("status", STACK)).text).toContain("in maintenance, everything is answered 503");
        expect((await ask("/")).status).toBe(503);
        expect((await quai("maintenance", "off", ...inStack)).code).toBe(0);
        expect((await ask("/")).status).toBe(200);
        expect((await ask("/")).headers["retry-after"]).toBeUndefined();
    });

    test("anything but on and off is refused", async () => {
        expect(await quai("maintenance", "maybe", ...inStack)).toMatchObject({ code: 2 });
    });
});
