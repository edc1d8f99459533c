import { inspect } from "node:util";
import fc from "fast-check";
import { parseSettings, SettingsError } from "../../../infra/settings";
import { BASE, CONTEXT, parse, problems, problemsOfRaw, type Raw } from "./base";

describe("defaults", () => {
    test("R15: in development the proxy listens on this machine only, with a local certificate, and data may be deleted", () => {
        const settings = parse({ environment: "development", domain: undefined, tls: undefined }, { stack: "dev" });
        expect(settings.domain).toBe("demo.localhost");
        expect(settings.tls.mode).toBe("local");
        expect(settings.ports).toEqual({ http: 8080, https: 8443, address: "127.0.0.1", published: false });
        expect(settings.protect).toBe(false);
    });

    test("R48: elsewhere the usual ports and an ACME certificate; production protects its data", () => {
        const production = parse();
        expect(production.tls).toEqual({ mode: "acme", email: "ops@quay.eu", server: "https://acme-v02.api.letsencrypt.org/directory" });
        expect(production.ports).toEqual({ http: 80, https: 443, address: "0.0.0.0", published: false });
        expect(production.protect).toBe(true);
        expect(parse({ environment: "staging" }).protect).toBe(false);
        expect(parse({ protect: false }).protect).toBe(false);
    });

    test("R76, R78, R79, R82, R85: the proxy's figures are the guides', in seconds and bytes", () => {
        expect(parse().proxy).toEqual({
            bodyLimit: 50 * 1024 * 1024,
            timeouts: { connect: 60, send: 60, read: 60 },
            requestsPerSecond: 10,
            burst: 20,
            login: { requestsPerMinute: 5, burst: 3 },
            hsts: { maxAge: 31536000, includeSubdomains: true, preload: false },
            compression: true,
            drain: 30,
            trusted: [],
            keepAssets: 604800,
        });
    });

    test("R49, R53, R55, R60, R87: data, backups and logs", () => {
        const { postgres, redis, backup, logs } = parse();
        expect(postgres).toEqual({ version: 17, maxConnections: 100, memory: 1024 ** 3, extensions: [] });
        expect(redis).toEqual({ version: "7.4", memory: 256 * 1024 ** 2, eviction: "noeviction", appendOnly: true });
        expect(backup).toEqual({
            at: "02:00",
            timeZone: "UTC",
            keep: { daily: 7, weekly: 4, monthly: 12, days: 0 },
            drill: "monthly",
            pointInTime: false,
            maxAge: 93600,
        });
        expect(logs).toEqual({ maxSize: 50 * 1024 ** 2, maxFiles: 5 });
    });

    test("part of a section keeps the defaults of the rest", () => {
        const { proxy, backup } = parse({ proxy: { timeouts: { read: "2m" } }, backup: { keep: { daily: 30 } } });
        expect(proxy.timeouts).toEqual({ connect: 60, send: 60, read: 120 });
        expect(proxy.burst).toBe(20);
        expect(backup && backup.keep).toEqual({ daily: 30, weekly: 4, monthly: 12, days: 0 });
    });

    test.each([
        ["prod", "demo-prod"],
        ["demo-prod", "demo-prod"],
        ["demonstration", "demo-demonstration"],
        ["demo", "demo"],
    ])("R36: names of stack %s begin with %s", (stack, id) => expect(parse({}, { stack }).stackId).toBe(id));
});

