import { Files } from "../components/files";
import { officialImage } from "../components/internal/images";
import { PostgresWithBackup, postgresSecrets } from "../components/postgres-with-backup";
import { Redis } from "../components/redis";
import type { Generated } from "../components/secrets-bundle";
import { SecretsBundle } from "../components/secrets-bundle";
import type { RateLimit, TlsMode } from "../components/tls-proxy";
import { TlsProxy } from "../components/tls-proxy";
import type { ServiceArgs } from "../components/web-stack";
import { WebStack } from "../components/web-stack";
import { refuseUnknownNames } from "../infra/settings";
import type { DeployedStack, StackContext } from ".";
import { demoBuilds } from "./images";
import { authoritySecret, imageSources, secretFiles, signedLocally, tlsMode, withSettings } from "./shared";

const API_USER = { uid: 10001, gid: 10001 };
const WEB_USER = { uid: 101, gid: 101 };
const UPLOADS = "/data/uploads";

const GENERATED = {
    ...postgresSecrets,
    redisPassword: { kind: "password", length: 32 },
    sessionKey: { kind: "key", bytes: 64, overlap: 86400 },
    jwt: { kind: "rsa", bits: 4096 },
} as const satisfies Readonly<Record<string, Generated>>;

/** The demonstration of examples/demo: an API with migrations, a single-page front end, a worker, a scheduler, uploads. */
export function demo({ settings, target, given }: StackContext): DeployedStack {
    const generate = { ...GENERATED, ...authoritySecret(settings, { database: true, certificates: false }) };
    // First what the settings can get wrong, so that nothing is made of half a description.
    refuseUnknownNames(settings, {
        services: ["api", "web", "worker", "scheduler"],
        images: ["api", "web"],
        secrets: Object.keys(generate),
    });
    const images = imageSources(settings, {
        api: { build: demoBuilds.api, args: { BASE: target.reference(officialImage("debian")) } },
        web: { build: demoBuilds.web, args: { BASE: target.reference(officialImage("nginx")) } },
    });
    const tls = tlsMode(settings);
    const secrets = new SecretsBundle("secrets", {
        target,
        generate,
        given,
        rotation: settings.rotation,
        overlap: settings.overlap,
    });
    const uploads = new Files("uploads", { target, ...API_USER });
    const database = new PostgresWithBackup("postgres", {
        target,
        secrets,
        ...settings.postgres,
        database: settings.postgres.database ?? "demo",
        backup: settings.backup,
        files: [uploads],
    });
    const redis = new Redis("redis", { target, secrets, ...settings.redis });
    const port = settings.ports.https === 443 ? "" : `:${settings.ports.https}`;

    const authority = database.authority();
    const databaseUrl = database.url();
    const broker = secretFiles({ DATABASE_URL_FILE: databaseUrl, REDIS_URL_FILE: redis.url(0) });
    const background = (role: "worker" | "scheduler"): ServiceArgs => ({
        kind: role,
        image: "api",
        command: ["demo-api", role],
        user: API_USER,
        health: { command: ["demo-api", "healthcheck", role], shell: true, interval: 15, startPeriod: 20 },
        secrets: { ...broker.secrets, databaseAuthority: authority },
        env: { ...broker.env },
        memory: 256 * 1024 * 1024,
    });
    const api = secretFiles({
        DATABASE_URL_FILE: databaseUrl,
        REDIS_URL_FILE: redis.url(0),
        SESSION_KEY_FILE: secrets.get("sessionKey"),
        JWT_PRIVATE_KEY_FILE: secrets.get("jwtPrivate"),
        JWT_PUBLIC_KEY_FILE: secrets.get("jwtPublic"),
        SESSION_PREVIOUS_KEYS_FILE: secrets.former("sessionKey"),
        JWT_PREVIOUS_PUBLIC_KEYS_FILE: secrets.former("jwtPublic"),
    });
    const migration = secretFiles({ MIGRATION_DATABASE_URL_FILE: database.url({ as: "migration" }) });
    const services: Record<string, ServiceArgs> = {
        api: {
            image: "api",
            command: ["demo-api", "serve"],
            port: 8000,
            user: API_USER,
            health: { http: "/api/health", startPeriod: 30 },
            secrets: { ...api.secrets, databaseAuthority: authority },
            env: { ...api.env, UPLOADS_DIR: UPLOADS, PUBLIC_URL: `https://${settings.domain}${port}` },
            files: { [UPLOADS]: { files: uploads } },
        },
        web: {
            image: "web",
            port: 8080,
            user: WEB_USER,
            health: { http: "/health", startPeriod: 10 },
            memory: 128 * 1024 * 1024,
        },
        worker: { ...background("worker"), files: { [UPLOADS]: { files: uploads, readOnly: true } } },
        scheduler: background("scheduler"),
    };
    const application = new WebStack("application", {
        target,
        host: settings.domain,
        images,
        services: Object.fromEntries(Object.entries(services).map(([name, service]) => [name, withSettings(settings, name, service)])),
        jobs: {
            migrate: {
                image: "api",
                command: ["demo-api", "migrate"],
                user: API_USER,
                secrets: { ...migration.secrets, databaseAuthority: authority },
                env: { ...migration.env },
                data: database.endpoint.data,
            },
        },
        after: [database.endpoint.ready, redis.ready, uploads.mount.ready],
    });
    const proxy = demoProxy({ settings, target, tls: signedLocally(tls, secrets) }, application);
    redis.settle(application.startSchedulers(proxy.switched === undefined ? [] : [proxy.switched]));
    return {
        urls: proxy.urls,
        services: application.released,
        once: application.once,
        secrets: secrets.ages,
        repository: database.endpoint.repository,
        backupPassword: settings.backup === false ? undefined : secrets.get("backupPassword").value,
        authorityPem: proxy.authorityPem,
    };
}

function demoProxy(
    { settings, target, tls }: Pick<StackContext, "settings" | "target"> & { readonly tls: TlsMode },
    application: WebStack,
): TlsProxy {
    const { proxy } = settings;
    const budget: RateLimit = { name: "api", rate: { requests: proxy.requestsPerSecond, per: "second" }, burst: proxy.burst };
    const login: RateLimit = { name: "login", rate: { requests: proxy.login.requestsPerMinute, per: "minute" }, burst: proxy.login.burst };
    const api = application.endpoint("api");
    return new TlsProxy("proxy", {
        target,
        domain: settings.domain,
        aliases: settings.aliases,
        tls,
        ports: settings.ports,
        bodyLimit: proxy.bodyLimit,
        timeouts: proxy.timeouts,
        hsts: proxy.hsts,
        compression: proxy.compression,
        drain: proxy.drain,
        trusted: proxy.trusted,
        keepAssets: proxy.keepAssets,
        logs: proxy.logs,
        maintenance: settings.maintenance,
        routes: [
            { path: "/api/", to: api, limit: budget },
            { path: "/api/token", exact: true, to: api, limit: login },
            { path: "/api/ws", exact: true, to: api, websocket: true },
            {
                path: "/assets/",
                to: application.endpoint("web"),
                cache: { seconds: 31536000, immutable: true },
                assets: "/srv/demo/site/assets",
            },
            { path: "/", to: application.endpoint("web") },
        ],
    });
}
