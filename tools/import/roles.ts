import type { Compose, ComposeService } from "./compose";
import type { Notes } from "./notes";

/** What a service of a compose file is in a stack. */
export type Role =
    | { readonly role: "application" }
    | { readonly role: "postgres" | "redis"; readonly version: string | undefined }
    | { readonly role: "left"; readonly why: string };

/** Images whose name has one of the words, as a whole: not vault in vaultwarden. */
const named = (words: string) => new RegExp(`(^|[/_-])(${words})\\d*([/_-]|$)`);

const LEFT: readonly (readonly [RegExp, string])[] = [
    [
        /^(traefik|caddy|lucaslorentz\/caddy-docker-proxy|nginxproxy\/|jwilder\/|haproxy|jc21\/nginx-proxy-manager|valian\/docker-nginx|steveltn\/https-portal)/,
        "quai's proxy takes its place",
    ],
    [named("certbot|letsencrypt|acme-companion|docker-letsencrypt|acme\\.sh"), "quai gets and renews certificates itself (quai:tls)"],
    [named("docker-volume-backup|postgres-backup|pg-backup|pgbackups|db-backup|restic|duplicati"), "quai:backup makes the backups"],
    [named("watchtower|diun|ouroboros"), "a release is a change of quai:images; nothing updates itself"],
    [named("autoheal"), "health decides about releases; what crashes is started again"],
    [
        named(
            "adminer|pgadmin|phpmyadmin|mongo-express|redis-commander|redisinsight|portainer|portainer-ce|dozzle|mailhog|mailpit|maildev|mailcatcher|flower",
        ),
        "a tool for people, not part of the application; deploy it apart if it's needed",
    ],
    [
        named("mysql|mariadb|mongo|mongodb|percona|cassandra|couchdb|clickhouse|cockroach|mssql|influxdb|neo4j"),
        "another kind of database: quai has PostgreSQL and Redis; keep it where it is and give its address as a secret",
    ],
    [
        named(
            "rabbitmq|kafka|zookeeper|nats|activemq|redpanda|elasticsearch|opensearch|solr|meilisearch|typesense|qdrant|weaviate|minio|memcached|etcd|consul|vault",
        ),
        "a server with data of its own that quai has no component for; keep it where it is and give its address as a secret",
    ],
    [
        // Of the exporters those of servers: one of the application's own exports its documents.
        named(
            "prometheus|grafana|loki|promtail|cadvisor|(node|postgres|postgresql|pg|pgbouncer|redis|valkey|nginx|apache|haproxy|mysqld?|mongodb|elasticsearch|rabbitmq|kafka|celery|statsd|blackbox|process|json|sql)[-_]exporter|alertmanager|jaeger|otel|datadog|fluentd|fluent-bit|vector",
        ),
        "monitoring, not part of the application; deploy it apart",
    ],
];

/** Judges by the image's name; what is built is the application's. */
export function roleOf(service: ComposeService): Role {
    const { image, build } = service;
    if (build !== undefined || image === undefined) return { role: "application" };
    const name = image
        .replace(/^docker\.io\//, "")
        .replace(/^library\//, "")
        .replace(/@.*$/, "");
    const [repository = "", tag] = name.split(/:(?=[^/]*$)/);
    if (
        /^(postgres|postgis\/postgis|bitnami\/postgresql|timescale\/timescaledb|pgvector\/pgvector|supabase\/postgres|imresamu\/postgis)$/.test(
            repository,
        )
    ) {
        return { role: "postgres", version: tag };
    }
    if (/^(redis|redis\/redis-stack.*|bitnami\/redis|valkey\/valkey|eqalpha\/keydb|redis\/redis)$/.test(repository))
        return { role: "redis", version: tag };
    const found = LEFT.find(([pattern]) => pattern.test(repository));
    if (found !== undefined) return { role: "left", why: found[1] };
    if (isProxy(repository, service))
        return { role: "left", why: "quai's proxy takes its place; its own configuration isn't read, so compare the routes" };
    return { role: "application" };
}

/** A stock nginx or Apache that has the public ports and somebody's configuration. */
function isProxy(repository: string, { ports, volumes }: ComposeService): boolean {
    if (!/^(nginx|httpd|nginxinc\/nginx-unprivileged|bitnami\/nginx|openresty\/openresty)$/.test(repository)) return false;
    const configured = volumes.some((each) => /nginx|httpd|apache|conf/.test(typeof each === "string" ? each : each.target));
    return configured && ports.length > 0;
}

/** What a service does, as far as its name and command tell. */
export function kindOf(
    name: string,
    service: ComposeService,
    command: readonly string[] | undefined,
    port?: number,
): "service" | "worker" | "scheduler" {
    const line = (command ?? []).join(" ");
    if (/\bbeat\b|\bscheduler\b|\bcrond?\b|\bclock\b|rqscheduler|supercronic|schedule:work|solid_queue.*dispatcher/.test(`${name} ${line}`))
        return "scheduler";
    if (/\bworker\b|\bcelery\b|\bsidekiq\b|\brq\b|\bdramatiq\b|\bhuey\b|queue:work|\bconsumer\b|\bhorizon\b/.test(`${name} ${line}`))
        return "worker";
    const open =
        service.ports.length > 0 || service.expose.length > 0 || Object.keys(service.labels).some((label) => /^traefik\.http/.test(label));
    return open || port !== undefined ? "service" : "worker";
}

/** What runs to its end: others wait for that, or it's a migration that isn't started again. */
export function isJob(name: string, service: ComposeService, all: Readonly<Record<string, ComposeService>>): boolean {
    const awaited = Object.values(all).some(({ depends_on }) => depends_on[name]?.condition === "service_completed_successfully");
    const line = `${name} ${typeof service.command === "string" ? service.command : (service.command ?? []).join(" ")}`;
    const endless = /^(always|unless-stopped)$/.test(service.restart ?? "no");
    return (
        awaited ||
        (!endless &&
            service.ports.length === 0 &&
            /migrat|alembic|collectstatic|db:(create|seed)|createsuperuser|\bseed\b|\binit\b/.test(line))
    );
}

/** The services that are part of the application; of the others it is told why they aren't. */
export function applicationServices(compose: Compose, roles: Readonly<Record<string, Role>>, notes: Notes): string[] {
    return Object.entries(compose.services).flatMap(([name, service]) => {
        const role = roles[name];
        if (service.profiles.length > 0 && !service.profiles.some((each) => compose.profiles.includes(each))) {
            notes.left.push(
                `${name}: it only runs with profile ${service.profiles.join(", ")}: what is started by hand is no part of a stack (COMPOSE_PROFILES in the env file switches profiles on)`,
            );
            return [];
        }
        if (role?.role === "left") notes.left.push(`${name} (${service.image ?? ""}): ${role.why}`);
        return role?.role === "application" ? [name] : [];
    });
}
