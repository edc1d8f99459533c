import fc from "fast-check";
import type { Settings } from "../../../infra/settings";
import type { Around, Level, Made } from "../../../policies";
import { judge, levelOf, policies } from "../../../policies";
import { CONTEXT, parse, PINNED, type Raw } from "../settings/base";
import { AROUND, RESOURCES } from "./cases";

const NOW = CONTEXT.now ?? new Date();
const DIGEST = `sha256:${"6c3c624b".repeat(8)}`;
const OFFSITE = { offsite: { repository: "/mnt/nas" } };
const env = (variables: Raw): Raw => ({ services: { api: { env: variables } } });

function check(id: string, settings: Settings): string[] {
    const rule = policies.find((policy) => policy.id === id);
    if (!rule) throw new Error(`no rule ${id}`);
    const found = [...(rule.check?.(settings, NOW) ?? []), ...(rule.checkAround?.({}, settings, NOW) ?? [])];
    return found.flatMap((each) => (typeof each === "string" ? [each] : []));
}

/** What each rule lets pass, and what it refuses in which words. */
const RULES: Readonly<Record<string, { pass: readonly Raw[]; fail: readonly (readonly [Raw, ...string[]])[] }>> = {
    "real-names": {
        pass: [
            {},
            { domain: "example.quay.eu" },
            { domain: "myexample.com" },
            { domain: "example.com.quay.eu" },
            { domain: "my-example.com" },
        ],
        fail: [
            [{ domain: "example.com" }, "quai:domain: example.com is a placeholder of the examples"],
            [{ domain: "shop.example.org" }, "quai:domain: shop.example.org is a placeholder of the examples"],
            [{ aliases: ["a.eu", "www.example.net"] }, "quai:aliases[1]: www.example.net is a placeholder of the examples"],
            [{ tls: { email: "ops@example.com" } }, "quai:tls.email: ops@example.com is a placeholder of the examples"],
            [
                { images: { api: "registry.example.com/api:1" } },
                "quai:images.api: registry.example.com/api:1 is a placeholder of the examples",
            ],
            [{ imageMirror: "mirror.example.com/hub" }, "quai:imageMirror: mirror.example.com/hub is a placeholder of the examples"],
            [
                { registries: { "registry.example.com": { username: "a", passwordSecret: "smtpPassword" } } },
                'quai:registries["registry.example.com"]: registry.example.com is a placeholder of the examples',
            ],
            [
                { target: { kind: "docker", host: "ssh://a@203.0.113.7", hostKey: `ssh-ed25519 ${"A".repeat(68)}` } },
                "quai:target.host: ssh://a@203.0.113.7 is a placeholder of the examples",
            ],
            [
                { backup: { offsite: { repository: "sftp:a@backup.example.com:/b" } } },
                "quai:backup.offsite.repository: sftp:a@backup.example.com:/b is a placeholder of the examples",
            ],
        ],
    },
    "public-tls": {
        pass: [{}, { tls: { mode: "files", certificate: "a", key: "b" } }],
        fail: [[{ tls: { mode: "local" } }, "quai:tls.mode: local is for development"]],
    },
    "https-origins": {
        pass: [{}, env({ ALLOWED_ORIGINS: "https://a.eu,https://b.eu", BACKEND_URL: "http://api:8000" })],
        fail: [
            [env({ CORS_ORIGIN: "http://a.eu" }), "quai:services.api.env.CORS_ORIGIN: http://a.eu is an origin without encryption"],
            [
                env({ CSRF_TRUSTED_ORIGINS: "https://a.eu, HTTP://b.eu http://c.eu" }),
                "quai:services.api.env.CSRF_TRUSTED_ORIGINS: HTTP://b.eu is an origin without encryption",
                "quai:services.api.env.CSRF_TRUSTED_ORIGINS: http://c.eu is an origin without encryption",
            ],
            [
                env({ ALLOWED_ORIGINS: '["http://a.eu"]' }),
                "quai:services.api.env.ALLOWED_ORIGINS: http://a.eu is an origin without encryption",
            ],
        ],
    },
    "debug-off": {
        pass: [{}, env({ DEBUG: false }), env({ DEBUG: "0" }), env({ DJANGO_DEBUG: "False" }), env({ DEBUG_LEVEL: "1" })],
        fail: [
            [env({ DEBUG: true }), "quai:services.api.env.DEBUG: debug mode is on"],
            [env({ DJANGO_DEBUG: "True" }), "quai:services.api.env.DJANGO_DEBUG: debug mode is on"],
            [env({ FLASK_DEBUG: 1 }), "quai:services.api.env.FLASK_DEBUG: debug mode is on"],
        ],
    },
    "exact-hosts": {
        pass: [{}, env({ ALLOWED_HOSTS: "a.eu,www.a.eu" }), env({ CORS_ALLOW_ALL_ORIGINS: false }), env({ ALLOWED_HEADERS: "*" })],
        fail: [
            [env({ ALLOWED_HOSTS: "*" }), "quai:services.api.env.ALLOWED_HOSTS: has a wildcard (*)"],
            [env({ DJANGO_ALLOWED_HOSTS: "a.eu, *" }), "quai:services.api.env.DJANGO_ALLOWED_HOSTS: has a wildcard (*)"],
            [env({ ALLOWED_HOSTS: "" }), "quai:services.api.env.ALLOWED_HOSTS: is empty"],
            [env({ ALLOWED_HOSTS: "a.eu .a.eu" }), "quai:services.api.env.ALLOWED_HOSTS: .a.eu stands for every name below it"],
            [env({ CORS_ORIGIN: "https://*.a.eu" }), "quai:services.api.env.CORS_ORIGIN: has a wildcard (*)"],
            [env({ CORS_ALLOW_ALL_ORIGINS: "true" }), "quai:services.api.env.CORS_ALLOW_ALL_ORIGINS: allows every origin"],
        ],
    },
    "strong-secrets": {
        pass: [
            {},
            { secrets: { a: "kX8-vPz2Lq0-" } },
            {
                secrets: { account: "quay", key: "kX8-vPz2Lq0-wN" },
                backup: { offsite: { repository: "azure:b:/", environment: { AZURE_ACCOUNT_NAME: "account", AZURE_ACCOUNT_KEY: "key" } } },
            },
        ],
        fail: [
            [{ secrets: { a: "kX8-vPz2Lq0" } }, "quai:secrets.a: has fewer than 12 characters"],
            ...[
                "admin123",
                "changeme",
                "Change-Me-123!",
                "password",
                "P-a-s-s-w-o-r-d-1",
                "django-insecure-kX8vPz2Lq0wN7yT",
                "your-secret-key-here",
            ].map((value): [Raw, string] => [{ secrets: { a: value } }, "quai:secrets.a: is a well-known default"]),
            ...["aaaaaaaaaaaaaaaa", "adminadminadmin", "123456789012", "________________"].map((value): [Raw, string] => [
                { secrets: { a: value } },
                "quai:secrets.a: is a well-known default",
            ]),
            [
                { secrets: { a: "x", b: "secret" } },
                "quai:secrets.a: has fewer than 12 characters",
                "quai:secrets.b: is a well-known default",
            ],
        ],
    },
    "secrets-not-in-env": {
        pass: [
            {},
            env({ DATABASE_PASSWORD_FILE: "/run/secrets/db", TOKEN_LIFETIME: "30", SMTP_PASSWORD: "", SITE: "https://a.eu:8443/x@y" }),
            { images: { web: { build: "web", args: { VITE_API_URL: "https://a.eu" } } } },
        ],
        fail: [
            [env({ DATABASE_PASSWORD: "hunter2" }), "quai:services.api.env.DATABASE_PASSWORD: looks like a secret"],
            [
                env({ SECRET_KEY: "hunter2", JWT_SECRET: "hunter2" }),
                "quai:services.api.env.SECRET_KEY: looks like a secret",
                "quai:services.api.env.JWT_SECRET: looks like a secret",
            ],
            [
                env({ DATABASE_URL: "postgresql://u:hunter2@db/x" }),
                "quai:services.api.env.DATABASE_URL: is an address with a password in it",
            ],
            [{ images: { web: { build: "web", args: { NPM_TOKEN: "hunter2" } } } }, "quai:images.web.args.NPM_TOKEN: looks like a secret"],
        ],
    },
    "secret-age": {
        pass: [{}, { rotation: { database: "2026-08-22" } }, { rotation: { jwt: "2025-11-20" } }],
        fail: [
            [{ rotation: { database: "2026-08-21" } }, "quai:rotation.database: 2026-08-21 is 91 days ago, more than 90"],
            [{ rotation: { jwt: "2025-11-19" } }, "quai:rotation.jwt: 2025-11-19 is 366 days ago, more than 365"],
        ],
    },
    "sqlite-one-writer": {
        pass: [
            {},
            { services: { api: { replicas: 3, env: { DATABASE_URL: "postgresql://db/x" } } } },
            { services: { api: { replicas: 1, env: { DATABASE_URL: "sqlite:////data/db.sqlite3" } } } },
        ],
        fail: [
            ...["sqlite:////data/app.db", "sqlite+aiosqlite:///data/x", "django.db.backends.sqlite3", "/data/db.sqlite3", "sqlite3"].map(
                (value): [Raw, string] => [
                    { services: { api: { replicas: 2, env: { DATABASE: value } } } },
                    "quai:services.api.replicas: 2 containers would write to one SQLite file (DATABASE)",
                ],
            ),
        ],
    },
    "pinned-images": {
        pass: [{}, { images: { api: `ghcr.io/quay/api@${DIGEST}`, web: `ghcr.io/quay/web:1.2@${DIGEST}` } }],
        fail: [
            [{ images: { ...PINNED, api: "ghcr.io/quay/api" } }, "quai:images.api: ghcr.io/quay/api has no digest"],
            [{ images: { ...PINNED, api: "ghcr.io/quay/api:latest" } }, "quai:images.api: ghcr.io/quay/api:latest has no digest"],
            [{ images: { ...PINNED, api: { build: "../api" } } }, "quai:images.api: is built during the deployment, from ../api"],
            [{ images: { api: PINNED.api } }, "quai:images.web: is built during the deployment, from examples/demo/web"],
        ],
    },
    "backup-on": { pass: [{}], fail: [[{ backup: false }, "quai:backup: backups are off"]] },
    "backup-offsite": {
        pass: [{ backup: OFFSITE }, { backup: false }, { target: { kind: "aws", region: "eu-west-3" } }],
        fail: [[{}, "quai:backup.offsite: there is no copy off the host"]],
    },
    "backup-drill": {
        pass: [{}, { backup: { drill: "daily" } }, { backup: false }],
        fail: [[{ backup: { drill: "never" } }, "quai:backup.drill: restores are never tried"]],
    },
    "data-protected": {
        pass: [{}, { protect: true }],
        fail: [[{ protect: false }, "quai:protect: data may be deleted by an update"]],
    },
};

