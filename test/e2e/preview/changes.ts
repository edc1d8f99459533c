import { LARGER, SETTINGS as AWS } from "../aws/settings";
import { api, type StackConfig } from "../support/checkout";

/** A change somebody may propose, and what the report's verdict must be. */
export interface Proposal {
    readonly name: string;
    /** Settings that differ from BASE. */
    readonly settings?: StackConfig;
    /** Edits of the program: file, what stands there, what stands there then. */
    readonly code?: readonly (readonly [file: string, from: string, to: string])[];
    readonly level: "nothing" | "safe" | "downtime" | "risk" | "blocked";
    /** A stack that was never deployed. */
    readonly fresh?: boolean;
    /** Made in the state before: the engine then refuses to delete. */
    readonly protect?: boolean;
    /** The host isn't there to be asked. */
    readonly offline?: boolean;
    /** Previewed by `pulumi`, which deploys to AWS, with a plugin that makes nothing there. */
    readonly aws?: boolean;
    /** Its rules refuse it, so nothing is planned and there are no events. */
    readonly refused?: boolean;
    /** All settings, of a stack on AWS of its own: its preview is kept by test/e2e/aws/80-pipeline.test.ts. */
    readonly whole?: StackConfig;
    /** Its images are in a registry and say what they were made of; it has a test of its own. */
    readonly commits?: { readonly from: string; readonly to: string };
}

const DEMO = "stacks/demo.ts";

/** What is deployed: besides the area's settings, two replicas, so that a preview can show one more and one less. */
export const BASE: StackConfig = { "quai:services": services({}) };

/** The base's services, with more for one. */
function services(more: Readonly<Record<string, object>>): object {
    const base: Record<string, object> = { api: { replicas: 2 }, scheduler: { env: { SCHEDULE_SECONDS: "2" } } };
    return Object.fromEntries(
        [...new Set([...Object.keys(base), ...Object.keys(more)])].map((name) => [name, { ...base[name], ...more[name] }]),
    );
}

const PUBLIC = { "quai:domain": "shop.quai.dev", "quai:tls": { mode: "acme", email: "ops@quai.dev" } };
const imageAt = (digit: string) => `registry.internal.corp/demo@sha256:${digit.repeat(64)}`;

const changed = (name: string, level: Proposal["level"], settings: StackConfig): Proposal => ({ name, level, settings });

