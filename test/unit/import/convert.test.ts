import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { stackFile } from "../../../tools/cli/commands/import";
import { readCompose } from "../../../tools/import/compose";
import { convert, type Imported } from "../../../tools/import/convert";
import { interpolate } from "../../../tools/import/interpolate";
import { words } from "../../../tools/import/words";
import { scratchFolder } from "../support/scratch";
import { examples } from "./compose-files";

const scratch = scratchFolder("import");

function imported(title: string): Imported & { custom: Custom } {
    const { compose, files = {} } = examples[title] ?? { compose: "" };
    const folder = join(scratch, title.replace(/\W+/g, "-"));
    for (const [name, text] of Object.entries({ ...files, "compose.yml": compose })) {
        mkdirSync(dirname(join(folder, name)), { recursive: true });
        writeFileSync(join(folder, name), text);
    }
    const result = convert(readCompose(join(folder, "compose.yml")), {
        name: "shop",
        environment: "development",
        stack: "shop-dev",
        root: scratch,
    });
    return { ...result, custom: result.config["quai:custom"] as Custom };
}

type Fields = Record<string, unknown>;
interface Custom {
    readonly services: Readonly<Record<string, Fields & { env?: Record<string, string> }>>;
    readonly jobs?: Readonly<Record<string, Fields>>;
    readonly secrets?: Readonly<Record<string, unknown>>;
    readonly files?: Readonly<Record<string, unknown>>;
    readonly hosts?: Readonly<Record<string, string>>;
    readonly databases?: readonly string[];
    readonly routes: readonly Fields[];
}

const SECRETS = /pw-0123456789|db-secret|redis-secret|jwt-secret|hunter2|changethis/;

