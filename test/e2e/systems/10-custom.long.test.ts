import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { eventually } from "../support/ask";
import { proxy } from "../support/checkout";
import { ask, begun, burst, checkout, context, docker, mustUp, quai, redirected, remove, running, write } from "./system";
import { downAndUp } from "./stands-in";

const magazine = begun({ stack: "sys-magazine", host: "magazine.localhost" });

/** The block of docs/custom.md, with the name and image of this test. */
async function example(args: Readonly<Record<string, string>> = {}, jobs: object = {}): Promise<Record<string, unknown>> {
    const [, block] = /```yaml\n(config:[\s\S]*?)```/.exec(readFileSync(join(checkout(), "docs/custom.md"), "utf8")) ?? [];
    const { config } = parse(block ?? "") as { config: Record<string, unknown> };
    const custom = config["quai:custom"] as Record<string, unknown>;
    const image = await context("django");
    return {
        ...config,
        "quai:images": { backend: { ...image, args: { ...image.args, ...args } } },
        "quai:custom": { ...custom, name: "sys", jobs: { ...(custom["jobs"] as object), ...jobs } },
    };
}

/** The example's job, each minute. */
const EVERY_MINUTE = { sessions: { like: "backend", command: ["python", "manage.py", "clearsessions"], cron: "* * * * *" } };

interface State {
    readonly ticks: number;
    readonly users: number;
    readonly version: string;
}
const state = async () => JSON.parse((await ask(magazine, "/api/state")).text) as State;

/** What a command says of a volume, as the host's administrator could see it. */
function inVolume(volume: string, program: string, ...words: readonly string[]): string {
    const [image = ""] = docker("inspect", "--format", "{{.Image}}", proxy(magazine.stack)).split("\n");
    return docker("run", "--rm", "--user", "0", "--entrypoint", program, "--volume", `${volume}:/volume:ro`, image, ...words).trimEnd();
}

async function loginForm(): Promise<string[]> {
    const form = await ask(magazine, "/admin/login/");
    const [cookie = ""] = (form.headers["set-cookie"] ?? []).map((each) => each.split(";")[0] ?? "");
    return [cookie, /name="csrfmiddlewaretoken" value="([^"]+)"/.exec(form.text)?.[1] ?? ""];
}

