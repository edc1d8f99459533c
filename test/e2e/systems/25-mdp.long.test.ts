import { spawnSync } from "node:child_process";
import { checklist } from "./checklist";
import { DjangoVisitor, state } from "./django";
import { application, frontEnd, secret } from "./stands-in";
import { ask, begun, docker, running } from "./system";

const mdp = begun({ stack: "mdp-sys", host: "mdp.localhost" });
const visitor = new DjangoVisitor(mdp);
const today = new Date().toISOString().slice(0, 10);

const DATABASE_PORT = 18632;
/** What psql says on this machine, with the application's login. */
async function psql(sslmode: string): Promise<string> {
    const [server = ""] = running(mdp, "postgres");
    const image = docker("inspect", "--format", "{{.Image}}", server).trim();
    const connection = `host=127.0.0.1 port=${DATABASE_PORT} dbname=mdpdb user=mdpdb_web_1 sslmode=${sslmode}`;
    const words = ["run", "--rm", "--network", "host", "--env", "PGPASSWORD", "--entrypoint", "psql", image, "--tuples-only", "--no-align"];
    const { stdout, stderr } = spawnSync("docker", [...words, "--command", "SELECT count(*) FROM auth_user", connection], {
        encoding: "utf8",
        env: { ...process.env, PGPASSWORD: await secret(mdp, "databasePassword") },
    });
    return `${stdout}${stderr}`.trim();
}

checklist("Wagtail behind a front end on the stack of mdp", {
    system: mdp,
    settings: async (version, more = {}) => ({
        "quai:application": "mdp",
        "quai:environment": "development",
        "quai:domain": mdp.host,
        "quai:images": {
            backend: await application("django", version, { SETTINGS: "config.settings" }),
            frontend: await frontEnd(),
        },
        "quai:backup": { keep: { daily: 3, weekly: 0, monthly: 0 } },
        "quai:postgres": { version: 15, memory: "256m", localPort: DATABASE_PORT }, // the one that other tests build, too
        ...more,
    }),
    health: { path: "/api/health/" },
    routes: [
        { path: "/", answers: "api: /api" },
        { path: "/key-check", answers: "front" },
        { path: "/api/health/", answers: '"connected"' },
        { path: "/api/state", answers: '"version": "1"' },
        { path: "/admin/", answers: 302 },
    ],
    login: { path: "/admin/login/", passed: 4 },
    api: { path: "/api/state" },
    static: { path: "/static/admin/css/base.css" },
    migrations: ["migrate", "collectstatic"],
    admin: async () => {
        expect(await visitor.login("admin", "admin123")).toBe(200); // the form again
        expect(await visitor.login("admin", await secret(mdp, "adminPassword"))).toBe(302);
        expect(await visitor.admin()).toBe(200);
    },
    database: async () => {
        expect(await psql("require")).toBe("1");
        expect(await psql("disable")).toContain("pg_hba.conf rejects connection");
        expect(docker("port", running(mdp, "postgres")[0] ?? "").trim()).toBe(`5432/tcp -> 127.0.0.1:${DATABASE_PORT}`);
    },
    data: {
        write: async (value) => void (await ask(mdp, `/api/site/${value}`, { method: "PUT" })),
        read: async () => (await ask(mdp, "/api/site/name")).text,
    },
    rotation: { databasePassword: today, migrationPassword: today, djangoSecretKey: [today, "first"] },
    after: async () => {
        expect(await state(mdp)).toMatchObject({ version: "2", users: 1 });
        // Signed with the former key.
        expect(await visitor.admin()).toBe(200);
    },
});
