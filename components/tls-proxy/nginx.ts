import type { RateLimit } from "./args";
import { MAINTENANCE_PAGE, RETRY_AFTER } from "./maintenance";
import type { ProxySpec, RouteSpec } from "./spec";
import { hstsOf } from "./spec";

/** Where the container is told what to listen on: by the sockets that it is handed (ports-docker.ts). One file for http, one for https. */
export const LISTEN_FOLDER = "/tmp/listen";
/** Shell lines: nginx listens for itself, where nobody hands it sockets. */
export const LISTEN_BY_ITSELF = `mkdir -p ${LISTEN_FOLDER}; echo 'listen 8080;' >${LISTEN_FOLDER}/http; echo 'listen 8443 ssl;' >${LISTEN_FOLDER}/https`;
/** Where services were last found: a file for each upstream that could be resolved (known-docker.ts). */
export const KNOWN_FOLDER = "/tmp/known";
/** Only reachable inside the container: the engine's health check. */
export const STATUS_PORT = 8081;
/** Only reachable inside the container: the same as https, of this very nginx, for the switch's checks. */
export const CHECK_PORT = 8444;
/** Where the configuration's volume is mounted; `current` is a link to the folder of the configuration in use. */
export const CONFIG_FOLDER = "/etc/quai";
/** Where the volume shared with the certificate service is mounted. */
export const ACME_FOLDER = "/etc/quai-acme";
/** In that volume, beside `current`: while it's there, everything is answered 503. */
export const MAINTENANCE_FILE = "maintenance";
export const FILES_FOLDER = "/srv/files";
/** Where files of former releases are; below it `<service>/former/<path>`. */
export const ASSETS_FOLDER = "/srv/assets";

/** Suites of guides 000 and 001 (R68), AES-256 beside AES-128. */
const CIPHERS = [
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
].join(":");

/** Headers that the proxy sends itself, so that each is there once, whoever answers (R82). */
const OWN_HEADERS = ["Strict-Transport-Security", "X-Content-Type-Options", "X-Frame-Options", "X-XSS-Protection", "Referrer-Policy"];

/**
 * Seconds that a former worker outlives the drain time: then the former containers are told to end, and what they tell their WebSockets
 * (close code 1001) must still have a way to the clients. As long as services have to finish unless they say otherwise.
 */
export const FAREWELL = 30;

/** A WebSocket may be silent for an hour (R75 asks for five minutes). */
const SILENT = { send: 3600, read: 3600 };

/**
 * The whole of nginx.conf; `version` is what the status server answers, so that one sees which configuration is in use.
 * Without a specification: the first start, before any release: everything is answered 503.
 */
export function nginxConfig(spec: ProxySpec | undefined, version: string): string {
    return [
        "# Written by quai. Changes here are lost at the next update.",
        "worker_processes auto;",
        "pid /tmp/nginx.pid;",
        "error_log /dev/stderr warn;",
        ...(spec === undefined ? [] : [`worker_shutdown_timeout ${spec.drain + FAREWELL}s;`]),
        "events { worker_connections 4096; multi_accept on; }",
        "http {",
        ...indent([...basics(), ...statusServer(version), ...(spec === undefined ? waitingServer() : site(spec, version))]),
        "}",
        "",
    ].join("\n");
}

