import { checklist } from "./checklist";
import { application, frontEnd, secret } from "./stands-in";
import { ask, begun, burst, PORTS } from "./system";

const chrona = begun({ stack: "chrona-sys", host: "chrona.localhost" });
const api = "api.chrona.localhost";
const KIOSK = `https://kiosk.chrona.localhost:${PORTS.https}`;
const today = new Date().toISOString().slice(0, 10);

interface State {
    readonly users: readonly string[];
    readonly version: string;
    readonly tls: boolean;
    readonly pgcrypto: number;
    readonly pid: number;
}
const state = async () => JSON.parse((await ask(chrona, "/state", { host: api })).text) as State;

async function login(password: string): Promise<{ status: number; token: string }> {
    const { status, text } = await ask(chrona, "/auth/token", {
        host: api,
        method: "POST",
        headers: { "Content-Type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams({ username: "admin", password }).toString(),
    });
    return { status, token: (JSON.parse(text) as { access_token?: string }).access_token ?? "" };
}
const me = async (token: string) => (await ask(chrona, "/auth/me", { host: api, headers: { Authorization: `Bearer ${token}` } })).status;

let password = "";
let token = "";
/** dstack's own API, as its administrator. */
async function dstack(path: string, body: object = {}): Promise<unknown> {
    const headers = { Authorization: `Bearer ${password}`, "Content-Type": "application/json" };
    const answer = await ask(chrona, `/api/users/${path}`, { host: api, method: "POST", headers, body: JSON.stringify(body) });
    return answer.status === 200 && answer.text !== "" ? JSON.parse(answer.text) : answer.status;
}

checklist("dstack's server (FastAPI, asyncpg, alembic) on the stack of Chrona", {
    system: chrona,
    settings: async (version, more = {}) => ({
        "quai:application": "chrona",
        "quai:environment": "development",
        "quai:domain": chrona.host,
        "quai:hosts": { admin: "backoffice.chrona.localhost", kiosk: "kiosk.chrona.localhost" },
        "quai:images": { backend: await application("fastapi", version), backoffice: await frontEnd(), kiosk: await frontEnd() },
        "quai:backup": { keep: { daily: 3, weekly: 0, monthly: 0 } },
        "quai:postgres": { version: 15, memory: "256m" }, // the one that other tests build, too
        "quai:services": { backend: { health: { startPeriod: "2m" } } },
        ...more,
    }),
    health: { path: "/health", host: api },
    routes: [
        { path: "/health", host: api, answers: "healthy" },
        { path: "/state", host: api, answers: '"tls":true' },
        { path: "/api/docs", host: api, answers: "Swagger" },
        { path: "/", host: "backoffice.chrona.localhost", answers: `api: https://${api}:${PORTS.https}` },
        { path: "/anything", host: "kiosk.chrona.localhost", answers: "front" },
    ],
    login: { path: "/auth/token", host: api, method: "POST", passed: 4 },
    api: { path: "/api/nothing", host: api },
    migrations: ["migrate"],
    admin: async () => {
        password = await secret(chrona, "adminPassword");
        expect((await login("admin123")).status).toBe(401);
        const letIn = await login(password);
        token = letIn.token;
        expect([letIn.status, await me(token)]).toEqual([200, 200]);
        expect(await dstack("get_my_user")).toMatchObject({ username: "admin", global_role: "admin" });
    },
    worker: async () => {
        // The proxy keeps its connections, so that requests one after the other all go to the worker that accepted the first.
        const pids = new Set<number>();
        for (let round = 0; round < 30 && pids.size < 4; round++) {
            for (const { pid } of await Promise.all(Array.from({ length: 12 }, state))) pids.add(pid);
            await new Promise((resolve) => setTimeout(resolve, 1500));
        }
        expect(pids.size).toBe(4);
        expect(await state()).toMatchObject({ users: ["admin"], tls: true, pgcrypto: 1 });
        const allowed = await ask(chrona, "/health", { host: api, headers: { Origin: KIOSK } });
        expect(allowed.headers["access-control-allow-origin"]).toBe(KIOSK);
        expect((await ask(chrona, "/health", { host: api, headers: { Origin: "https://example.com" } })).headers).not.toHaveProperty(
            "access-control-allow-origin",
        );
    },
    data: {
        // There is one user besides the administrator, whose name is the value.
        write: async (value) => {
            const { users } = await state();
            for (const name of users.filter((each) => each !== "admin")) await dstack("delete", { users: [name] });
            await dstack("create", { username: value, global_role: "user" });
        },
        read: async () => (await state()).users.find((each) => each !== "admin"),
    },
    rotation: { databasePassword: today, secretKey: today, jwt: [today, "first"] },
    after: async () => {
        expect((await state()).version).toBe("2");
        // Signed with the former key; the new one signs, too.
        expect(await me(token)).toBe(200);
        expect(await me((await login(password)).token)).toBe(200);
        expect(await burst(chrona, "/health", 1, { host: api })).toEqual({ 200: 1 });
    },
});
