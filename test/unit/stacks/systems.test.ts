import { applications, presetOf } from "../../../stacks/catalogue";
import { imagesOf } from "../../../stacks/images";
import { parseSettings } from "../../../infra/settings";
import { pictureOf } from "../../../tools/cli/diagram/from-resources";
import { COMMAND, CONTAINER } from "../support/mocks";
import { commandOf, filesIn, leaks } from "../support/target";
import { container, program } from "./program";

const DIGEST = `@sha256:${"0".repeat(63)}1`;
const systems = applications.filter((name) => presetOf(name) !== undefined);
const image = (name: string) => `registry.quay.eu/${name}:1.0.0${DIGEST}`;

/** A stack of the application with nothing but what every stack has to say. */
function bare(application: string) {
    const services = presetOf(application)?.application["services"] as Record<string, { like?: string }>;
    const own = Object.entries(services).flatMap(([name, { like }]) => (like === undefined ? [name] : []));
    return {
        "quai:application": application,
        "quai:environment": "development",
        "quai:images": Object.fromEntries(own.map((name) => [name, image(name)])),
    };
}

const parsed = (application: string) => parseSettings(bare(application), { stack: `${application}-test`, preset: presetOf });
const routes = (application: string) =>
    parsed(application).custom?.routes.map(({ host, path, to, files, limit }) =>
        [host, path, to ?? files, limit].filter((part) => part !== undefined).join(" "),
    );

