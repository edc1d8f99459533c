import { FILES_FOLDER } from "./nginx";
import type { ProxySpec, RouteSpec } from "./spec";

/** nginx that serves files alone, behind a load balancer which does everything else. */
export function fileServerConfig(spec: ProxySpec, port: number, healthPath: string): string {
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `    ${kind}_temp_path /tmp/${kind};`);
    return [
        "worker_processes auto;",
        "pid /tmp/nginx.pid;",
        "error_log /dev/stderr warn;",
        "events { worker_connections 1024; }",
        "http {",
        "    include /etc/nginx/mime.types;",
        "    default_type application/octet-stream;",
        ...temporary,
        "    sendfile on;",
        "    server_tokens off;",
        "    access_log /dev/stdout;",
        "    server {",
        `        listen ${port};`,
        `        location = ${healthPath} { access_log off; return 200 "ok\\n"; }`,
        ...spec.routes.flatMap(location),
        "        location / { return 404; }",
        "    }",
        "}",
        "",
    ].join("\n");
}

function location(route: RouteSpec): string[] {
    if (route.backend.kind !== "files") {
        return [];
    }
    const folder = [FILES_FOLDER, route.backend.name, route.backend.folder].filter((part) => part !== "").join("/");
    const { cache } = route;
    const header =
        cache === undefined ? "" : ` add_header Cache-Control "public, max-age=${cache.seconds}${cache.immutable ? ", immutable" : ""}";`;
    return [`        location ^~ ${route.path} { alias ${folder}/;${header} }`];
}