describe("values as they arrive", () => {
    test("structures as JSON text, keys with their prefix: as Pulumi hands them over", () => {
        const asText = Object.entries(BASE).map(([key, value]) => [
            `quai:${key}`,
            typeof value === "string" ? value : JSON.stringify(value),
        ]);
        expect(parseSettings(Object.fromEntries(asText) as Raw, CONTEXT)).toEqual(parse());
    });

    test.each<[string, Raw, (settings: ReturnType<typeof parse>) => unknown, unknown]>([
        ["true", { running: "true" }, (s) => s.running, true],
        ["false", { running: "false" }, (s) => s.running, false],
        ["a number in quotes", { ports: { http: "8080" } }, (s) => s.ports.http, 8080],
        ["a version as a number", { redis: { version: 7.4 } }, (s) => s.redis.version, "7.4"],
        ["a version in quotes", { postgres: { version: "16" } }, (s) => s.postgres.version, 16],
        ["backups switched off by text", { backup: "false" }, (s) => s.backup, false],
        [
            "a date without quotes, as the engine reads it",
            { rotation: { a: "2026-11-01 00:00:00 +0000 UTC" } },
            (s) => s.rotation,
            { a: "2026-11-01" },
        ],
        [
            "several renewals",
            { rotation: { a: ["2026-11-20.2", "2026-11-20T00:00:00Z", "first"] } },
            (s) => s.rotation,
            { a: ["2026-11-20.2", "2026-11-20", "first"] },
        ],
        ["a date as JSON knows it", { rotation: { a: "2026-11-01T00:00:00Z" } }, (s) => s.rotation, { a: "2026-11-01" }],
        ["a day that has begun somewhere on Earth", { rotation: { a: "2026-11-21" } }, (s) => s.rotation, { a: "2026-11-21" }],
        [
            "variables",
            { services: { api: { env: { A: 1, B: true, C: "x" } } } },
            (s) => s.services["api"]?.env,
            { A: "1", B: "true", C: "x" },
        ],
        ["words of a command", { services: { api: { command: ["serve", 8000] } } }, (s) => s.services["api"]?.command, ["serve", "8000"]],
        ["sizes", { services: { api: { memory: "1.5g" } } }, (s) => s.services["api"]?.memory, 1610612736],
        ["durations", { services: { api: { health: { startPeriod: "1m30s" } } } }, (s) => s.services["api"]?.health, { startPeriod: 90 }],
        ["a build", { images: { api: { build: "../api" } } }, (s) => s.images["api"], { build: "../api", args: {} }],
        [
            "a mirror that is a mapping",
            { imageMirror: '{"postgres:17":"m.eu/pg:17"}' },
            (s) => s.imageMirror,
            { "postgres:17": "m.eu/pg:17" },
        ],
        [
            "a private name with an ACME server of one's own",
            { domain: "app.corp", tls: { email: "a@quay.eu", server: "https://ca.corp/dir" } },
            (s) => s.domain,
            "app.corp",
        ],
    ])("%s", (_what, change, get, expected) => expect(get(parse(change))).toEqual(expected));
});

describe("problems", () => {
    test("R26: all of them at once, in the order of the file, what is missing last in its section", () => {
        const raw: Raw = {
            "quai:proxy": { login: { burst: "x" }, bodyLimit: 50 },
            "quai:aliases": ["a.eu", "B.eu", "a.eu", "https://c.eu"],
            "quai:secrets": { b: 1, a: "" },
            "quai:tls": { emial: "x", mode: "files" },
            "quai:environment": "production",
            "quai:target": { host: "ssh://a@b.eu", kind: "docker" },
            "quai:services": { web: { memory: 5, replicas: 0 }, api: { cpu: 1 } },
        };
        expect(problemsOfRaw(raw)).toEqual([
            'quai:proxy.login.burst: must be a whole number from 0 to 1000000 (got "x")',
            "quai:proxy.bodyLimit: must be a size with its unit, such as 512m or 1g (got 50)",
            'quai:aliases[1]: must be a host name in lower case (got "B.eu")',
            'quai:aliases[2]: is in the list twice; remove one (got "a.eu")',
            'quai:aliases[3]: must be a host name, without https:// (got "https://c.eu")',
            "quai:secrets.b: must be text that is not empty (value not shown)",
            "quai:secrets.a: has no value; write one, or remove the line",
            "quai:tls.emial: unknown setting; did you mean email?",
            "quai:target.hostKey: is required with quai:target.host: `ssh-keyscan -t ed25519 b.eu` prints it; compare it on the machine's console",
            "quai:services.web.memory: must be a size with its unit, such as 512m or 1g (got 5)",
            "quai:services.web.replicas: must be a whole number from 1 to 100; to stop the whole application, set quai:running: false (got 0)",
            "quai:services.api.cpu: unknown setting; did you mean cpus?",
            "quai:application: is required: custom, or the name of a file of stacks/ without its ending",
            "quai:domain: is required in production: a host name such as app.example.com",
        ]);
    });

    test("the order is that of the file, not the alphabet's or the manual's", () => {
        const bad: Raw = { running: "x", domain: "X", application: "X", ports: { https: 0, http: 0 }, environment: "X" };
        const names = (raw: Raw): string[] => problemsOfRaw(raw).map((line) => /^quai:([^:]+):/.exec(line)?.[1] ?? line);
        expect(names(bad)).toEqual(["running", "domain", "application", "ports.https", "ports.http", "environment"]);
        const reversed = Object.fromEntries(Object.entries(bad).reverse());
        expect(names(reversed)).toEqual(["environment", "ports.https", "ports.http", "application", "domain", "running"]);
    });

    test("the error says which file, and how many", () => {
        const attempt = (): unknown => parse({ domain: "X", running: "x" });
        expect(attempt).toThrow(SettingsError);
        expect(attempt).toThrow(/^Pulumi\.prod\.yaml has 2 problems:\nquai:domain: .*\nquai:running: .*$/);
        expect(() => parse({ domain: "X" })).toThrow(/^Pulumi\.prod\.yaml has one problem:\n/);
    });

    test("nothing is said about a setting that could be read because another couldn't", () => {
        expect(problems({ environment: "x", domain: undefined, tls: undefined })).toHaveLength(1);
    });
});

