import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { stackFile } from "../../../tools/cli/commands/import";
import { readCompose } from "../../../tools/import/compose";
import { convert, type Imported } from "../../../tools/import/convert";
import { scratchFolder } from "../support/scratch";
import { examples } from "./compose-files";

const scratch = scratchFolder("import");

function imported(title: string, environment: "development" | "production" = "development"): Imported & { custom: Custom } {
    const { compose, files = {} } = examples[title] ?? { compose: "" };
    const folder = join(scratch, title.replace(/\W+/g, "-"));
    for (const [name, text] of Object.entries({ ...files, "compose.yml": compose })) {
        mkdirSync(dirname(join(folder, name)), { recursive: true });
        writeFileSync(join(folder, name), text);
    }
    const paths = ["compose.yml", "compose.prod.yml"].map((name) => join(folder, name)).filter((path) => existsSync(path));
    const result = convert(readCompose(paths), {
        name: "shop",
        environment,
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

    test("R100, R45: jobs are given the login that owns the tables; where there is none, that is said", () => {
        const jobs = ["rails with sidekiq", "fastapi, traefik labels, prestart job"].map((title) => imported(title).custom.jobs);
        expect(JSON.stringify(jobs[0])).toContain("${migration.url}");
        expect(JSON.stringify(jobs[1])).toContain("${migration.password}");
        expect(JSON.stringify(jobs)).not.toMatch(/\$\{database\.(url|user|password)\}/);
        expect(imported("an env file that uses itself").notes.check.join("\n")).toContain(
            "migrations: the application's login can't make tables",
        );
    });

    test("several files as compose merges them: maps by key, commands by the later one, one volume for each folder", () => {
        const { custom, config, notes } = imported("a base and what production changes");
        expect(custom.services["web"]).toMatchObject({
            command: ["serve"],
            port: 3000,
            env: { LEVEL: "info", DATABASE_URL: "${database.url}" },
            files: { "/data": "data", "/srv/uploads": "large" },
        });
        expect(config["quai:images"]).toEqual({ web: { build: expect.any(String) as string, args: { MODE: "production" } } });
        expect(notes.left).toEqual([]);
    });

    test("what is built in the same way is one image, under the name of a service; what only names it, too", () => {
        const { custom, config } = imported("one build for three, and volumes with conditions");
        expect(Object.keys(config["quai:images"] as object)).toEqual(["web", "docs", "front"]);
        expect([custom.services["web"], custom.services["worker"], custom.jobs?.["migrate"]].map((each) => each?.["image"])).toEqual([
            undefined,
            "web",
            "web",
        ]);
        const { config: rails } = imported("rails with sidekiq");
        expect(rails["quai:images"]).toEqual({ web: "shop:1" });
    });

    test("R40: the database's published port stays in development, on the machine itself; elsewhere, and of Redis, it's told", () => {
        const development = imported("one build for three, and volumes with conditions");
        expect(development.config["quai:postgres"]).toEqual({ version: 16, localPort: 5433 });
        const told = ["redis: its published port 6380: the stack alone reaches it; `docker exec` gets there"];
        expect(development.notes.left).toEqual(told);
        const production = imported("one build for three, and volumes with conditions", "production");
        expect(production.config["quai:postgres"]).toEqual({ version: 16 });
        expect(production.notes.left).toEqual([expect.stringMatching(/^db: its published port 5433: /), ...told]);
    });

    test("volumes that aren't filled from the image, and folders of volumes, are told", () => {
        const { custom, notes } = imported("one build for three, and volumes with conditions");
        expect(custom.services["worker"]?.["files"]).toEqual({ "/srv/thumbs": "media-thumbs" });
        expect(notes.check).toEqual(
            expect.arrayContaining([
                "web: static is in several services: a volume begins empty here; what an image brings has to be copied by a job",
                "worker: the folder thumbs of media is the volume media-thumbs now: copy its content there after the first ./quai up",
            ]),
        );
    });

    test("what stands beside a server's host is of that server; what is missing, or leads nowhere any more, is told", () => {
        const { custom, config, notes } = imported("servers that let everybody in, an exporter of documents, and a catcher of mails");
        expect(custom.services["web"]?.env).toMatchObject({
            DB_HOST: "${database.host}",
            DB_USER: "${database.user}",
            DB_NAME: "${database.name}",
            DB_PASS: "${database.password}",
            BOARD_REDIS__HOST: "${redis.host}",
        });
        expect(Object.keys(custom.services)).toEqual(["web", "worker", "board-exporter"]);
        expect(config["quai:postgres"]).toMatchObject({ version: 16 });
        expect(notes.left).toEqual(expect.arrayContaining([expect.stringMatching(/^metrics \(prom\/node-exporter:1\): monitoring/)]));
        expect(notes.check).toEqual(
            expect.arrayContaining([
                "web: BOARD_REDIS__*: nothing hands over the server's password, and it lets nobody in without: add the application's variable for it, with ${redis.password}",
                "web: SMTP_HOST names mails, which isn't carried over: write where that is",
                "web: PUBLIC_URL is http://localhost:3000: that is this container; people's address is ${url}",
                "web: the folder ./files is the volume files now: copy its content there after the first ./quai up",
            ]),
        );
        expect(notes.check.filter((line) => line.includes("the folder ./files"))).toHaveLength(1);
    });

    test("what a service extends, in its own file and in another", () => {
        const { custom } = imported("services that extend others, and anchors");
        expect(custom.services["web"]).toMatchObject({ command: ["serve"], memory: "512m", env: { LEVEL: "info", PORT: "8000" } });
        expect(custom.services["worker"]).toMatchObject({ kind: "worker", command: ["work", "--queue", "default"], stopGrace: "1m" });
    });

    test("R26: an env file that uses itself; secrets aren't build arguments", () => {
        const { custom, config, notes } = imported("an env file that uses itself");
        expect(custom.services["app"]?.env).toEqual({
            DATABASE_URL: "${database.url}",
            PUBLIC_URL: "https://shop.example.org/app",
            PRICE: "$5 $${SITE}",
        });
        expect(config["quai:images"]).toMatchObject({ app: { args: { SITE: "https://shop.example.org" } } });
        expect(notes.left.join()).toContain("app: the build argument DATABASE_URL: an image keeps what it was built with");
    });

    test("R26: files of compose's secrets become files of given ones", () => {
        const { custom, notes } = imported("a matrix server with its own rights");
        expect(custom.services["app"]?.env).toEqual({ TOKEN_FILE: "${file:secrets.token}" });
        expect(custom.secrets).toEqual({ token: { kind: "given" } });
        expect(notes.left.map((line) => line.split(": ")[1])).toEqual(["sysctls", "ulimits", "configs"]);
    });

    test("names are judged as whole words", () => {
        const { custom } = imported("names that only look like those of servers");
        expect(Object.keys(custom.services)).toEqual(["keys", "vectors"]);
    });

    test("a port by the name of its variable", () => {
        expect(imported("a port by the name of its variable").custom.services["backend"]?.["port"]).toBe(9091);
    });

    test("where nothing is left to deploy, the reasons are the error", () => {
        const path = join(scratch, "nothing.yml");
        writeFileSync(path, "services: { db: { image: 'mysql:8' }, tool: { image: phpmyadmin } }");
        const nothing = () => convert(readCompose(path), { name: "x", environment: "development", stack: "x", root: scratch });
        expect(nothing).toThrow(
            /nothing in it is an application that a stack could deploy:\n {2}- db \(mysql:8\): another kind[^\n]*\n {2}- tool/,
        );
    });
});
