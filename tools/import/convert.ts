import { relative, resolve } from "node:path";
import { parseSettings, SettingsError } from "../../infra/settings";
import type { Compose } from "./compose";
import { clean, commandOf, healthOf, type ImageFacts, imageFacts, type Inspect, limitsOf, mountsOf, portOf } from "./container";
import { type Around, environmentOf, type SecretEntry } from "./environment";
import { nginxRoutes } from "./nginx";
import { Notes } from "./notes";
import { isJob, kindOf, type Role, roleOf } from "./roles";
import { type FoundRoute, routesOf } from "./routes";
import { plainName } from "./words";

export interface Imported {
    /** The `quai:` settings of the stack file. */
    readonly config: Readonly<Record<string, unknown>>;
    readonly notes: Notes;
    /** What a person must complete before it can be deployed: the settings' own errors. */
    readonly incomplete: readonly string[];
}

export interface ImportOptions {
    readonly name: string;
    readonly environment: "development" | "staging" | "production";
    readonly stack: string;
    /** Main name. @default the first host that a route names */
    readonly domain?: string;
    /** What is known of images that aren't built. @default nothing */
    readonly inspect?: Inspect;
    /** Folder that build contexts are written relative to. */
    readonly root: string;
}

type Fields = Record<string, unknown>;

/** Turns a compose file into the settings of a stack. */
export function convert(compose: Compose, options: ImportOptions): Imported {
    const notes = new Notes();
    const roles = Object.fromEntries(Object.entries(compose.services).map(([name, service]) => [name, roleOf(service)]));
    const own = applicationServices(compose, roles, notes);
    const facts = Object.fromEntries(own.map((name) => [name, imageFacts(compose, at(compose, name), options.inspect ?? (() => ({})))]));
    const proxied = new Map(nginxRoutes(compose).map(({ service, port }) => [service, port ?? 80]));
    const open = (name: string) => proxied.get(name) ?? portOf(at(compose, name), facts[name] ?? {}, compose.variables[name] ?? {});
    const jobs = own.filter((name) => isJob(name, at(compose, name), compose.services));
    const lasting = own.filter((name) => !jobs.includes(name));
    const kind = (name: string) => kindOf(name, at(compose, name), commandOf(at(compose, name), facts[name] ?? {}), open(name));
    const listening = lasting.filter((name) => open(name) !== undefined && kind(name) === "service");
    const found = routesOf(compose, listening, open, notes);
    const domain = options.domain ?? found.flatMap(({ hosts }) => hosts)[0]?.replace(/^www\./, "");
    const around = surroundings(compose, roles, domain);
    const secrets = new Map<string, SecretEntry>();
    const files = new Map<string, Fields>();
    const part = (name: string) => container(compose, name, { facts: facts[name] ?? {}, around, secrets, files, notes });
    const services = lasting.map((name): [string, Fields] => [
        plainName(name),
        { ...lastingFields(compose, name, open(name), facts[name] ?? {}, { lasting, roles, notes }), ...part(name) },
    ]);
    const done = jobs.map((name): [string, Fields] => [plainName(name), { ...part(name), ...jobOrder(compose, name, jobs) }]);
    const { hosts, aliases, routes } = namedRoutes(found, domain);
    const databases = [around.postgres && "postgres", around.redis && "redis"].filter((each) => each !== undefined);
    unwritten(compose, own, notes);
    const custom = clean({
        name: options.name,
        hosts: some(hosts),
        databases: databases.length === 0 ? undefined : databases,
        secrets: some(Object.fromEntries(secrets)),
        files: some(Object.fromEntries(files)),
        services: Object.fromEntries(services),
        jobs: some(Object.fromEntries(done)),
        routes: withSockets(routes, notes),
    });
    const config = clean({
        "quai:application": "custom",
        "quai:environment": options.environment,
        "quai:domain": domain ?? (options.environment === "development" ? undefined : `${options.name}.example.com`),
        "quai:aliases": aliases.length === 0 ? undefined : aliases,
        "quai:images": images(compose, own, options.root),
        ...servers(compose, roles, notes),
        "quai:custom": custom,
    });
    return { config, notes, incomplete: problems(config, options.stack, secrets) };
}

