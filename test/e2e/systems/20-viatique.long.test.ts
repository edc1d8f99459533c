import { eventually } from "../support/ask";
import { checklist } from "./checklist";
import { DjangoVisitor, state } from "./django";
import { application, frontEnd, mustRun } from "./stands-in";
import { ask, begun, PORTS } from "./system";

const viatique = begun({ stack: "viatique-sys", host: "viatique.localhost" });
const visitor = new DjangoVisitor(viatique);
const today = new Date().toISOString().slice(0, 10);
const put = (name: string, body: string) => ask(viatique, `/api/media/${name}`, { method: "PUT", body });

checklist("Wagtail with Celery, Redis and media on the stack of Viatique", {
    system: viatique,
    settings: async (version, more = {}) => ({
        "quai:application": "viatique",
        "quai:environment": "development",
        "quai:domain": viatique.host,
        "quai:images": { backend: await application("django", version), frontend: await frontEnd() },
        "quai:backup": { keep: { daily: 3, weekly: 0, monthly: 0 } },
        "quai:postgres": { version: 15, memory: "256m" }, // the one that other tests build, too
        "quai:redis": { memory: "64m" },
        ...more,
    }),
    health: { path: "/health/" },
    routes: [
        { path: "/", answers: `api: https://viatique.localhost:${PORTS.https}/api` },
        { path: "/health/", answers: '"connected"' },
        { path: "/api/state", answers: '"version": "1"' },
        { path: "/admin/", answers: 302 },
        { path: "/media/nothing.txt", answers: 404 },
    ],
    login: { path: "/api/auth/login/", method: "POST", passed: 4 },
    api: { path: "/api/state" },
    static: { path: "/static/admin/css/base.css" },
    migrations: ["migrate", "collectstatic"],
    // The guide makes none by itself: a command in the release's image does.
    admin: async () => {
        const make = "from django.contrib.auth.models import User; User.objects.create_superuser('admin', '', 'a-password-for-tests-only')";
        await mustRun("run", "--stack", viatique.stack, "--service", "backend", "--", "python", "manage.py", "shell", "-c", make);
        expect(await visitor.login("admin", "admin123")).toBe(200); // the form again
        expect(await visitor.login("admin", "a-password-for-tests-only")).toBe(302);
        expect(await visitor.admin()).toBe(200);
    },
    worker: () => eventually("the beat plans and the worker counts", async () => (await state(viatique)).ticks > 2, 60),
    scheduler: "beat",
    upload: async () => {
        expect((await put("b.txt", "hello")).status).toBe(201);
        const media = await ask(viatique, "/media/b.txt");
        expect([media.status, media.text, media.headers["cache-control"]]).toEqual([200, "hello", "public, max-age=3600"]);
        await put("b.php", "x");
        expect((await ask(viatique, "/media/b.php")).status).toBe(403);
        expect((await ask(viatique, "/api/media/large.bin", { method: "PUT", body: Buffer.alloc(49 << 20) })).status).toBe(201);
        expect((await ask(viatique, "/api/media/larger.bin", { method: "PUT", body: Buffer.alloc(51 << 20) })).status).toBe(413);
    },
    data: {
        write: async (value) => void (await put("a.txt", value)),
        read: async () => (await ask(viatique, "/media/a.txt")).text,
    },
    rotation: { databasePassword: today, redisPassword: today, djangoSecretKey: [today, "first"] },
    after: async () => {
        expect(await state(viatique)).toMatchObject({ version: "2", users: 1 });
        // Signed with the former key.
        expect(await visitor.admin()).toBe(200);
    },
});
