import { application, downAndUp, frontEnd, mustRun, secret, underRequests } from "./stands-in";
import { ask, begun, burst, docker, mustUp, quai, redirected, remove, running, upgraded, write } from "./system";

const bddbot = begun({ stack: "bddbot-sys", host: "bddbot.localhost" });
const today = new Date().toISOString().slice(0, 10);

/** Etherpad stands in for the backend; the rest is stacks/bddbot.yaml. */
async function settings(version: string, { replicas, ...more }: { replicas?: number } & object = {}): Promise<Record<string, unknown>> {
    return {
        "quai:application": "bddbot",
        "quai:environment": "development",
        "quai:domain": bddbot.host,
        "quai:images": { backend: await application("etherpad", version), frontend: await frontEnd() },
        "quai:backup": { keep: { daily: 3, weekly: 0, monthly: 0 } },
        "quai:services": { backend: { health: { startPeriod: "1m" }, replicas } },
        ...more,
    };
}

const ROTATED = { "quai:rotation": { jwtSecret: today } };

let key = "";
/** Etherpad's own API. */
async function pad(what: string, values: Readonly<Record<string, string>> = {}): Promise<{ code: number; data: { text: string } | null }> {
    const query = new URLSearchParams({ apikey: key, padID: "notes", ...values }).toString();
    return JSON.parse((await ask(bddbot, `/api/1.2.15/${what}?${query}`)).text) as { code: number; data: { text: string } | null };
}
const text = async () => (await pad("getText")).data?.text.trim();

describe("Etherpad on the stack of BDD Bot: Express, Socket.IO, SQLite", () => {
    beforeAll(async () => {
        write(bddbot, await settings("1"));
        await mustUp(bddbot);
        const [backend = ""] = running(bddbot, "backend");
        key = docker("exec", backend, "cat", "/app/data/APIKEY.txt").trim();
    });
    afterAll(() => remove(bddbot));

    test("R72, R73: the front end, the backend's health, and its API", async () => {
        expect((await ask(bddbot, "/anything/else")).text).toContain("front");
        expect(JSON.parse((await ask(bddbot, "/health")).text)).toHaveProperty("currentVersion");
        expect(await pad("createPad", { text: "first" })).toMatchObject({ code: 0 });
        expect(await text()).toBe("first");
        expect(await redirected(bddbot, "/health")).toBe("https://bddbot.localhost:18643/health");
    });

    test("R75: Socket.IO begins by polling and by a WebSocket, through the proxy", async () => {
        const polling = await ask(bddbot, "/socket.io/?EIO=3&transport=polling");
        expect([polling.status, polling.text]).toEqual([200, expect.stringMatching(/"upgrades":\["websocket"\]/)]);
        expect(await upgraded(bddbot, "/socket.io/?EIO=3&transport=websocket")).toMatch(/^0\{"sid":/);
    });

    test("R79, R82: the login's budget, and headers once each", async () => {
        expect((await burst(bddbot, "/api/auth/login", 10, { method: "POST" }))[429]).toBe(6);
        const { rawHeaders } = await ask(bddbot, "/");
        const count = (name: string) => rawHeaders.filter((each) => each.toLowerCase() === name).length;
        expect(["strict-transport-security", "x-content-type-options", "x-frame-options"].map(count)).toEqual([1, 1, 1]);
    });

    test("R52: a second writer is refused before anything is touched", async () => {
        write(bddbot, await settings("1", { replicas: 2 }));
        const refused = await quai("up", bddbot.stack, "--yes");
        write(bddbot, await settings("1"));
        expect(refused.code).toBe(2);
        expect(refused.text).toContain("quai:services.backend.replicas: must be 1: one process alone writes to the files data (oneWriter)");
    });

    test("R52, R60: the snapshot's SQLite is whole, as the drill finds", async () => {
        await mustRun("backup", "now", bddbot.stack);
        const drill = JSON.parse(docker("exec", `${bddbot.stack}-backup`, "quai-backup", "drill", "--json")) as Record<string, unknown>;
        expect(drill).toMatchObject({ ok: true, tables: 1 });
        expect(drill["rows"]).toBeGreaterThan(0);
        expect(await mustRun("status", bddbot.stack)).toContain("drill");
    });

    test("R52, R59: loss and restore; SQLite finds no fault; the restore can be undone", async () => {
        await pad("setText", { text: "spoilt" });
        await mustRun("restore", "--stack", bddbot.stack, "latest", "--yes");
        expect(await text()).toBe("first");
        const check = "import sqlite3; print(sqlite3.connect('/files/data/bdd-bot.db').execute('PRAGMA integrity_check').fetchone()[0])";
        expect(docker("exec", `${bddbot.stack}-backup`, "python3", "-c", check).trim()).toBe("ok");
        await mustRun("restore", "--stack", bddbot.stack, "--undo", "--yes");
        expect(await text()).toBe("spoilt");
        await mustRun("restore", "--stack", bddbot.stack, "--undo", "--yes");
    });

    test("R33, R101: a release with a rotated secret while requests come in: none fails", async () => {
        const former = await secret(bddbot, "jwtSecret");
        write(bddbot, await settings("2", ROTATED));
        const { asked, failed } = await underRequests(bddbot, "/health", bddbot.host, async () => void (await mustUp(bddbot)));
        expect(failed).toEqual([]);
        expect(asked).toBeGreaterThan(20);
        const [backend = "", ...others] = running(bddbot, "backend");
        expect(others).toEqual([]);
        const renewed = await secret(bddbot, "jwtSecret");
        expect(renewed).not.toBe(former);
        const variables = docker("exec", backend, "sh", "-c", "cat /proc/[0-9]*/environ 2>/dev/null; true").split("\0");
        expect(new Set(variables.filter((each) => each.startsWith("JWT_SECRET=")))).toEqual(new Set([`JWT_SECRET=${renewed}`]));
        expect(await text()).toBe("first");
    });

    test("R48, R107: nothing changed, nothing done; down keeps the data, and up finds them", async () => {
        expect((await mustUp(bddbot)).text).toMatch(/Resources:\n\s+\d+ unchanged\n/);
        expect((await downAndUp(bddbot)).containers).toBe("");
        expect(await text()).toBe("first");
    });
});