function basics(): string[] {
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path /tmp/${kind};`);
    return [
        "include /etc/nginx/mime.types;",
        "default_type application/octet-stream;",
        ...temporary,
        "sendfile on;",
        "tcp_nopush on;",
        "server_tokens off;",
        "# A redirect of nginx's own must not name the port that it has inside of its container.",
        "absolute_redirect off;",
        "keepalive_timeout 65s;",
        "keepalive_requests 10000;",
        "# No query string: it may hold a token.",
        `log_format quai escape=json '{"time":"$time_iso8601","client":"$remote_addr","host":"$host","method":"$request_method","path":"$uri",'`,
        `    '"status":$status,"bytes":$bytes_sent,"seconds":$request_time,"upstream":"$upstream_addr","upstreamSeconds":"$upstream_response_time"}';`,
        "access_log /dev/stdout quai;",
    ];
}

function statusServer(version: string): string[] {
    return [
        "server {",
        // By itself, though the published port may have the same number: that socket is in the host's network, this one in the container's.
        `    listen 127.0.0.1:${STATUS_PORT} bind;`,
        "    access_log off;",
        `    location = /healthz { return 200 "ok\\n"; }`,
        `    location = /version { return 200 "${version}\\n"; }`,
        "    location = /status { stub_status; }",
        "}",
    ];
}

const listen = (name: "http" | "https") => `include ${LISTEN_FOLDER}/${name};`;
const listenForChecks = `listen 127.0.0.1:${CHECK_PORT} ssl`;

function waitingServer(): string[] {
    return [
        ...["server {", `    ${listen("http")}`, `    return 503 "starting\\n";`, "}"],
        "# A port that is handed over and not listened on would be let go of.",
        ...["server {", `    ${listen("https")}`, "    ssl_reject_handshake on;", "}"],
    ];
}

function site(spec: ProxySpec, version: string): string[] {
    return [
        "# Docker's own resolver; a container that comes back with another address is found within seconds (R77).",
        "resolver 127.0.0.11 valid=2s ipv6=off;",
        "map $http_upgrade $connection_upgrade { default upgrade; '' ''; }",
        "# The proxy's own checks: they are told which release answers, and pass where others get the maintenance page.",
        `map $http_x_quai_check $from_here { default 0; "${version}" 1; }`,
        ...trusted(spec),
        "map $from_here $shown_release { 0 ''; 1 $release; }",
        "# A reload would close idle connections at once, under a request that is on its way; so they get to send one more (R101).",
        `map $maintenance $retry_after { default ""; on ${RETRY_AFTER}; }`,
        `keepalive_min_timeout ${idleAfterSwitch(spec.drain)}s;`,
        ...spec.zones.map(zone),
        "limit_req_status 429;",
        `client_max_body_size ${spec.bodyLimit};`,
        ...tls(),
        ...(spec.compression ? compression() : []),
        ...upstreams(spec),
        ...refusingServer(),
        ...redirectServer(spec),
        ...hostsOf(spec).flatMap((host) => secureServer(spec, host)),
    ];
}

/**
 * Each replica by its own name: one that is to go leaves the configuration, and is drained, before it is stopped; a new one comes in when it is healthy.
 * The addresses are looked up again and again; when Docker's resolver is away, the last ones stay. When it doesn't know the name,
 * which it says for some seconds after a restart of the daemon, or hasn't been asked yet, they are where the replica was last found.
 */
function upstreams(spec: ProxySpec): string[] {
    const services = new Map(
        spec.routes.flatMap(({ backend }) => (backend.kind === "service" ? [[upstreamName(backend), backend] as const] : [])),
    );
    return [...services].flatMap(([name, { replicas, port }]) => [
        `upstream ${name} {`,
        `    zone ${name} 128k;`,
        ...replicas.map((replica) => `    server ${replica}:${port} resolve max_fails=0;`),
        "    # A pattern, because the file need not be there.",
        ...replicas.map((replica) => `    include ${KNOWN_FOLDER}/${replica}_${port}[.]conf;`),
        "    keepalive 32;",
        "    # Sooner than any service does: a request must not go out on a connection that is just being closed.",
        "    keepalive_timeout 1s;",
        "}",
    ]);
}

type ServiceBackend = Extract<RouteSpec["backend"], { kind: "service" }>;

function upstreamName({ address, port }: ServiceBackend): string {
    return `${address}_${port}`;
}

/** Of what load balancers send, the client is the last address that isn't one of theirs: what it claims itself stands before that (R80). */
function trusted({ trusted: balancers }: ProxySpec): string[] {
    return balancers.length === 0
        ? []
        : [...balancers.map((each) => `set_real_ip_from ${each};`), "real_ip_header X-Forwarded-For;", "real_ip_recursive on;"];
}

/** Seconds that an idle connection stays open after its last request whatever happens; less than the workers' own end after a switch. */
function idleAfterSwitch(drain: number): number {
    return Math.min(10, Math.ceil(drain / 3));
}

function zone(limit: RateLimit): string {
    return `limit_req_zone $binary_remote_addr zone=${limit.name}:10m rate=${limit.rate.requests}r/${limit.rate.per === "second" ? "s" : "m"};`;
}

function tls(): string[] {
    return [
        "ssl_protocols TLSv1.2 TLSv1.3;",
        `ssl_ciphers ${CIPHERS};`,
        "ssl_prefer_server_ciphers off;",
        "ssl_session_cache shared:tls:10m;",
        "ssl_session_timeout 10m;",
        "ssl_session_tickets off;",
        "ssl_certificate certificate.pem;",
        "ssl_certificate_key key.pem;",
        "http2 on;",
    ];
}

function compression(): string[] {
    const types = [
        "application/json",
        "application/javascript",
        "text/javascript",
        "text/css",
        "text/plain",
        "image/svg+xml",
        "application/manifest+json",
        "font/ttf",
        "font/otf",
        "application/vnd.ms-fontobject",
    ];
    return [
        "gzip on;",
        "gzip_vary on;",
        "gzip_proxied any;",
        "gzip_comp_level 5;",
        "gzip_min_length 1024;",
        `gzip_types ${types.join(" ")};`,
    ];
}

/** http goes to https of the same host and path (R69); but an ACME server's challenges are answered here (R64). */
function redirectServer(spec: ProxySpec): string[] {
    const port = spec.ports.https === 443 ? "" : `:${spec.ports.https}`;
    return [
        "server {",
        `    ${listen("http")}`,
        `    server_name ${spec.names.join(" ")};`,
        ...(spec.challenges
            ? [`    location ^~ /.well-known/acme-challenge/ { root ${ACME_FOLDER}/challenges; default_type text/plain; }`]
            : []),
        `    location / { return 301 https://$host${port}$request_uri; }`,
        "}",
    ];
}

/** A name that isn't ours gets no page and no certificate (R71): the first of the servers that listen is for those that no other is for. */
function refusingServer(): string[] {
    return [
        "server {",
        `    ${listen("http")}`,
        `    ${listen("https")}`,
        `    ${listenForChecks} bind;`,
        "    server_name _;",
        "    ssl_reject_handshake on;",
        "    return 444;",
        "}",
    ];
}

/** Routes with a host of their own get a server of their own; the rest share one. */
function hostsOf(spec: ProxySpec): { names: readonly string[]; routes: readonly RouteSpec[] }[] {
    const own = [...new Set(spec.routes.flatMap((route) => route.host ?? []))];
    const general = spec.routes.filter((route) => route.host === undefined);
    const servers = own.map((host) => ({ names: [host], routes: spec.routes.filter((route) => route.host === host) }));
    const rest = spec.names.filter((name) => !own.includes(name));
    return general.length === 0 ? servers : [...servers, { names: rest, routes: general }];
}

function secureServer(spec: ProxySpec, server: { names: readonly string[]; routes: readonly RouteSpec[] }): string[] {
    const hsts = hstsOf(spec);
    return [
        "server {",
        `    ${listen("https")}`,
        `    ${listenForChecks};`,
        `    server_name ${server.names.join(" ")};`,
        "    set $release '';",
        ...indent(maintenance(spec)),
        "    set $cache '';",
        "    # Here and nowhere below: a header in a location would drop all of these there.",
        ...(hsts === undefined ? [] : [`    add_header Strict-Transport-Security "${hsts}" always;`]),
        "    add_header X-Content-Type-Options nosniff always;",
        "    add_header X-Frame-Options DENY always;",
        '    add_header X-XSS-Protection "1; mode=block" always;',
        "    add_header Referrer-Policy strict-origin-when-cross-origin always;",
        "    add_header X-Quai-Release $shown_release always;",
        "    add_header Cache-Control $cache;",
        "    add_header Retry-After $retry_after always;",
        ...indent(server.routes.flatMap((route) => location(spec, route))),
        "}",
    ];
}

/** The proxy's own checks pass, so that an update can be proved while nobody else is served. */
function maintenance(spec: ProxySpec): string[] {
    return [
        `set $maintenance '${spec.maintenance ? "on" : ""}';`,
        `if (-f ${CONFIG_FOLDER}/${MAINTENANCE_FILE}) { set $maintenance on; }`,
        "if ($from_here) { set $maintenance ''; }",
        "if ($maintenance) { return 503; }",
        "error_page 503 @maintenance;",
        `location @maintenance { types {} default_type text/html; return 503 "${MAINTENANCE_PAGE}"; }`,
    ];
}

function location(spec: ProxySpec, route: RouteSpec): string[] {
    const denied =
        route.deny.length === 0
            ? []
            : [`location ~* ${expression(route.path)}.*\\.(${route.deny.map((ending) => ending.slice(1)).join("|")})$ { return 403; }`];
    const limit = route.limit === undefined ? [] : [`limit_req zone=${route.limit.name} burst=${route.limit.burst} nodelay;`];
    const answer = [
        ...(route.bodyLimit === spec.bodyLimit ? [] : [`client_max_body_size ${route.bodyLimit};`]),
        ...(route.cache === undefined
            ? keepsAssets(spec, route)
                ? ["set $cache '';"]
                : []
            : [`set $cache "${cacheControl(route.cache)}";`]),
        ...backend(spec, route),
    ];
    const begin = `location ${route.exact ? "= " : denied.length > 0 ? "" : "^~ "}${route.path} {`;
    return keepsAssets(spec, route)
        ? [...denied, begin, ...indent([...limit, ...formerAssets(route)]), "}", `location ${named(route)} {`, ...indent(answer), "}"]
        : [...denied, begin, ...indent([...limit, ...answer]), "}"];
}

/** Whether files of former releases are looked for, before the service is asked. */
export function keepsAssets(spec: ProxySpec, route: RouteSpec): boolean {
    return route.assets !== undefined && spec.keepAssets > 0;
}

/**
 * First what only a former release had: a service may answer an unknown path with its page instead of 404. Only names with a hash are kept,
 * so what is found under one is what was meant, and never changes.
 */
function formerAssets(route: RouteSpec): string[] {
    return [
        `root ${ASSETS_FOLDER}/${route.backend.name}/former;`,
        `set $cache "${cacheControl(route.cache ?? { seconds: 31536000, immutable: true })}";`,
        `try_files $uri ${named(route)};`,
    ];
}

function named(route: RouteSpec): string {
    return `@${route.backend.name}${route.path.replaceAll("/", "_")}`;
}

function expression(path: string): string {
    return `^${path.replaceAll(".", "\\.")}`;
}

function cacheControl(cache: NonNullable<RouteSpec["cache"]>): string {
    return `public, max-age=${cache.seconds}${cache.immutable ? ", immutable" : ""}`;
}

function backend(spec: ProxySpec, route: RouteSpec): string[] {
    if (route.backend.kind === "files") {
        return [`alias ${[FILES_FOLDER, route.backend.name, route.backend.folder].filter((part) => part !== "").join("/")}/;`];
    }
    const { release } = route.backend;
    const { connect } = spec.timeouts;
    const { send, read } = route.websocket ? SILENT : spec.timeouts;
    return [
        `set $release ${release};`,
        `proxy_pass http://${upstreamName(route.backend)};`,
        "proxy_http_version 1.1;",
        "proxy_set_header Host $http_host;",
        "proxy_set_header Upgrade $http_upgrade;",
        "proxy_set_header Connection $connection_upgrade;",
        "# Set, not added to: what a client claims about itself doesn't count (R74).",
        "proxy_set_header X-Real-IP $remote_addr;",
        "proxy_set_header X-Forwarded-For $remote_addr;",
        "proxy_set_header X-Forwarded-Proto $scheme;",
        "proxy_set_header X-Forwarded-Host $http_host;",
        'proxy_set_header Forwarded "";',
        'proxy_set_header X-Quai-Check "";',
        `proxy_connect_timeout ${connect}s;`,
        `proxy_send_timeout ${send}s;`,
        `proxy_read_timeout ${read}s;`,
        "# Another replica is asked when one can't be reached; a request that was sent is never sent twice.",
        "proxy_next_upstream error timeout;",
        "proxy_next_upstream_tries 3;",
        ...OWN_HEADERS.map((header) => `proxy_hide_header ${header};`),
        ...(route.cache === undefined ? [] : ["proxy_hide_header Cache-Control;"]),
    ];
}

function indent(lines: readonly string[]): string[] {
    return lines.map((line) => `    ${line}`);
}