const at = (compose: Compose, name: string) => {
    const service = compose.services[name];
    if (service === undefined) throw new Error(`services.${name}: isn't there`);
    return service;
};
const some = (fields: Fields) => (Object.keys(fields).length === 0 ? undefined : fields);

function applicationServices(compose: Compose, roles: Readonly<Record<string, Role>>, notes: Notes): string[] {
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

/** The first of each kind becomes the stack's own; another one is told. */
function surroundings(compose: Compose, roles: Readonly<Record<string, Role>>, domain: string | undefined): Around {
    const first = (kind: Role["role"]) => Object.keys(roles).find((name) => roles[name]?.role === kind);
    const [postgres, redis] = [first("postgres"), first("redis")];
    const database = compose.variables[postgres ?? ""] ?? {};
    const command = redis === undefined ? "" : [at(compose, redis).command ?? []].flat().join(" ");
    return {
        postgres,
        redis,
        database: { user: database["POSTGRES_USER"], password: database["POSTGRES_PASSWORD"], name: database["POSTGRES_DB"] },
        redisPassword: /--requirepass[ =]+["']?([^\s"']+)/.exec(command)?.[1] ?? compose.variables[redis ?? ""]?.["REDIS_PASSWORD"],
        domain,
    };
}

/** Figures of the servers that quai makes in place of the compose file's. */
function servers(compose: Compose, roles: Readonly<Record<string, Role>>, notes: Notes): Fields {
    const entries = Object.entries(roles);
    const fields: Fields = {};
    for (const kind of ["postgres", "redis"] as const) {
        const [main, ...others] = entries.filter(([, { role }]) => role === kind);
        for (const [name] of others) notes.left.push(`${name}: a second ${kind}: a stack has one; let services share it`);
        if (main === undefined) continue;
        const [name, role] = main;
        const service = at(compose, name);
        notes.check.push(`${name}: it is the stack's own ${kind} now, and empty: docs/import.md says how data move`);
        const version = role.role === kind ? role.version : undefined;
        const line = [service.command ?? []].flat().join(" ");
        fields[`quai:${kind}`] =
            kind === "postgres" ? postgres(version, compose.variables[name] ?? {}, service.image ?? "", notes) : redis(version, line);
        if (Object.values(fields[`quai:${kind}`] as Fields).length === 0) delete fields[`quai:${kind}`];
    }
    return fields;
}

function postgres(tag: string | undefined, variables: Readonly<Record<string, string | undefined>>, image: string, notes: Notes): Fields {
    const major = Number(/^\d+/.exec(tag ?? "")?.[0]);
    const version = [15, 16, 17, 18].includes(major) ? major : undefined;
    if (major > 0 && version === undefined)
        notes.check.push(`postgres ${tag}: quai has 15 to 18; a dump of an older one can be restored there`);
    if (/postgis|timescale|pgvector|supabase/.test(image)) notes.left.push(`${image}: its extensions aren't in the official image`);
    const name = variables["POSTGRES_DB"] ?? variables["POSTGRES_USER"];
    const database = /^[a-z][a-z0-9_]{0,39}$/.test(name ?? "") ? name : undefined;
    return clean({ version, database });
}

function redis(tag: string | undefined, command: string): Fields {
    const version = /^7\.4/.test(tag ?? "") ? "7.4" : /^7/.test(tag ?? "") ? "7" : undefined;
    const memory = /--maxmemory[ =]+(\d+)(k|m|g)b?/i.exec(command);
    return clean({
        version,
        memory: memory === null ? undefined : `${memory[1]}${memory[2]?.toLowerCase()}`,
        eviction: /--maxmemory-policy[ =]+([a-z-]+)/.exec(command)?.[1],
    });
}

interface Shared {
    readonly facts: ImageFacts;
    readonly around: Around;
    readonly secrets: Map<string, SecretEntry>;
    readonly files: Map<string, Fields>;
    readonly notes: Notes;
}

function container(compose: Compose, name: string, { facts, around, secrets, files, notes }: Shared): Fields {
    const service = at(compose, name);
    const written = /^\d+(:\d+)?$/.test(service.user ?? "") && !/^0/.test(service.user ?? "") ? service.user : facts.user;
    if (written === undefined)
        notes.check.push(`${name}: which user it runs as isn't known; 1000 is a guess (\`id -u\` in the image tells; root is refused)`);
    const user = written ?? "1000:1000";
    const { mounts, files: used, temporary } = mountsOf(compose, name, service, notes);
    for (const key of used) {
        if (!files.has(key)) files.set(key, clean({ user, backup: /static|cache|tmp|log/.test(key) ? false : undefined }));
    }
    const env = environmentOf(compose, name, around, secrets, notes);
    const command = commandOf(service, facts)?.map((word) => word.replaceAll("\uE000", ""));
    if (command === undefined && Object.values(env).some((value) => /\$\{(secrets|database|redis)\./.test(value))) {
        const asked = `docker image inspect --format '{{json .Config.Entrypoint}} {{json .Config.Cmd}}' ${service.image ?? name}`;
        notes.check.push(`${name}: command: what the image starts isn't known: \`${asked}\` prints it`);
    }
    return clean({
        user,
        command: command?.map((word) => word.replaceAll("${", "$${")),
        env: some(env),
        files: some(mounts),
        temporary: temporary.length === 0 ? undefined : ["/tmp", ...temporary.filter((folder) => folder !== "/tmp")],
        readOnlyRoot: service.read_only === true ? undefined : false,
        ...clean({ memory: limitsOf(service)["memory"], cpus: limitsOf(service)["cpus"] }),
    });
}

function lastingFields(
    compose: Compose,
    name: string,
    port: number | undefined,
    facts: ImageFacts,
    { lasting, notes }: { lasting: readonly string[]; roles: Readonly<Record<string, Role>>; notes: Notes },
): Fields {
    const service = at(compose, name);
    const kind = kindOf(name, service, commandOf(service, facts), port);
    if (kind === "scheduler")
        notes.check.push(`${name}: it looks like a scheduler, of which one at most may run; make it a worker if two may`);
    const after = Object.keys(service.depends_on).filter(
        (other) => lasting.includes(other) && kindOf(other, at(compose, other), undefined) !== "scheduler",
    );
    const health = healthOf(service, port);
    const { replicas, stopGrace, logs } = limitsOf(service);
    return clean({
        kind: kind === "service" ? undefined : kind,
        port: kind === "service" ? port : undefined,
        health: some(health),
        replicas: kind === "scheduler" ? undefined : replicas,
        stopGrace,
        logs,
        after: after.length === 0 ? undefined : after.map(plainName),
    });
}

function jobOrder(compose: Compose, name: string, jobs: readonly string[]): Fields {
    const after = Object.keys(at(compose, name).depends_on).filter((other) => jobs.includes(other));
    return after.length === 0 ? {} : { after: after.map(plainName) };
}

/** What is built is built from the same folder; what has a reference keeps it. */
function images(compose: Compose, own: readonly string[], root: string): Fields {
    return Object.fromEntries(
        own.map((name): [string, unknown] => {
            const { build, image } = at(compose, name);
            if (build === undefined) return [plainName(name), (image ?? "").replaceAll("\uE000", "")];
            const folder = relative(root, resolve(compose.folder, build.context)) || ".";
            const args = Object.fromEntries(
                Object.entries(build.args ?? {}).filter(([, value]) => value !== null && !value.includes("\uE000")),
            );
            return [plainName(name), clean({ build: folder, dockerfile: build.dockerfile, target: build.target, args: some(args) })];
        }),
    );
}

/** One host is the main one, `www.` its alias, others have a short name each. */
function namedRoutes(found: readonly FoundRoute[], domain: string | undefined) {
    const all = [...new Set(found.flatMap(({ hosts }) => hosts))];
    const aliases = all.filter((host) => host === `www.${domain ?? ""}`);
    const others = all.filter((host) => host !== domain && !aliases.includes(host));
    const hosts = Object.fromEntries(
        others.map((host) => [plainName(host.split(".")[0] ?? host), domain === undefined ? host : host.split(domain).join("${domain}")]),
    );
    const short = (host: string) => (others.includes(host) ? plainName(host.split(".")[0] ?? host) : undefined);
    const routes = found.flatMap(({ hosts: names, path, exact, service }) => {
        const wanted = [...new Set((names.length === 0 ? [domain ?? ""] : names).filter((host) => !aliases.includes(host)).map(short))];
        return wanted.map((host) => clean({ host, path, exact: exact || undefined, to: plainName(service) }));
    });
    return { hosts, aliases, routes };
}

/** Sockets are silent for long: a path of their own keeps every other one's time-outs. */
function withSockets(routes: readonly Fields[], notes: Notes): Fields[] {
    const sockets = routes.filter(({ path }) => /socket|\/ws\b|websocket/.test(String(path)));
    if (sockets.length === 0) notes.check.push("WebSockets: give their path a route with websocket: true, if there are any");
    return routes.map((route) => (sockets.includes(route) ? { ...route, websocket: true } : route));
}

const IGNORED = new Set([
    ...[
        "image",
        "build",
        "command",
        "entrypoint",
        "environment",
        "env_file",
        "volumes",
        "tmpfs",
        "ports",
        "expose",
        "labels",
        "depends_on",
        "healthcheck",
    ],
    ...[
        "restart",
        "user",
        "read_only",
        "profiles",
        "deploy",
        "mem_limit",
        "cpus",
        "stop_grace_period",
        "logging",
        "secrets",
        "container_name",
        "hostname",
    ],
    ...[
        "networks",
        "links",
        "stdin_open",
        "tty",
        "init",
        "pull_policy",
        "platform",
        "working_dir",
        "mem_reservation",
        "security_opt",
        "cap_drop",
        "memswap_limit",
    ],
]);
const WHY: Readonly<Record<string, string>> = {
    privileged: "no container here has more rights than it needs",
    cap_add: "containers have no capabilities",
    devices: "containers see no devices",
    network_mode: "each stack has its own two networks",
    extra_hosts: "give the name to DNS",
    extends: "run `docker compose config` first and import what it prints",
    sysctls: "set it on the host",
    ulimits: "the engine's defaults apply",
    pid: "containers see their own processes only",
    configs: "put the file into the image",
};

/** Keys of services that mean nothing here, published ports, and secrets in files. */
function unwritten(compose: Compose, own: readonly string[], notes: Notes): void {
    for (const name of own) {
        const service = at(compose, name);
        for (const key of Object.keys(service).filter(
            (each) => !IGNORED.has(each) && !each.startsWith("x-") && service[each] !== undefined,
        )) {
            notes.left.push(`${name}: ${key}: ${WHY[key] ?? "has no counterpart"}`);
        }
        if (service.secrets.length > 0)
            notes.check.push(
                `${name}: files ${service.secrets.join(", ")} of compose's secrets: name each as \${file:secrets.…} in the variable that points there`,
            );
        if (service.env_file.some((each) => compose.missing.includes(each)))
            notes.check.push(`${name}: its env file isn't there: add its variables to env`);
    }
}

function problems(config: Fields, stack: string, secrets: ReadonlyMap<string, SecretEntry>): readonly string[] {
    // Given secrets are there by the time that it's deployed; what is told here is what the description lacks.
    const given = Object.fromEntries([...secrets].filter(([, { kind }]) => kind === "given").map(([name]) => [name, "0123456789abcdef"]));
    const tls = config["quai:environment"] === "development" ? {} : { "quai:tls": { mode: "files", certificate: "x.crt", key: "x" } };
    try {
        parseSettings({ ...tls, ...config, ...(Object.keys(given).length === 0 ? {} : { "quai:secrets": given }) }, { stack });
        return [];
    } catch (error) {
        if (error instanceof SettingsError) return error.problems;
        throw error;
    }
}