describe("R27: secrets never show", () => {
    /** Something that can be found in no message by chance. */
    const secret = fc.stringMatching(/^[A-Za-z0-9]{24,40}$/);
    const name = fc.stringMatching(/^[a-z][A-Za-z0-9]{3,10}$/);

    test("in no message, whatever else is wrong and wherever the secrets were put", () => {
        const places = [
            (s: string, n: string): Raw => ({ secrets: { [n]: { value: s } } }),
            (s: string): Raw => ({ secrets: s }),
            (s: string): Raw => ({ secrets: [s] }),
            (s: string): Raw => ({ secrets: `{"broken": "${s}"` }),
            (s: string, n: string): Raw => ({ secrets: { [n]: s }, domain: "X" }),
            (s: string, n: string): Raw => ({ secrets: { [n]: s, "not a name": s } }),
            (s: string, n: string): Raw => ({ secret: { [n]: s } }),
            (s: string, n: string): Raw => ({ [n]: s, zzz: s }),
            (s: string): Raw => ({ registries: { "ghcr.io": { username: "quay", passwordSecret: s } } }),
            (s: string): Raw => ({ registries: { "ghcr.io": { username: "quay", passwordSecret: `${s}!` } } }),
            (s: string): Raw => ({ backup: { offsite: { repository: "/mnt", environment: { PASSWORD: s } } } }),
            (s: string): Raw => ({ backup: { offsite: { repository: `rest:https://u:${s}@b.eu/` } } }),
            (s: string): Raw => ({ target: { kind: "docker", host: `ssh://u:${s}@b.eu` } }),
            (s: string): Raw => ({ services: { api: { env: { URL: [s], DATABASE: { password: s } } } } }),
            (s: string): Raw => ({ images: { api: { build: "x", args: { TOKEN: [s] } } } }),
            (s: string): Raw => ({ imageMirror: `https://u:${s}@mirror.eu` }),
            (s: string): Raw => ({ registries: { [`u:${s}@ghcr.io`]: {} } }),
            (s: string): Raw => ({ tls: { mode: "files", certificate: "a", key: `-----BEGIN PRIVATE KEY-----\n${s}` } }),
        ];
        fc.assert(
            fc.property(secret, name, fc.constantFrom(...places), (value, key, place) => {
                const found = problems({ running: "x", ...place(value, key) });
                expect(found.length).toBeGreaterThan(0);
                expect(found.join("\n")).not.toContain(value);
            }),
            { numRuns: 500 },
        );
    });

    test("not when the settings are printed or made JSON, though the program can read them", () => {
        fc.assert(
            fc.property(secret, name, (value, key) => {
                const settings = parse({ secrets: { [key]: value } });
                expect(settings.secrets[key]).toBe(value);
                expect(Object.keys(settings.secrets)).toEqual([key]);
                for (const printed of [JSON.stringify(settings), inspect(settings, { depth: 9 }), inspect(settings.secrets)]) {
                    expect(printed).not.toContain(value);
                    expect(printed).toContain(key);
                }
            }),
        );
    });
});