describe("a compose file becomes a stack file", () => {
    test("there are enough shapes", () => {
        expect(Object.keys(examples).length).toBeGreaterThanOrEqual(15);
    });

    test.each(Object.keys(examples))("%s: it is complete, or says what is missing; no secret's value is copied (R26, R27)", (title) => {
        const result = imported(title);
        expect(stackFile(result, "compose.yml")).not.toMatch(SECRETS);
        expect(JSON.stringify(result.notes)).not.toMatch(SECRETS);
        expect(result.incomplete).toEqual([]);
    });

    test("Django: addresses of the database by placeholders, generated key, routes of the nginx configuration", () => {
        const { custom, config } = imported("django behind nginx, entrypoint in the image");
        expect(custom.services["web"]?.env).toEqual({
            SECRET_KEY: "${secrets.secretKey}",
            DEBUG: "0",
            SQL_HOST: "${database.host}",
            SQL_PORT: "5432",
            SQL_USER: "${database.user}",
            SQL_PASSWORD: "${database.password}",
            SQL_DATABASE: "${database.name}",
        });
        expect(custom.secrets).toEqual({ secretKey: { kind: "key" } });
        expect(custom.routes).toContainEqual({ path: "/", to: "web" });
        expect(config["quai:postgres"]).toEqual({ version: 16, database: "app" });
        expect(custom.services["web"]?.["files"]).toEqual({
            "/home/app/web/staticfiles": "static-volume",
            "/home/app/web/mediafiles": "media-volume",
        });
    });

    test("Celery: a worker, one beat, connection strings; the proxy and certbot are left with their reasons", () => {
        const { custom, config, notes } = imported("django, celery, beat, redis, mounted nginx configuration");
        expect([custom.services["celery-worker"]?.["kind"], custom.services["celery-beat"]?.["kind"]]).toEqual(["worker", "scheduler"]);
        expect(custom.services["backend"]?.env).toMatchObject({ DATABASE_URL: "${database.url}", CELERY_BROKER_URL: "${redis.url}/0" });
        expect(config["quai:redis"]).toEqual({ version: "7", memory: "256m", eviction: "allkeys-lru" });
        expect(custom.routes).toEqual([
            { path: "/api/", to: "backend" },
            { path: "/health/", exact: true, to: "backend" },
        ]);
        expect(notes.left.map((line) => line.split(" ")[0])).toEqual(["nginx", "certbot"]);
    });

    test("Traefik: hosts, jobs that others wait for, health, given secrets", () => {
        const { custom, config } = imported("fastapi, traefik labels, prestart job");
        expect(config["quai:domain"]).toBe("api.example.org");
        expect(custom.hosts).toEqual({ dashboard: "dashboard.example.org" });
        expect(custom.routes).toEqual([
            { path: "/", to: "backend" },
            { host: "dashboard", path: "/", to: "frontend" },
        ]);
        expect(Object.keys(custom.jobs ?? {})).toEqual(["prestart"]);
        expect(custom.services["backend"]?.["health"]).toEqual({
            http: "/api/v1/utils/health-check/",
            interval: "10s",
            timeout: "5s",
            retries: 5,
        });
        expect(custom.secrets).toMatchObject({
            secretKey: { kind: "key" },
            firstSuperuserPassword: { kind: "given" },
            smtpPassword: { kind: "given" },
        });
    });

    test("R72: host and path", () => {
        const { custom, config } = imported("host and path by traefik, slug default");
        expect(config["quai:domain"]).toBe("mdp.example.org");
        expect(custom.routes).toEqual([
            { path: "/api", to: "backend" },
            { path: "/admin", to: "backend" },
            { path: "/", to: "frontend" },
        ]);
        expect(config["quai:images"]).toMatchObject({ backend: "registry.example.org/backend:1.0.0" });
    });

    test("limits, logs, health, order, passwords of servers", () => {
        const { custom, config } = imported("nest, next, prisma, redis with a password");
        expect(custom.services["api"]).toMatchObject({
            health: { http: "/api/health", startPeriod: "1m30s" },
            logs: { maxSize: "50m", maxFiles: 5 },
            memory: "1g",
            cpus: 1.5,
            stopGrace: "45s",
            env: { REDIS_HOST: "${redis.host}", REDIS_PASSWORD: "${redis.password}", JWT_SECRET: "${secrets.jwtSecret}" },
        });
        expect(custom.services["api"]?.env?.["DATABASE_URL"]).toBe(
            "postgresql://${database.user}:${database.password}@${database.host}:${database.port}/${database.name}?schema=public&sslmode=require",
        );
        expect(custom.services["web"]?.["after"]).toEqual(["api"]);
        expect(config["quai:postgres"]).toEqual({ version: 18, database: "orchestr_a_prod" });
        expect(config["quai:redis"]).toEqual({ version: "7.4", memory: "256m", eviction: "allkeys-lru" });
    });

    test("several names: aliases and hosts", () => {
        const { custom, config } = imported("several names by nginx-proxy");
        expect([config["quai:domain"], config["quai:aliases"]]).toEqual(["example.org", ["www.example.org"]]);
        expect(custom.hosts).toEqual({ blog: "blog.${domain}" });
    });

    test("what isn't carried over is listed with its reason", () => {
        const { notes } = imported("rights that nothing gets here");
        const keys = notes.left.map((line) => line.split(": ").slice(1, 2).join(""));
        expect(keys).toEqual(expect.arrayContaining(["privileged", "cap_add", "network_mode", "extra_hosts", "/var/run/docker.sock"]));
        expect(notes.left.join("\n")).toContain("./app.ini at /etc/app.ini: put the file into the image");
        expect(imported("mysql and rabbitmq, which stay where they are").notes.left.join("\n")).toMatch(
            /mysql .*another kind of database[\s\S]*rabbit .*no component/,
        );
        expect(imported("backups, updates and tools around").notes.left).toHaveLength(4);
        expect(imported("profiles").notes.left.join("\n")).toMatch(/^debug: it only runs with profile debug/);
    });

    test("variables without a value are told, not guessed", () => {
        const { notes, custom } = imported("images by variables without a value");
        expect(notes.check.join("\n")).toContain("app: LEVEL has no value in the compose file or its env files (${LEVEL}): write one");
        expect(custom.services["app"]?.env).toBeUndefined();
    });

    test("a file that isn't one, and one of several", () => {
        const write = (name: string, text: string) => {
            writeFileSync(join(scratch, name), text);
            return () => readCompose(join(scratch, name));
        };
        expect(write("overlay.yml", "services: { db: { restart: always } }")).toThrow(
            /db: neither image nor build; this is one of several files/,
        );
        expect(write("other.yml", "jobs: {}")).toThrow(/other\.yml: has no services: it isn't a compose file$/);
        expect(write("broken.yml", "a: [")).toThrow(/broken\.yml: /);
        expect(() => readCompose(join(scratch, "nowhere.yml"))).toThrow(/nowhere\.yml: can't be read; give the path of a compose file$/);
    });
});

describe("parts", () => {
    test.each([
        ["gunicorn a:b --bind 0.0.0.0:80", ["gunicorn", "a:b", "--bind", "0.0.0.0:80"]],
        [`a 'b c' "d \\" e" f\\ g`, ["a", "b c", 'd " e', "f g"]],
        ["", []],
    ])("words of %j", (line, expected) => {
        expect(words(line)).toEqual(expected);
    });

    test.each([
        ["${A}-$A-$$A", "1-1-$A"],
        ["${B:-x}${E:-y}${E-z}", "xy"],
        ["${A:+set}${B:+set}", "set"],
    ])("variables of %j", (text, expected) => {
        expect(interpolate(text, { A: "1", E: "" }, new Set())).toBe(expected);
    });
});