test("R36, R37: what becomes of each rule that is broken", () => {
    const those = (level: Level, environment: "development" | "staging" | "production") =>
        policies.filter((policy) => levelOf(policy, environment) === level).map(({ id }) => id);
    // The state on one machine, and a disk that can't be looked at, are warned of; all else is refused.
    expect([those("warn", "production"), those("off", "production")]).toEqual([["encrypted-disk", "shared-state"], []]);
    // What hurts another environment, or whoever is on the same host.
    expect(those("refuse", "staging")).toEqual([
        ...["own-host", "strong-secrets", "shared-secrets", "secrets-not-in-env", "sqlite-one-writer", "one-way-in", "no-privileges"],
    ]);
    expect(those("off", "development")).toHaveLength(policies.length);
});

describe("R37: every rule has cases that pass and cases that fail, of each thing that it asks", () => {
    type Table = Readonly<Record<string, { readonly pass: readonly unknown[]; readonly fail: readonly unknown[] }>>;
    const tables: readonly (readonly ["check" | "checkAround" | "checkResource", Table])[] = [
        ["check", RULES],
        ["checkAround", AROUND],
        ["checkResource", RESOURCES],
    ];

    test.each(tables)("%s: the table names the rules that ask it, and no others", (asks, table) => {
        // Dates of quai:rotation are what secret-age is asked of in settings, too.
        const asking = policies.filter((policy) => policy[asks] !== undefined || (asks === "check" && policy.id === "secret-age"));
        expect(Object.keys(table).sort()).toEqual(asking.map(({ id }) => id).sort());
    });

    test.each(tables.flatMap(([asks, table]) => Object.keys(table).map((id) => [id, asks, table] as const)))("%s, %s", (id, _, table) => {
        expect([table[id]?.pass.length, table[id]?.fail.length]).toEqual([expect.any(Number), expect.any(Number)]);
        expect(Math.min(table[id]?.pass.length ?? 0, table[id]?.fail.length ?? 0)).toBeGreaterThan(0);
    });

    test("each message that is shown ends with its remedy and the rule's name", () => {
        const shown = (id: string, change: Raw, around: Around = {}) => {
            const { refused, warned } = judge(parse({ backup: OFFSITE, ...change }), NOW, around);
            return [...refused, ...warned].filter((line) => line.endsWith(`(rule ${id})`));
        };
        const said = (id: string, found: unknown) => {
            const own = policies.find((policy) => policy.id === id)?.fix ?? "";
            const { problem, fix = own } = (typeof found === "string" ? { problem: found } : found) as { problem: string; fix?: string };
            return `${problem}; ${fix} (rule ${id})`;
        };
        for (const [id, { fail }] of Object.entries(RULES)) {
            for (const [change, ...lines] of fail) {
                const without = id === "backup-offsite" ? { backup: {} } : {};
                expect([id, shown(id, { ...without, ...change })]).toEqual([id, lines.map((line) => said(id, line))]);
            }
        }
        for (const [id, { fail }] of Object.entries(AROUND)) {
            for (const [change, around, ...found] of fail) {
                expect([id, shown(id, change, around)]).toEqual([id, found.map((each) => said(id, each))]);
            }
        }
    });
});

