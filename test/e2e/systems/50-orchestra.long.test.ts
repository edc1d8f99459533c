import { checklist } from "./checklist";
import { application, secret } from "./stands-in";
import { ask, begun, upgraded } from "./system";

const orchestra = begun({ stack: "orchestra-sys", host: "orchestra.localhost" });
const today = new Date().toISOString().slice(0, 10);
const APPLICATION = { "X-Parse-Application-Id": "quay", "Content-Type": "application/json" };

interface Note {
    readonly objectId: string;
    readonly text: string;
}
/** Parse Server's own API. */
async function parse<T>(method: string, path: string, body?: object): Promise<T> {
    const answer = await ask(orchestra, `/api/${path}`, { method, headers: APPLICATION, body: body && JSON.stringify(body) });
    return JSON.parse(answer.text) as T;
}
const notes = async () => (await parse<{ results: Note[] }>("GET", "classes/Note?order=createdAt&limit=1")).results;

let uploaded = "";
const upload = async () => (await ask(orchestra, uploaded)).text;

const login = async (password: string) =>
    (
        await ask(orchestra, "/api/auth/login", {
            method: "POST",
            headers: APPLICATION,
            body: JSON.stringify({ username: "admin", password }),
        })
    ).status;

checklist("Parse Server (Node.js, PostgreSQL 18, Redis, WebSockets, uploads) on the stack of Orchestr'A", {
    system: orchestra,
    settings: async (version, more = {}) => {
        const image = await application("parse", version);
        return {
            "quai:application": "orchestra",
            "quai:environment": "development",
            "quai:domain": orchestra.host,
            "quai:images": { api: image, web: image },
            "quai:backup": { keep: { daily: 3, weekly: 0, monthly: 0 } },
            "quai:postgres": { version: 15, memory: "256m" }, // the one that other tests build, too
            ...more,
        };
    },
    health: { path: "/api/health" },
    routes: [
        { path: "/", answers: "front" },
        { path: "/api/health", answers: '"ok"' },
        { path: "/api/state", answers: '"auditKey":true,"redis":"PONG"' },
        { path: "/api/metrics", answers: 401 },
    ],
    login: { path: "/api/auth/login", method: "POST", passed: 4 },
    api: { path: "/api/state" },
    webSocket: async () => {
        const hello = await upgraded(orchestra, "/socket.io/", { say: JSON.stringify({ op: "connect", applicationId: "quay" }) });
        expect(JSON.parse(hello)).toMatchObject({ op: "connected" });
    },
    static: { path: "/_next/static/a1b2c3.js" },
    migrations: ["migrate"],
    admin: async () => {
        const metrics = async (token: string) =>
            (await ask(orchestra, "/api/metrics", { headers: { Authorization: `Bearer ${token}` } })).status;
        expect([await login("admin123"), await login(await secret(orchestra, "adminPassword"))]).toEqual([401, 200]);
        expect([await metrics("x"), await metrics(await secret(orchestra, "metricsToken"))]).toEqual([401, 200]);
        expect(await parse("GET", "state")).toMatchObject({ users: 1 });
    },
    upload: async () => {
        const sent = await ask(orchestra, "/api/files/hello.txt", {
            method: "POST",
            headers: { ...APPLICATION, "Content-Type": "text/plain" },
            body: "hello",
        });
        const { name } = JSON.parse(sent.text) as { name: string };
        uploaded = `/api/files/quay/${name}`;
        expect(await upload()).toBe("hello");
    },
    data: {
        write: async (text) => {
            const [note] = await notes();
            await (note === undefined ? parse("POST", "classes/Note", { text }) : parse("PUT", `classes/Note/${note.objectId}`, { text }));
        },
        read: async () => (await notes())[0]?.text,
    },
    rotation: { databasePassword: today, redisPassword: today, jwtSecret: today },
    after: async () => {
        expect(await parse("GET", "state")).toMatchObject({ version: "2", users: 1 });
        expect(await login(await secret(orchestra, "adminPassword"))).toBe(200);
        expect(await upload()).toBe("hello");
    },
});