describe("the systems of the guides", () => {
    test("are there", () => {
        expect(systems).toEqual(["bddbot", "chrona", "mdp", "orchestra", "viatique"]);
    });

    test.each(systems)("%s: the whole program, and no secret in an open input (R27)", async (name) => {
        const { resources, generated, of } = await program(`${name}-test`, bare(name));
        expect(of(CONTAINER).length).toBeGreaterThan(2);
        expect(leaks(resources, generated)).toEqual([]);
    });

    test.each(systems)(
        "R106: the picture of %s: whatever holds data is used by somebody, whoever is given its password in a text of its own included",
        async (name) => {
            const { resources } = await program(`${name}-test`, bare(name));
            const picture = pictureOf(
                name,
                resources.map((each) => ({ outputs: {}, ...each })),
            );
            const stores = picture?.nodes.filter(({ kind }) => kind === "data" || kind === "files").map(({ id }) => id);
            const used = picture?.edges.filter(({ from }) => from !== "proxy").map(({ to }) => to);
            expect(stores?.filter((id) => used?.includes(id) !== true)).toEqual([]);
            expect(picture?.edges.map(({ to }) => to)).toContain(name === "bddbot" ? "backups" : "postgres-backups");
        },
    );

    const today = new Date().toISOString().slice(0, 10);
    test.each([
        ["viatique", "djangoSecretKey", "env.SECRET_KEY_FALLBACKS", /^[a-z0-9]{64}$/],
        ["mdp", "djangoSecretKey", "env.DJANGO_SECRET_KEY_FALLBACKS", /^[a-z0-9]{64}$/],
        ["chrona", "jwt", "jwtPublicFormer", /^-----BEGIN PUBLIC KEY-----\n/],
    ])("R33: %s is handed the former %s while it counts, and nothing where there is none", async (name, secret, file, content) => {
        const given = async (more: object) => {
            const { resources } = await program(`${name}-test`, { ...bare(name), ...more });
            const written = resources.find((each) => each.type === COMMAND && /^backend-secrets-/.test(each.name));
            return written === undefined ? {} : filesIn(commandOf(written).data);
        };
        const rotated = { "quai:rotation": { [secret]: [today, "first"] } };
        expect((await given({}))[file]).toBeUndefined();
        expect((await given(rotated))[file]).toMatch(content);
        expect((await given({ ...rotated, "quai:overlap": { [secret]: "0s" } }))[file]).toBeUndefined();
    });

    test("R71: Chrona's three names each lead to their application, and the names are settings", () => {
        expect(routes("chrona")).toEqual(["api /auth/token backend login", "api / backend api", "admin / backoffice", "kiosk / kiosk"]);
    });

    test("R71: another set of names", async () => {
        const { result, resources } = await program("chrona-test", {
            ...bare("chrona"),
            "quai:domain": "quay.eu",
            "quai:hosts": { admin: "backoffice.quay.eu", kiosk: "kiosk.quay.eu" },
        });
        expect(result.urls).toEqual(["https://api.quay.eu:8443", "https://backoffice.quay.eu:8443", "https://kiosk.quay.eu:8443"]);
        expect(container(resources, "backend")[0]?.inputs["envs"]).toContain(
            "ALLOWED_ORIGINS=https://kiosk.quay.eu:8443,https://backoffice.quay.eu:8443",
        );
    });

    test("R11, R12: Viatique has gunicorn, a Celery worker and one beat", async () => {
        const { resources, get } = await program("viatique-test", bare("viatique"));
        const command = (service: string) => (container(resources, service)[0]?.inputs["command"] as string[]).slice(0, 4);
        expect(command("backend")).toEqual(["gunicorn", "core.wsgi:application", "--config", "gunicorn_config.py"]);
        expect(command("worker")).toEqual(["celery", "-A", "core", "worker"]);
        expect(get(CONTAINER, "beat").deleteBeforeReplace).toBe(true);
    });

    test("R72, R73, R78, R79, R83, R84: Viatique's routes", () => {
        expect(routes("viatique")).toEqual([
            "/api/ backend api",
            "/api/auth/login/ backend login",
            "/admin/ backend api",
            "/admin/login/ backend login",
            "/health/ backend",
            "/static/ static",
            "/media/ media",
            "/ frontend",
        ]);
        const { custom } = parsed("viatique");
        expect(custom?.routes.find(({ path }) => path === "/media/")).toMatchObject({
            cache: { maxAge: 3600 },
            deny: [".php", ".py", ".sh", ".pl", ".cgi"],
        });
        expect(custom?.routes.find(({ path }) => path === "/static/")).toMatchObject({ cache: { maxAge: 31536000, immutable: true } });
    });

    test("R100, R45: migrations before the application, as the owner of the tables", async () => {
        const { of, resources } = await program("viatique-test", bare("viatique"));
        const job = (name: string) => of(COMMAND).find((each) => new RegExp(`^${name}-[0-9a-f]{8}$`).test(each.name));
        expect(job("collectstatic")?.after).toContain(job("migrate")?.name);
        expect(container(resources, "backend")[0]?.after).toContain(job("collectstatic")?.name);
        expect(parsed("viatique").custom?.jobs["migrate"]?.env["DATABASE_URL"]).toBe("${migration.url}");
    });

    test("R17: Orchestr'A's web waits for its api", async () => {
        const { resources } = await program("orchestra-test", bare("orchestra"));
        const [api, web] = ["api", "web"].map((name) => container(resources, name)[0]);
        expect(web?.after).toContain(api?.name);
        expect(api?.inputs["healthcheck"]).toMatchObject({ startPeriod: "1m30s" });
    });

    test("R87: Orchestr'A's logs are rotated as its guide says, each in its own way", async () => {
        const { of } = await program("orchestra-test", bare("orchestra"));
        const rotation = (name: RegExp) => of(CONTAINER).find((each) => name.test(each.name))?.inputs["logOpts"];
        expect([/^postgres$/, /^redis$/, /^api-/, /^web-/, /^proxy-/].map(rotation)).toEqual(
            (
                [
                    [50, 5],
                    [10, 3],
                    [50, 5],
                    [20, 3],
                    [20, 5],
                ] as const
            ).map(([size, files]) => ({
                "max-size": `${size}m`,
                "max-file": String(files),
            })),
        );
    });

    test("R41, R42, R49: Orchestr'A's servers", () => {
        const { postgres, redis } = parsed("orchestra");
        expect(postgres).toMatchObject({ version: 18, extensions: ["uuid-ossp"] });
        expect(redis).toMatchObject({ memory: 256 * 1024 * 1024, eviction: "allkeys-lru", appendOnly: true });
    });

    test("R25: Chrona's keys are files that its variables name", async () => {
        const { resources } = await program("chrona-test", bare("chrona"));
        expect(container(resources, "backend")[0]?.inputs["envs"]).toEqual(
            expect.arrayContaining(["JWT_PRIVATE_KEY_PATH=/run/secrets/jwtPrivate", "JWT_PUBLIC_KEY_PATH=/run/secrets/jwtPublic"]),
        );
    });

    test("R124: a first administrator is made once, with a generated password that is among the outputs", async () => {
        for (const name of ["chrona", "mdp", "orchestra"]) {
            const { get, result } = await program(`${name}-test`, bare(name));
            expect(get(COMMAND, "admin").ignoreChanges).toEqual(["create", "delete", "stdin"]);
            expect(result.passwords).toBeDefined();
        }
    });

    test("R53, R55: when backups are made, and which are kept", () => {
        expect(systems.map((name) => [name, parsed(name).backup])).toMatchObject([
            ["bddbot", { at: "02:00", drill: "monthly", keep: { daily: 7, weekly: 4, monthly: 12, days: 30 } }],
            ["chrona", { at: "02:00", keep: { days: 30 } }],
            ["mdp", { at: "03:00", drill: "monthly", keep: { daily: 7, weekly: 4, monthly: 12, days: 30 } }],
            ["orchestra", { at: "02:00", keep: { days: 30 } }],
            ["viatique", { at: "02:00", keep: { days: 30 } }],
        ]);
    });

    test("R9: official images that are had before an update", () => {
        expect(systems.map((name) => imagesOf(parsed(name)).map((reference) => reference.split(":")[0]))).toEqual([
            ["nginx", "debian"],
            ["nginx", "postgres"],
            ["nginx", "postgres"],
            ["nginx", "postgres", "redis"],
            ["nginx", "postgres", "redis"],
        ]);
    });

    test("R38, R39, R81, R99: addresses derive from the domain, cookies are secure, what the guides ask of variables", async () => {
        const env = async (name: string, service: string) => {
            const { resources } = await program(`${name}-test`, {
                ...bare(name),
                "quai:domain": "quay.eu",
                "quai:ports": { http: 80, https: 443 },
            });
            return container(resources, service)[0]?.inputs["envs"];
        };
        expect(await env("viatique", "backend")).toEqual(
            expect.arrayContaining([
                "ALLOWED_HOSTS=quay.eu",
                "CSRF_TRUSTED_ORIGINS=https://quay.eu",
                "SESSION_COOKIE_SECURE=True",
                "DEBUG=False",
            ]),
        );
        expect(await env("orchestra", "api")).toEqual(
            expect.arrayContaining([
                "CORS_ORIGIN=https://quay.eu",
                "SWAGGER_ENABLED=false",
                "THROTTLE_LIMIT=100",
                "SENTRY_ENVIRONMENT=development",
            ]),
        );
        expect(await env("chrona", "backend")).toEqual(
            expect.arrayContaining([
                "ALLOWED_ORIGINS=https://chrona.quay.eu,https://admin.quay.eu",
                "ENABLE_HSTS=true",
                "LOG_LEVEL=warning",
            ]),
        );
    });

    test("R52: BDD Bot's SQLite file has one writer, and is backed up without a database server", async () => {
        const { of, get, resources } = await program("bddbot-test", bare("bddbot"));
        expect(container(resources, "backend")).toHaveLength(1);
        const backup = get(CONTAINER, "backup").inputs;
        expect((backup["mounts"] as { target: string }[]).map(({ target }) => target)).toEqual([
            "/backup",
            "/keys",
            "/run/secrets",
            "/files/data",
        ]);
        expect(of(CONTAINER).map(({ name }) => name)).not.toContain("postgres");
        const twice = { ...bare("bddbot"), "quai:services": { backend: { replicas: 2 } } };
        expect(() => parseSettings(twice, { stack: "bddbot-test", preset: presetOf })).toThrow(
            "quai:services.backend.replicas: must be 1: one process alone writes to the files data (oneWriter) (got 2)",
        );
    });

    test("R73, R75: BDD Bot's routes, Socket.IO as one that is upgraded", () => {
        expect(routes("bddbot")).toEqual([
            "/health backend",
            "/api/ backend api",
            "/api/auth/login backend login",
            "/socket.io/ backend",
            "/ frontend",
        ]);
        expect(parsed("bddbot").custom?.routes.filter(({ websocket }) => websocket)).toHaveLength(1);
    });

    test("R26: BDD Bot's key from outside reaches the backend, and without one the variable is left out", async () => {
        const both: Record<string, string>[] = [{ openaiApiKey: "sk-from-outside-0123456789abcdef" }, {}];
        for (const secrets of both) {
            const { of } = await program("bddbot-test", bare("bddbot"), secrets);
            const files = of(COMMAND).find(({ name }) => name.startsWith("backend-secrets-"));
            const names = files === undefined ? [] : Object.keys(filesIn(commandOf(files).data));
            expect(names).toEqual(["env.JWT_SECRET", ...("openaiApiKey" in secrets ? ["env.OPENAI_API_KEY"] : [])]);
        }
    });

    test("what the stack file says comes first", async () => {
        const { resources } = await program("mdp-test", {
            ...bare("mdp"),
            "quai:services": { backend: { env: { APP_SLUG: "other", CORS_ALLOWED_ORIGINS: "${url}" } } },
        });
        const envs = container(resources, "backend")[0]?.inputs["envs"];
        expect(envs).toEqual(expect.arrayContaining(["APP_SLUG=other", "CORS_ALLOWED_ORIGINS=https://mdp.localhost:8443"]));
    });
});
