import { z } from "zod";
import { application, scalar } from "./application";
import { choice, leaf, positive, text, truth, whole } from "./leaf";
import { either, list, mapping, NAMES, off, section } from "./shapes";
import * as v from "./values";

/*
 * What may be written in a stack file, and the defaults that don't depend on anything else. Doc comments are in types/,
 * rules that span several settings in rules.ts, defaults that depend on the environment in resolve.ts.
 */

const MIB = 1024 ** 2;
const path = (what: string) => text(what, /^\S(?:.*\S)?$/);
const variables = () => mapping(NAMES.variable, scalar());
/** Not shown in messages: people write the secret itself where its name should be. */
const secretName = () => text("the name of an entry of quai:secrets", NAMES.secret.pattern);

const region = () => text("a region such as eu-west-3", /^[a-z]{2}(?:-[a-z]+)+-\d$/);
const subnets = () => list(text("the id of a subnet such as subnet-0a1b2c3d", /^subnet-[0-9a-f]+$/));
const email = () => text("an e-mail address", /^[^\s@]+@[^\s@]+\.[^\s@]+$/);
const metricName = (what: string) => text(what, /^(?!AWS\/)[A-Za-z0-9_./#-]{1,255}$/);
const scaleOn = section({
    cpu: whole(10, 90).prefault(60),
    memory: whole(10, 90).prefault(75),
    requests: whole(1, 1_000_000).optional(),
    queue: section({
        namespace: metricName("the namespace of a metric, not one of AWS's own"),
        metric: metricName("the name of a metric"),
        each: positive(1_000_000),
    }).optional(),
});
const storedSecret = () =>
    text(
        "a secret of Secrets Manager, with its key if it is JSON, such as bdd-bot/openai:api_key",
        /^(?:arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:)?[A-Za-z0-9/_+=.@-]+(?::[A-Za-z0-9_.-]+)?$/,
    );
const once = () => choice("none", "create", "existing").prefault("none");
const target = z
    .discriminatedUnion(
        "kind",
        [
            section({
                kind: z.literal("docker"),
                host: v.sshHost().optional(),
                hostKey: v.hostKey().optional(),
                identityFile: path("the path of a private key").optional(),
                belongs: list(
                    text(
                        "a port such as 9100/tcp, a unit such as node_exporter.service, or the path of a file",
                        /^(?:\d{1,5}(?:-\d{1,5})?\/(?:tcp|udp)|[\w@.:-]+\.(?:service|timer|socket|path|mount)|\/\S+)$/,
                    ),
                ).optional(),
            }),
            section({
                kind: z.literal("aws"),
                region: region(),
                profile: text("the name of a profile of ~/.aws/config", /^\S+$/).optional(),
                accountId: text("12 digits, in quotes", /^\d{12}$/).optional(),
                zones: either(whole(2, 3), list(text("a zone such as eu-west-3a", /^[a-z]{2}(?:-[a-z]+)+-\d[a-z]$/))).prefault(2),
                cidr: text("an IPv4 block of /16 to /24 such as 10.0.0.0/16", /^(?:\d{1,3}\.){3}\d{1,3}\/(?:1[6-9]|2[0-4])$/).prefault(
                    "10.0.0.0/16",
                ),
                nat: choice("one", "per-zone", "none").prefault("one"),
                endpoints: truth().prefault(false),
                vpc: section({
                    id: text("the id of a network such as vpc-0a1b2c3d", /^vpc-[0-9a-f]+$/),
                    public: subnets(),
                    private: subnets(),
                    isolated: subnets(),
                }).optional(),
                hostedZone: text("the id of a hosted zone such as Z0123456789ABCDEFGHIJ", /^Z[A-Z0-9]+$/).optional(),
                architecture: choice("x86_64", "arm64").prefault("x86_64"),
                spotWorkers: truth().prefault(false),
                exec: truth().prefault(true),
                egress: list(whole(1, 65535)).prefault([]),
                logDays: choice(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731).prefault(30),
                flowLogs: truth().prefault(true),
                multiAz: truth().optional(),
                scaleTo: mapping(NAMES.service, whole(2, 100)).prefault({}),
                scaleOn: mapping(NAMES.service, scaleOn).prefault({}),
                throughput: mapping(NAMES.service, whole(1, 3072)).prefault({}),
                aurora: section({ least: positive(256), most: positive(256) }).optional(),
                cdn: truth().prefault(false),
                sites: mapping(NAMES.service, path("the folder of a site")).prefault({}),
                stored: mapping(NAMES.secret, storedSecret()).prefault({}),
                storedKey: text(
                    "the ARN of a key such as arn:aws:kms:eu-west-3:123456789012:key/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f",
                    /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[0-9a-f-]+$/,
                ).optional(),
                account: section({ trail: once(), guardDuty: once(), config: once() }).prefault({}),
                firewall: truth().prefault(true),
                backupCopy: region().optional(),
                backupLock: truth().prefault(false),
                alarmEmail: email().optional(),
                monthlyBudget: positive(1_000_000).optional(),
            }),
        ],
        { error: (issue) => (issue.code === "invalid_union" ? "must be docker or aws" : "must be a mapping") },
    )
    .prefault({ kind: "docker" });

const openPort = () => text("a port with its protocol such as 51820/udp", /^(?:[1-9]\d{0,4})\/(?:tcp|udp)$/);
const host = section({
    firstUser: text("the name of a user", /^[a-z_][a-z0-9_-]{0,31}$/).prefault("root"),
    authorizedKeys: list(
        text("a line of authorized_keys such as ssh-ed25519 AAAA…", /^(?:ssh-|ecdsa-|sk-)[a-z0-9@.-]+ [A-Za-z0-9+/]{60,}=*(?: [^\n]*)?$/),
    ).prefault([]),
    rootLogin: truth().prefault(true),
    hostname: text("a name such as app-1", /^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$/).optional(),
    docker: section({
        packages: choice("official", "distribution").prefault("official"),
        dns: list(v.ipAddress()).prefault([]),
        storageDriver: text("a storage driver such as overlay2", /^[a-z0-9-]+$/).prefault("overlay2"),
    }).prefault({}),
    firewall: either(
        off("a mapping, or false"),
        section({ open: list(openPort()).prefault([]), metadata: truth().prefault(false) }),
    ).prefault({}),
    swap: v.size(MIB).optional(),
    fail2ban: truth().prefault(false),
    rebootAt: text("a time of day such as 04:00, in quotes", /^(?:[01]\d|2[0-3]):[0-5]\d$/).optional(),
    keepImages: whole(1, 1000).optional(),
    minimum: section({
        cpus: whole(1, 1024).prefault(2),
        memory: v.size(MIB).prefault("4g"),
        disk: v.size(MIB).prefault("20g"),
        strict: truth().prefault(true),
    }).prefault({}),
});

const logs = () => section({ maxSize: v.size(1024).prefault("50m"), maxFiles: whole(1, 100).prefault(5) });
const someLogs = () => section({ maxSize: v.size(1024).optional(), maxFiles: whole(1, 100).optional() });

const build = section({
    build: path("the folder of a build context"),
    dockerfile: path("the path of a Dockerfile, from the build context").optional(),
    target: text("the name of a build stage", /^[A-Za-z0-9][A-Za-z0-9_.-]*$/).optional(),
    args: variables().prefault({}),
});

const service = section({
    replicas: whole(1, 100, "to stop the whole application, set quai:running: false").optional(),
    cpus: positive(256).optional(),
    memory: v.size(6 * MIB).optional(),
    command: z
        .array(scalar(), { error: 'must be a list, such as ["gunicorn", "core.wsgi:application"]' })
        .min(1, { error: "must name a command, or be left out" })
        .optional(),
    env: variables().prefault({}),
    stopGrace: v.duration(1, 3600).optional(),
    health: section({
        interval: v.duration(1, 3600).optional(),
        timeout: v.duration(1, 3600).optional(),
        retries: whole(1, 1000).optional(),
        startPeriod: v.duration(0, 3600).optional(),
    }).optional(),
    logs: someLogs().optional(),
});

const tls = section({
    mode: choice("local", "acme", "files").optional(),
    email: text("an e-mail address", /^[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+$/).optional(),
    server: v.httpsUrl("the https:// address of an ACME directory").prefault("https://acme-v02.api.letsencrypt.org/directory"),
    authority: path("the path of a certificate (PEM)").optional(),
    certificate: path("the path of a certificate chain (PEM)").optional(),
    key: path("the path of a private key (PEM)").optional(),
});

const ports = section({
    http: whole(1, 65535).optional(),
    https: whole(1, 65535).optional(),
    address: v.ipAddress().optional(),
    published: truth().optional(),
});

const postgres = section({
    version: choice(15, 16, 17, 18).prefault(17),
    database: text(
        "lower-case letters, digits and underscores, beginning with a letter, at most 40 characters",
        /^[a-z][a-z0-9_]{0,39}$/,
    ).optional(),
    maxConnections: whole(10, 10000).prefault(100),
    memory: v.size(128 * MIB).prefault("1g"),
    sharedBuffers: v.size(MIB).optional(),
    extensions: list(text("the name of an extension such as pgcrypto", /^[a-z][a-z0-9_-]*$/)).prefault([]),
    localPort: whole(1, 65535).optional(),
    logs: someLogs().optional(),
});

const redis = section({
    version: choice("7", "7.4").prefault("7.4"),
    memory: v.size(MIB).prefault("256m"),
    eviction: choice(
        ...(["noeviction", "allkeys-lru", "allkeys-lfu", "allkeys-random"] as const),
        ...(["volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"] as const),
    ).prefault("noeviction"),
    appendOnly: truth().prefault(true),
    logs: someLogs().optional(),
});

const backup = section({
    at: text("a time of day such as 02:00, in quotes", /^(?:[01]\d|2[0-3]):[0-5]\d$/).prefault("02:00"),
    timeZone: v.timeZone().prefault("UTC"),
    keep: section({
        daily: whole(0, 3660).prefault(7),
        weekly: whole(0, 520).prefault(4),
        monthly: whole(0, 120).prefault(12),
        days: whole(0, 3660).prefault(0),
    }).prefault({}),
    offsite: section({ repository: v.resticRepository(), environment: mapping(NAMES.variable, secretName()).prefault({}) }).optional(),
    drill: choice("never", "daily", "weekly", "monthly").prefault("monthly"),
    pointInTime: truth().prefault(false),
    maxAge: v.duration(86400).prefault("26h"),
    memory: v.size(32 * MIB).optional(),
});

const proxy = section({
    bodyLimit: v.size(1024).prefault("50m"),
    timeouts: section({
        connect: v.duration(1, 3600).prefault("60s"),
        send: v.duration(1, 86400).prefault("60s"),
        read: v.duration(1, 86400).prefault("60s"),
    }).prefault({}),
    requestsPerSecond: whole(1, 1_000_000).prefault(10),
    burst: whole(0, 1_000_000).prefault(20),
    login: section({ requestsPerMinute: whole(1, 1_000_000).prefault(5), burst: whole(0, 1_000_000).prefault(3) }).prefault({}),
    hsts: section({
        maxAge: whole(0, 63072000, "it counts seconds, and 0 leaves the header out").prefault(31536000),
        includeSubdomains: truth().prefault(true),
        preload: truth().prefault(false),
    }).prefault({}),
    compression: truth().prefault(true),
    drain: v.duration(0, 3600).prefault("30s"),
    trusted: list(v.network()).prefault([]),
    keepAssets: v.duration(0, 366 * 86400).prefault("7d"),
    logs: someLogs().optional(),
});

/** The engine has decrypted it. */
const encrypted = () =>
    leaf({
        what: "text that is not empty",
        read: (value) => (typeof value === "string" && value !== "" ? value : undefined),
        json: { type: "string", minLength: 1 },
    });
const source = {
    environment: text("the name of a variable such as OPENAI_API_KEY", NAMES.variable.pattern).optional(),
    command: z
        .array(scalar(), { error: 'must be a list of words, which no shell reads, such as ["op", "read", "op://prod/stripe/key"]' })
        .min(1, { error: "must name a command" })
        .optional(),
    timeout: v.duration(1, 300).optional(),
};
const given = section({ ...source, value: encrypted().optional(), former: either(encrypted(), section(source)).optional() });

const waiver = section({ reason: text("a reason of at least 10 characters", /^\s*\S[\s\S]{8,}\S\s*$/), until: v.day() });

/** Every `quai:` key, in the order of the manual. */
export const schema = {
    application: text("custom, or the name of a file of stacks/ without its ending", /^[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?$/),
    custom: application.optional(),
    environment: choice("development", "staging", "production"),
    target,
    host: host.optional(),
    domain: v.hostName().optional(),
    aliases: list(v.hostName()).prefault([]),
    hosts: mapping(NAMES.service, v.hostName()).prefault({}),
    tls: tls.prefault({}),
    ports: ports.prefault({}),
    images: mapping(NAMES.service, either(v.imageOrBuild(), build)).prefault({}),
    imageMirror: either(v.mirrorPrefix(), mapping(NAMES.reference, v.imageReference())).optional(),
    registries: mapping(NAMES.registry, section({ username: text("a user name", /^\S+$/), passwordSecret: secretName() })).prefault({}),
    services: mapping(NAMES.service, service).prefault({}),
    postgres: postgres.prefault({}),
    redis: redis.prefault({}),
    backup: either(off("a mapping, or false"), backup).prefault({}),
    rotation: mapping(NAMES.secret, either(v.renewal(), list(v.renewal()).min(1, { error: "must name a date" }))).prefault({}),
    overlap: mapping(NAMES.secret, v.duration(0)).prefault({}),
    secretGrace: v.duration(0, 90 * 86400).prefault("0s"),
    secrets: mapping(NAMES.secret, either(encrypted(), given)).prefault({}),
    proxy: proxy.prefault({}),
    logs: logs().prefault({}),
    running: truth().prefault(true),
    maintenance: truth().prefault(false),
    protect: truth().optional(),
    retired: mapping(NAMES.retired, v.day()).prefault({}),
    waive: mapping(NAMES.rule, waiver).prefault({}),
} as const;

export type Schema = typeof schema;
export type Key = keyof Schema;
/** What each key holds once read, without the defaults that depend on the environment. */
export type Parsed = { readonly [K in Key]: z.output<Schema[K]> };
