import { parseSettings, SettingsError, type Settings } from "../../../infra/settings";
import { partsOf } from "../../../infra/settings/placeholders";

type Raw = Record<string, unknown>;

/** An application that uses everything. */
const SHOP = {
    name: "shop",
    hosts: { api: "api.${domain}" },
    databases: ["postgres", "redis"],
    secrets: {
        key: { kind: "key" },
        jwt: { kind: "rsa" },
        admin: { kind: "password", output: true },
        smtp: { kind: "given", optional: true },
    },
    files: { media: { user: 1000 }, static: { user: "1000:1000", backup: false } },
    services: {
        backend: {
            port: 8000,
            user: 1000,
            command: ["serve", "--host", "${domain}"],
            health: { http: "/health" },
            env: { KEY: "${secrets.key}", URL: "${url}", DB: "${database.url}", CERT: "${file:secrets.jwtPublic}" },
            files: { "/media": "media", "/static": "static:ro" },
        },
        worker: { kind: "worker", like: "backend", command: ["work"], after: ["backend"] },
        beat: { kind: "scheduler", like: "backend", command: ["beat"] },
    },
    jobs: {
        migrate: { like: "backend", command: ["migrate"] },
        admin: { like: "backend", command: ["admin"], after: ["migrate"], once: true },
    },
    routes: [
        { path: "/api/", to: "backend", limit: "api" },
        { path: "/media/", files: "media", cache: { maxAge: "1h" }, deny: [".php"] },
        { path: "/search", to: "backend", limit: "search" },
        { host: "api", to: "backend" },
    ],
    limits: { search: { requests: 30, per: "minute", burst: 10 } },
};

/** The same with one place changed: `set("services.worker.like", "backnd")`; undefined removes it. */
function shop(path?: string, value?: unknown): Raw {
    const copy = structuredClone(SHOP) as Raw;
    if (path === undefined) return copy;
    const keys = path.split(".");
    const last = keys.pop() ?? "";
    const place = keys.reduce<Raw>((at, key) => at[key] as Raw, copy);
    place[last] = value;
    return copy;
}

const STACK = { "quai:application": "custom", "quai:environment": "development" };
const parse = (custom: unknown, more: Raw = {}): Settings => parseSettings({ ...STACK, "quai:custom": custom, ...more }, { stack: "dev" });

function problems(custom: unknown, more: Raw = {}): readonly string[] {
    try {
        parse(custom, more);
        return [];
    } catch (error) {
        if (error instanceof SettingsError) return error.problems;
        throw error;
    }
}