describe("Wagtail with Celery, PostgreSQL, Redis and media, from the stack file of docs/custom.md alone", () => {
    beforeAll(async () => {
        write(magazine, await example());
        await mustUp(magazine);
    });
    afterAll(() => remove(magazine));

    test("R23, R69, R72: the site answers over https, and http leads there", async () => {
        expect((await ask(magazine, "/")).text).toContain("Wagtail");
        expect(await redirected(magazine, "/x?y=1")).toBe("https://magazine.localhost:18643/x?y=1");
    });

    test("R12: the beat ticks and the worker counts", async () => {
        await eventually("ticks", async () => (await state()).ticks > 2, 60);
        expect(running(magazine, "beat")).toEqual(["sys-magazine-beat"]);
    });

    test("R84, R86: collected files are served by the proxy, for a year", async () => {
        const css = await ask(magazine, "/static/admin/css/base.css");
        expect([css.status, css.headers["cache-control"]]).toEqual([200, "public, max-age=31536000, immutable"]);
    });

    test("R13: files belong to whom the stack says, though the image's folder is root's, and begin empty", () => {
        const listed = (volume: string) => inVolume(`sys-magazine-${volume}`, "ls", "-lan", "/volume").split("\n");
        expect(listed("media")).toEqual([
            expect.any(String),
            expect.stringMatching(/^drwxr-x--- .* 1000 +1000 .* \.$/),
            expect.any(String),
        ]);
        expect(listed("static")[1]).toMatch(/^drwxr-x--- .* 1000 +1000 .* \.$/);
    });

    test("R51, R83: an upload is served; a script is not", async () => {
        expect((await ask(magazine, "/api/media/a.txt", { method: "PUT", body: "hello" })).status).toBe(201);
        const media = await ask(magazine, "/media/a.txt");
        expect([media.status, media.text, media.headers["cache-control"]]).toEqual([200, "hello", "public, max-age=3600"]);
        await ask(magazine, "/api/media/a.php", { method: "PUT", body: "x" });
        expect((await ask(magazine, "/media/a.php")).status).toBe(403);
    });

    test("R82: security headers, once each, also on what isn't there", async () => {
        const { rawHeaders } = await ask(magazine, "/media/nothing.txt");
        const count = (name: string) => rawHeaders.filter((each) => each.toLowerCase() === name).length;
        expect(["strict-transport-security", "x-content-type-options", "x-frame-options"].map(count)).toEqual([1, 1, 1]);
    });

    test("R79: ten logins at once: four pass", async () => {
        expect(await burst(magazine, "/api/auth/login/", 10, { method: "POST" })).toEqual({ 200: 4, 429: 6 });
    });

    test("R124: the one administrator logs in with the generated password, which is encrypted in the state", async () => {
        expect((await state()).users).toBe(1);
        const volume = docker("volume", "ls", "--quiet", "--filter", "name=sys-magazine-admin-secrets").trim();
        const password = inVolume(volume, "cat", "/volume/env.DJANGO_SUPERUSER_PASSWORD");
        expect(password).toMatch(/^[A-Za-z0-9]{32}$/);
        const [cookie = "", token = ""] = await loginForm();
        const login = (secret: string) =>
            ask(magazine, "/admin/login/", {
                method: "POST",
                headers: {
                    Cookie: cookie,
                    Referer: "https://magazine.localhost:18643/",
                    "Content-Type": "application/x-www-form-urlencoded",
                },
                body: new URLSearchParams({ csrfmiddlewaretoken: token, username: "admin", password: secret, next: "/admin/" }).toString(),
            });
        expect((await login("admin123")).status).toBe(200); // the form again
        const right = await login(password);
        expect([right.status, right.headers.location]).toEqual([302, "/admin/"]);
        expect(String(right.headers["set-cookie"])).toContain("Secure");
        const kept = readFileSync(join(checkout(), ".quai/state/.pulumi/stacks/quai", `${magazine.stack}.json`), "utf8");
        expect(kept).not.toContain(password);
    });

    test("R27: docker inspect shows no secret", () => {
        const [backend = ""] = running(magazine, "backend");
        const env = (JSON.parse(docker("inspect", backend)) as { Config: { Env: string[] } }[])[0]?.Config.Env ?? [];
        expect(env.filter((each) => /SECRET_KEY|DATABASE_URL|CELERY/.test(each))).toEqual([]);
        expect(env).toContain("ALLOWED_HOSTS=magazine.localhost");
    });

    test("a job with cron waits for its time, and is well", () => {
        expect(running(magazine, "sessions")).toEqual(["sys-magazine-sessions"]);
        expect(docker("inspect", "--format", "{{.State.Health.Status}}", "sys-magazine-sessions").trim()).toBe("healthy");
    });

    test("R100, R101, R124: a new release: migrations first, no second administrator, one beat", async () => {
        write(magazine, await example({ VERSION: "2" }, EVERY_MINUTE));
        await mustUp(magazine);
        expect(await state()).toMatchObject({ users: 1, version: "2" });
        expect(running(magazine, "beat")).toHaveLength(1);
    });

    test("R53, R59: backup, loss of an upload, restore", async () => {
        expect((await quai("backup", "now", magazine.stack)).code).toBe(0);
        await ask(magazine, "/api/media/a.txt", { method: "PUT", body: "spoilt" });
        const restored = await quai("restore", "--stack", magazine.stack, "latest", "--yes");
        expect([restored.code, restored.code === 0 ? "" : restored.text.slice(-2000)]).toEqual([0, ""]);
        expect((await ask(magazine, "/media/a.txt")).text).toBe("hello");
    });

    test("R48, R124: down keeps data, up finds them, and makes no second administrator", async () => {
        expect(await downAndUp(magazine)).toMatchObject({ containers: "" });
        expect(await state()).toMatchObject({ users: 1 });
    });

    test("R107: nothing changed, nothing done", async () => {
        const again = await mustUp(magazine);
        expect(again.text).toMatch(/Resources:\n\s+\d+ unchanged\n/);
    });

    test("R61: a job with cron ran when it was time, and went well", async () => {
        const log = () => docker("logs", "sys-magazine-sessions");
        await eventually("a run", () => Promise.resolve(log().includes("quai: ended with ")), 90);
        expect(log()).toContain("quai: begins\nquai: ended with 0\n");
    });
});