describe.each(Object.entries(RULES))("R9, R27, R32, R37, R48, R57, R60: %s", (id, { pass, fail }) => {
    test.each(pass)("lets %j pass", (change) => expect(check(id, parse(change))).toEqual([]));
    test.each(fail.map(([change, ...lines]) => [change, lines] as const))("refuses %j", (change, lines) =>
        expect(check(id, parse(change))).toEqual(lines),
    );
});

describe.each(Object.entries(AROUND))("R32, R36, R44, R58, R105: %s, of what is known around the settings", (id, { pass, fail }) => {
    const ask = (change: Raw, around: Around) => policies.find((each) => each.id === id)?.checkAround?.(around, parse(change), NOW);
    test.each(pass)("lets %j with %j pass", (change, around) => expect(ask(change, around)).toEqual([]));
    test.each(fail)("refuses %j with %j", (change, around, ...lines) => expect(ask(change, around)).toEqual(lines));
});

describe.each(Object.entries(RESOURCES))("R9, R14, R15, R27, R44, R48: %s, of what would be made", (id, { pass, fail }) => {
    const ask = (made: Made) => policies.find((each) => each.id === id)?.checkResource?.(made);
    test.each(pass)("lets %j pass", (made) => expect(ask(made)).toEqual([]));
    test.each(fail)("refuses %j", (made, ...lines) => expect(ask(made)).toEqual(lines));
});

test("R27: no rule ever prints a secret", () => {
    const value = fc.oneof(fc.stringMatching(/^[A-Za-z0-9]{8,11}Zq$/), fc.stringMatching(/^changeme[0-9]{6}$/));
    fc.assert(
        fc.property(value, (secret) => {
            const settings = parse({
                secrets: { a: secret, smtpPassword: secret },
                ...env({
                    DATABASE_PASSWORD: secret,
                    DATABASE_URL: `postgresql://u:${secret}@db/x`,
                    ALLOWED_ORIGINS: `http://u:${secret}@a.eu`,
                }),
                images: { web: { build: "web", args: { TOKEN: secret } } },
            });
            const found = policies.flatMap(({ check }) => check?.(settings, NOW) ?? []);
            expect(found.length).toBeGreaterThan(4);
            expect(found.join("\n")).not.toContain(secret);
        }),
    );
});

test("each rule says why and what to do, in words that fit its messages", () => {
    for (const { id, why, fix } of policies) {
        expect([id, why]).toEqual([id, expect.stringMatching(/^[A-Z].{40,}[.)]$/s)]);
        expect([id, fix]).toEqual([id, expect.stringMatching(/^[a-z].{10,}[^.]$/s)]);
    }
});