describe("an application from the stack file alone", () => {
    test("is read, with its defaults", () => {
        const { custom, name, stackId, domain } = parse(SHOP);
        expect([name, stackId, domain]).toEqual(["shop", "shop-dev", "shop.localhost"]);
        expect(custom?.services["backend"]).toMatchObject({
            kind: "service",
            user: { uid: 1000, gid: 1000 },
            files: { "/media": { files: "media", readOnly: false }, "/static": { files: "static", readOnly: true } },
            after: [],
        });
        expect(custom?.routes[0]).toMatchObject({ path: "/api/", exact: false, websocket: false, deny: [] });
        expect(custom?.files).toMatchObject({ media: { backup: true }, static: { backup: false } });
    });

    test.each<[string, unknown, string]>([
        ["name", undefined, "quai:custom.name: is required: lower-case letters, digits and hyphens, such as celery-worker"],
        ["servces", {}, "quai:custom.servces: unknown setting; did you mean services?"],
        ["routes", [], "quai:custom.routes: must have at least one route (got a list)"],
        [
            "services.worker.like",
            "backnd",
            'quai:custom.services.worker.like: there is no such service; did you mean backend? (got "backnd")',
        ],
        [
            "services.worker.after",
            ["beat"],
            'quai:custom.services.worker.after[0]: there is no such service or worker; there are: backend, worker (got "beat")',
        ],
        ["services.backend.after", ["worker"], "quai:custom.services.backend.after: leads back to where it began; remove one of the steps"],
        [
            "services.backend.user",
            0,
            "quai:custom.services.backend.user: must be a user other than root as numbers, such as 1000 or 1000:1000 (got 0)",
        ],
        ["services.backend.port", undefined, 'quai:custom.services.backend.health.http: needs the service\'s port (got "/health")'],
        [
            "services.beat.replicas",
            2,
            "quai:custom.services.beat.replicas: a scheduler runs once; make it a worker if it may run twice (got 2)",
        ],
        [
            "services.backend.files",
            { "/x": "medai" },
            'quai:custom.services.backend.files["/x"]: there is no such key of files; did you mean media?',
        ],
        [
            "services.backend.env",
            { A: "${databse.url}" },
            "quai:custom.services.backend.env.A: ${databse.url} stands for nothing; did you mean ${database.url}?",
        ],
        [
            "services.backend.env",
            { A: "${file:domain}" },
            "quai:custom.services.backend.env.A: ${file:domain} stands for nothing; known: secrets.key, secrets.jwtPrivate, secrets.jwtPublic, secrets.admin, secrets.smtp, former.jwtPublic, former.smtp, database.url, database.password, database.authority, migration.url, migration.password, redis.url, redis.password",
        ],
        [
            "services.worker.command",
            ["work", "${secrets.key}"],
            "quai:custom.services.worker.command[1]: ${secrets.key} is a secret, which everybody could read here; hand it over in env",
        ],
        [
            "services.backend.command",
            undefined,
            "quai:custom.services.backend.command: is required, as KEY holds a secret, which a shell reads before it starts the command",
        ],
        [
            "files.media",
            { user: 1, oneWriter: true },
            'quai:custom.services.worker.like: backend writes there already, and oneWriter allows no second; mount them with :ro (got "backend")',
        ],
        [
            "files",
            { media: { user: 1 }, static: { user: 1, oneWriter: "once" } },
            'quai:custom.files.static.oneWriter: must be true or false (got "once")',
        ],
        ["services.backup", { user: 1, port: 1 }, "quai:custom.services.backup: is a name that quai uses itself; give it another one"],
        ["files.backend", { user: 1 }, "quai:custom.files.backend: a service or job has this name, too; give it another one"],
        ["jobs.worker", { user: 1 }, "quai:custom.jobs.worker: a service has this name, too; give it another one"],
        ["secrets.key.length", 40, "quai:custom.secrets.key.length: has no use with kind key; remove it"],
        [
            "secrets.inner",
            { kind: "certificate" },
            "quai:custom.secrets.inner.names: is required with kind certificate: the names that clients call it by",
        ],
        [
            "secrets.inner",
            { kind: "certificate", names: ["https://inner"] },
            'quai:custom.secrets.inner.names[0]: must be a host name or an IP address such as inventory (got "https://inner")',
        ],
        [
            "secrets.inner",
            { kind: "certificate", names: ["inner"], days: 900 },
            "quai:custom.secrets.inner.days: must be a whole number from 1 to 397 (got 900)",
        ],
        [
            "secrets.localAuthority",
            { kind: "key" },
            "quai:custom.secrets.localAuthority: is a name that quai uses itself; give it another one",
        ],
        ["secrets.admin.length", 8, "quai:custom.secrets.admin.length: must be a whole number from 32 to 256 (got 8)"],
        ["secrets.smtp.optional", false, "quai:secrets.smtp: is required: set it with `./quai secrets set smtp`"],
        ["hosts.api", "api.${host}", "quai:custom.hosts.api: ${host} stands for nothing; known: domain"],
        ["databases", ["postgres", "mysql"], 'quai:custom.databases[1]: must be postgres or redis (got "mysql")'],
    ])("a wrong %s is told (%j)", (path, value, message) => {
        expect(problems(shop(path, value))).toContain(message);
    });

    test.each<[Raw, string]>([
        [{ to: "backend", files: "media" }, "quai:custom.routes[0]: must have one of to (a service) and files"],
        [
            { to: "backend", path: "/x", assets: "/srv/x" },
            'quai:custom.routes[0].assets: must be on a route to a service, with a path that ends with / (got "/srv/x")',
        ],
        [
            { to: "backend", assets: "dist/assets" },
            'quai:custom.routes[0].assets: must be a folder in the image, such as /usr/share/nginx/html/assets (got "dist/assets")',
        ],
        [{ to: "beat" }, 'quai:custom.routes[0].to: there is no such service with a port; there are: backend (got "beat")'],
        [{ to: "backend", limit: "apy" }, 'quai:custom.routes[0].limit: there is no such budget; did you mean api? (got "apy")'],
        [{ to: "backend", host: "www" }, 'quai:custom.routes[0].host: there is no such key of hosts; there are: api (got "www")'],
        [{ files: "media", path: "/media" }, 'quai:custom.routes[0].path: must end with / where files are served (got "/media")'],
        [{ to: "backend", path: "api" }, 'quai:custom.routes[0].path: must be a path such as /api/ (got "api")'],
    ])("a wrong route is told: %j", (route, message) => {
        expect(problems(shop("routes", [route]))).toContain(message);
    });

    test("R26: all problems at once, in the order of the file", () => {
        const wrong = shop("services.worker.like", "x");
        (wrong["routes"] as Raw[])[0] = { to: "y" };
        expect(problems(wrong).map((line) => line.split(":")[1])).toEqual([
            "custom.services.worker.like",
            "custom.services.worker.user",
            "custom.routes[0].to",
        ]);
    });

    test("it is asked for, and has no use elsewhere", () => {
        expect(problems(undefined)).toEqual([
            "quai:custom: is required with quai:application: custom: services and routes (see docs/custom.md)",
        ]);
        expect(problems(SHOP, { "quai:application": "demo" })).toContain(
            "quai:custom: has no use but with quai:application: custom; remove one of the two",
        );
    });

    test("names and variables elsewhere in the file are checked against it", () => {
        expect(problems(SHOP, { "quai:hosts": { apy: "api.example.org" } })).toEqual([
            'quai:hosts.apy: shop has no such host; known: api (got "api.example.org")',
        ]);
        expect(problems(SHOP, { "quai:services": { backend: { env: { A: "${nothing}" } } } })[0]).toMatch(
            /^quai:services\.backend\.env\.A: \$\{nothing\} stands for nothing/,
        );
        expect(problems(SHOP, { "quai:images": { backend: { build: "x", args: { A: "${database.host}" } } } })[0]).toMatch(
            /^quai:images\.backend\.args\.A: \$\{database\.host\} stands for nothing/,
        );
    });

    test("the database's address written out is refused: it holds on a Docker host alone, and opens nothing", () => {
        const told = (name: string, value: string) => problems(shop("services.backend.env", { [name]: value }));
        const message =
            "postgres is an address on a Docker host alone, for whoever is told: write ${database.host}, or ${database.url} for the whole";
        for (const [name, value] of [
            ["DB_HOST", "postgres"],
            ["DATABASE_URL", "postgresql+asyncpg://shop:secret@postgres:5432/shop"],
            ["JDBC", "jdbc:postgresql://postgres/shop"],
        ] as const) {
            expect([name, told(name, value)]).toEqual([name, [`quai:custom.services.backend.env.${name}: ${message}`]]);
        }
        const fine = {
            DB_CLIENT: "postgres",
            URL: "https://postgres.example.com/",
            DB_HOST: "${database.host}",
            OTHER: "tcp://other-postgres:1",
        };
        for (const [name, value] of Object.entries(fine)) expect([name, told(name, value)]).toEqual([name, []]);
        const without = { ...shop("databases", []), jobs: {}, secrets: {} };
        expect(
            problems({
                ...without,
                services: { backend: { port: 1, user: 1, env: { DB_HOST: "postgres" } } },
                routes: [{ path: "/", to: "backend" }],
                files: {},
            }),
        ).toEqual([]);
    });

    test("on AWS, where a server's address is known only when it's made, it goes by env, to a service that names its command", () => {
        const aws = { "quai:target": { kind: "aws", region: "eu-west-3" } };
        const worker = (more: object, settings: Raw = aws) =>
            problems(shop("services.worker", { kind: "worker", like: "backend", ...more }), settings);
        const command = ["work", "--on", "${redis.host}:${redis.port}"];
        expect(worker({ command }, {})).toEqual([]);
        expect(worker({ command })).toEqual([
            "quai:custom.services.worker.command[2]: ${redis.host} is known only when the server is made: on AWS, hand it over in env and let the command read that variable",
        ]);
        const env = { BROKER: "${redis.host}" };
        expect(worker({ command: ["work"], env })).toEqual([]);
        expect(worker({ env: { DB: "", KEY: "", ...env } }, {})).toEqual([]);
        expect(worker({ env: { DB: "", KEY: "", ...env } })).toEqual([
            "quai:custom.services.worker.command: is required on AWS, as BROKER holds an address that is known only when the server is made, which a shell reads before it starts the command",
        ]);
        const inherited = worker({ env: { DB: "", KEY: "" } }, { ...aws, "quai:services": { backend: { env } } });
        expect(inherited).toEqual([expect.stringContaining("as BROKER holds an address")]);
        expect(worker({}, {})).toEqual([
            "quai:custom.services.worker.command: is required, as KEY holds a secret, which a shell reads before it starts the command",
        ]);
    });

    test("a job at times of its own: read, and what doesn't fit to it is told", () => {
        const job = (more: object) => shop("jobs.sweep", { like: "backend", command: ["sweep"], ...more });
        const read = parse(job({ cron: "*/30 4 * * *", deadline: "10m" })).custom?.jobs["sweep"];
        expect(read).toMatchObject({ cron: { minutes: [0, 30], hours: [4] }, deadline: 600 });
        const path = "quai:custom.jobs.sweep";
        for (const [more, message] of [
            [{ cron: "4 o'clock" }, `${path}.cron: must be five fields of cron in quotes, such as 30 4 * * * (got "4 o'clock")`],
            [{ cron: "0 0 1 * 1" }, `${path}.cron: must leave the day of the month or that of the week open (*): make two jobs of it`],
            [{ cron: "0 0 * * *", once: true }, `${path}.once: has no use with cron; remove one of the two`],
            [{ cron: "0 0 * * *", after: ["migrate"] }, `${path}.after: has no use with cron; remove one of the two`],
            [
                { cron: "0 0 * * *", command: undefined, env: { DB: "", KEY: "" } },
                `${path}.command: is required with cron, which a shell starts it by`,
            ],
            [{ deadline: "10m" }, `${path}.deadline: has no use without cron; remove it`],
        ] as const) {
            expect([more, problems(job(more))]).toEqual([more, [message]]);
        }
        const waiting = job({ cron: "0 0 * * *" });
        ((waiting["jobs"] as Raw)["admin"] as Raw)["after"] = ["sweep"];
        expect(problems(waiting)).toEqual([
            'quai:custom.jobs.admin.after[0]: there is no such job; there are: migrate, admin (got "sweep")',
        ]);
    });

    test("services have addresses for each other; one that holds on a Docker host alone is refused on AWS, with the one that holds on both", () => {
        const calling = (url: string, more: Raw = {}) =>
            problems(shop("services.worker", { kind: "worker", like: "backend", command: ["work", url], env: { API: url } }), more);
        const aws = { "quai:target": { kind: "aws", region: "eu-west-3" } };
        for (const url of [
            "${services.backend.url}/v1",
            "${services.backend.host}:${services.backend.port}",
            "http://backend:80000",
            "http://other-backend:8000",
        ]) {
            expect([url, calling(url, aws)]).toEqual([url, []]);
        }
        expect(calling("http://backend:8000/v1")).toEqual([]);
        expect(calling("http://backend:8000/v1", aws)).toEqual(
            ["command[1]", "env.API"].map(
                (where) =>
                    `quai:custom.services.worker.${where}: backend:8000 is an address on a Docker host alone: write \${services.backend.url}, or .host and .port, which hold on both`,
            ),
        );
        expect(problems(SHOP, { ...aws, "quai:services": { worker: { env: { API: "backend:8000" } } } })[0]).toMatch(
            /^quai:services\.worker\.env\.API: backend:8000 is/,
        );
        expect(calling("${services.beat.url}")[0]).toMatch(/\$\{services\.beat\.url\} stands for nothing/);
    });

    test("what an application's own file says is a default: the stack file comes first, mapping by mapping", () => {
        const preset = () => ({ settings: { postgres: { version: 15, memory: "2g" }, backup: { at: "03:00" } }, application: SHOP });
        const read = parseSettings(
            { ...STACK, "quai:application": "shop", "quai:postgres": { memory: "4g" }, "quai:backup": false },
            { stack: "dev", preset },
        );
        expect(read.postgres).toMatchObject({ version: 15, memory: 4 * 1024 ** 3 });
        expect(read.backup).toBe(false);
        expect(read.custom?.name).toBe("shop");
    });
});

describe("placeholders", () => {
    test.each([
        ["plain", [{ text: "plain" }]],
        ["a${b}c", [{ text: "a" }, { name: "b", file: false }, { text: "c" }]],
        ["${file:secrets.x}", [{ name: "secrets.x", file: true }]],
        ["$${x} $y", [{ text: "${" }, { text: "x} $y" }]],
        ["", []],
    ])("%j", (text, parts) => {
        expect(partsOf(text)).toEqual(parts);
    });
});