export const PROPOSALS: readonly Proposal[] = [
    { name: "nothing", level: "nothing" },
    { name: "first-deployment", level: "safe", fresh: true },
    changed("new-image", "safe", api({ DEMO_VERSION: "2.0.0" })),
    changed("image-by-digest", "safe", {
        "quai:images": {
            web: "registry.example.com/demo-web:1.1.0@sha256:6c3c624b58dbbcd3c0dd82b4c53f04194d1247c6eebdaab7c610cf7d66709b3b",
        },
    }),
    {
        name: "image-with-commit",
        level: "safe",
        commits: { from: "3fa9c1d2e4b5a6978877665544332211ffeeddcc", to: "81d0e2aab1c2d3e4f5061728394a5b6c7d8e9f00" },
    },
    changed("bigger-limit", "safe", { "quai:services": services({ api: { memory: "768m", cpus: 1.5 } }) }),
    changed("one-replica-more", "safe", { "quai:services": services({ api: { replicas: 3 } }) }),
    changed("one-replica-less", "safe", { "quai:services": services({ api: { replicas: 1 } }) }),
    changed("variable-added", "safe", { "quai:services": services({ api: { env: { LOG_LEVEL: "debug" } } }) }),
    changed("variable-that-looks-secret", "safe", {
        "quai:services": services({
            api: { env: { SMTP_URL: "smtp://mailer:s3cr3t-enough@mail.example.com", API_TOKEN: "abcdef0123456789" } },
        }),
    }),
    changed("slower-health-check", "safe", { "quai:services": services({ web: { health: { timeout: "9s" } } }) }),
    changed("longer-time-to-stop", "safe", { "quai:services": services({ worker: { stopGrace: "1m" } }) }),
    changed("scheduler-changed", "safe", { "quai:services": services({ scheduler: { env: { SCHEDULE_SECONDS: "60" } } }) }),
    changed("smaller-logs", "downtime", { "quai:logs": { maxSize: "10m", maxFiles: 3 } }),
    changed("session-key-rotated", "safe", { "quai:rotation": { sessionKey: "2026-11-01" } }),
    changed("key-pair-rotated", "safe", { "quai:rotation": { jwt: "2026-11-01" } }),
    changed("database-password-rotated", "safe", { "quai:rotation": { databasePassword: "2026-11-01" } }),
    changed("administrator-password-rotated", "safe", { "quai:rotation": { postgresPassword: "2026-11-01" } }),
    changed("redis-password-rotated", "safe", { "quai:rotation": { redisPassword: "2026-11-01" } }),
    changed("database-memory", "downtime", { "quai:postgres": { version: 15, memory: "512m" } }),
    changed("database-version", "risk", { "quai:postgres": { version: 16, memory: "256m" } }),
    changed("database-version-18", "risk", { "quai:postgres": { version: 18, memory: "256m" } }),
    changed("redis-memory", "downtime", { "quai:redis": { memory: "128m" } }),
    changed("domain-changed", "safe", { "quai:domain": "shop.localhost" }),
    changed("alias-added", "safe", { "quai:aliases": ["www.demo.localhost"] }),
    changed("ports-changed", "downtime", { "quai:ports": { http: 18212, https: 18213, address: "127.0.0.1" } }),
    changed("limits-of-the-proxy", "safe", { "quai:proxy": { requestsPerSecond: 50, burst: 100, bodyLimit: "100m" } }),
    changed("stopped", "downtime", { "quai:running": false }),
    changed("backups-off", "risk", { "quai:backup": false }),
    { ...changed("backups-off-protected", "blocked", { "quai:backup": false, "quai:protect": true }), protect: true },
    changed("backups-kept-longer", "safe", { "quai:backup": { keep: { daily: 14, weekly: 4, monthly: 12 }, drill: "weekly" } }),
    changed("certificate-by-acme", "safe", PUBLIC),
    { ...changed("rules-refuse", "blocked", { ...PUBLIC, "quai:environment": "production" }), refused: true },
    changed("rules-warn", "safe", { "quai:environment": "staging", "quai:domain": "shop.localhost", "quai:tls": { mode: "local" } }),
    { name: "aws-larger-database", level: "downtime", whole: { ...AWS, ...LARGER } },
    {
        ...changed("target-switched", "risk", {
            "quai:domain": "shop.quai.dev",
            "quai:ports": undefined,
            "quai:backup": undefined,
            "quai:images": { api: imageAt("1"), web: imageAt("2") },
            "quai:target": { kind: "aws", region: "eu-west-3", hostedZone: "Z0123456789ABCDEFGHIJ" },
        }),
        aws: true,
    },
    {
        ...changed("host-moved", "risk", {
            "quai:target": {
                kind: "docker",
                host: "ssh://deploy@203.0.113.7",
                hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKqP3sT0cT6vJmG0u1Zk4kq3v5dJm0m2cO7p0m3vG1xZ",
            },
        }),
        offline: true,
    },
    {
        name: "service-removed",
        level: "safe",
        code: [[DEMO, `        worker: { ...background("worker"), files: { [UPLOADS]: { files: uploads, readOnly: true } } },\n`, ""]],
    },
    {
        name: "service-added",
        level: "safe",
        code: [[DEMO, `scheduler: background("scheduler"),`, `scheduler: background("scheduler"), mailer: background("worker"),`]],
    },
    { name: "volume-renamed", level: "risk", code: [[DEMO, `new Files("uploads"`, `new Files("media"`]] },
    {
        name: "route-added",
        level: "safe",
        code: [
            [
                DEMO,
                `{ path: "/api/", to: api, limit: budget },`,
                `{ path: "/api/", to: api, limit: budget }, { path: "/reports/", to: api, limit: budget },`,
            ],
        ],
    },
    {
        name: "route-moved",
        level: "safe",
        code: [
            [
                DEMO,
                `{ path: "/api/ws", exact: true, to: api, websocket: true },`,
                `{ path: "/live", exact: true, to: api, websocket: true },`,
            ],
        ],
    },
];
