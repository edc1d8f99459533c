import type { ServiceEndpoint } from "../web-stack/args";
import type { RateLimit, Route, TlsMode, TlsProxyArgs } from "./args";

export interface ProxySpec {
    readonly domain: string;
    readonly names: readonly string[];
    readonly ports: Required<TlsProxyArgs["ports"]>;
    readonly routes: readonly RouteSpec[];
    readonly zones: readonly RateLimit[];
    readonly bodyLimit: number;
    readonly timeouts: { readonly connect: number; readonly send: number; readonly read: number };
    readonly hsts: { readonly maxAge: number; readonly includeSubdomains: boolean; readonly preload: boolean };
    readonly compression: boolean;
    readonly drain: number;
    readonly trusted: readonly string[];
    readonly keepAssets: number;
    readonly logs: TlsProxyArgs["logs"];
    /** Whether everything is answered 503, by the settings. */
    readonly maintenance: boolean;
    /** Whether an ACME server's challenges are answered. */
    readonly challenges: boolean;
}

export interface RouteSpec {
    readonly host: string | undefined;
    readonly path: string;
    readonly exact: boolean;
    readonly backend:
        | {
              readonly kind: "service";
              readonly name: string;
              readonly address: string;
              readonly replicas: readonly string[];
              readonly port: number;
              readonly release: string;
          }
        | { readonly kind: "files"; readonly name: string; readonly folder: string };
    readonly websocket: boolean;
    readonly limit: RateLimit | undefined;
    readonly bodyLimit: number;
    readonly cache: Route["cache"];
    readonly assets: string | undefined;
    readonly deny: readonly string[];
}

/** Health has a bucket of its own, wide enough for monitors and for 100 requests at 10 at a time (R78, R104). */
const HEALTH_LIMIT: RateLimit = { name: "health", rate: { requests: 100, per: "second" }, burst: 200 };
const MEBIBYTE = 1024 * 1024;

/** Defaults filled in. @throws Error that lists every problem, each beginning with the route's or setting's path. */
export function resolveProxy(args: Omit<TlsProxyArgs, "target" | "tls"> & { readonly tls?: Pick<TlsMode, "mode"> }): ProxySpec {
    const bodyLimit = args.bodyLimit ?? 50 * MEBIBYTE;
    const routes = [...healthRoutes(args.routes), ...args.routes.map((route) => resolveRoute(route, bodyLimit))];
    const zones = new Map<string, RateLimit>();
    const problems: string[] = [];
    for (const { limit, path } of routes) {
        const known = limit === undefined ? undefined : zones.get(limit.name);
        if (limit !== undefined && known !== undefined && JSON.stringify(known.rate) !== JSON.stringify(limit.rate)) {
            problems.push(
                `routes[${path}].limit: the budget ${JSON.stringify(limit.name)} has another rate elsewhere; give one rate or another name`,
            );
        }
        if (limit !== undefined) {
            zones.set(limit.name, known ?? limit);
        }
    }
    problems.push(...args.routes.flatMap(routeProblems), ...duplicates(routes));
    if (problems.length > 0) {
        throw new Error(problems.join("\n"));
    }
    const hosts = args.routes.flatMap((route) => route.host ?? []);
    return {
        domain: args.domain,
        // Where every route has a host of its own, nothing would answer under the main name.
        names: [...new Set([...(hosts.length < args.routes.length ? [args.domain, ...(args.aliases ?? [])] : []), ...hosts])],
        ports: { published: false, ...args.ports },
        routes: [...routes, ...withoutSlash(routes)],
        zones: [...zones.values()],
        bodyLimit,
        timeouts: args.timeouts ?? { connect: 60, send: 60, read: 60 },
        hsts: args.hsts ?? { maxAge: 31536000, includeSubdomains: true, preload: false },
        compression: args.compression ?? true,
        drain: args.drain ?? 30,
        trusted: args.trusted ?? [],
        keepAssets: args.keepAssets ?? 7 * 86400,
        logs: args.logs,
        maintenance: args.maintenance ?? false,
        challenges: args.tls?.mode === "acme",
    };
}

/** The header that binds browsers to https; undefined: none is sent (R82). */
export function hstsOf({ hsts: { maxAge, includeSubdomains, preload } }: Pick<ProxySpec, "hsts">): string | undefined {
    return maxAge === 0
        ? undefined
        : [`max-age=${maxAge}`, includeSubdomains && "includeSubDomains", preload && "preload"].filter(Boolean).join("; ");
}

/** A service's health path gets a route of its own, so that probes and monitors don't use up the clients' budget. */
function healthRoutes(routes: readonly Route[]): RouteSpec[] {
    const paths = new Map<string, RouteSpec>();
    for (const route of routes) {
        if ("files" in route.to || route.to.healthPath === undefined || !route.to.healthPath.startsWith(route.path)) {
            continue;
        }
        const health = resolveRoute(
            { host: route.host, path: route.to.healthPath, exact: true, to: route.to, limit: HEALTH_LIMIT },
            MEBIBYTE,
        );
        paths.set(`${route.host ?? ""} ${health.path}`, health);
    }
    const own = new Set(routes.filter((route) => route.exact).map((route) => `${route.host ?? ""} ${route.path}`));
    return [...paths].filter(([key]) => !own.has(key)).map(([, route]) => route);
}

/** `/api` is a service's as much as `/api/`: nginx would answer it with a redirect, which turns a POST into a GET. */
function withoutSlash(routes: readonly RouteSpec[]): RouteSpec[] {
    const keys = new Set(routes.map(({ host, path }) => `${host ?? ""} ${path}`));
    return routes
        .filter(({ exact, backend, path }) => !exact && backend.kind === "service" && /.\/$/.test(path))
        .map((route) => ({ ...route, path: route.path.slice(0, -1), exact: true, deny: [], assets: undefined }))
        .filter(({ host, path }) => !keys.has(`${host ?? ""} ${path}`));
}

function resolveRoute(route: Route, bodyLimit: number): RouteSpec {
    return {
        host: route.host,
        path: route.path,
        exact: route.exact ?? false,
        backend:
            "files" in route.to ? { kind: "files", name: route.to.files.name, folder: route.to.folder ?? "" } : serviceBackend(route.to),
        websocket: route.websocket ?? false,
        limit: route.limit,
        bodyLimit: route.bodyLimit ?? bodyLimit,
        cache: route.cache,
        assets: route.assets,
        deny: route.deny ?? [],
    };
}

function serviceBackend({ name, address, replicas = [address], port, release }: ServiceEndpoint): RouteSpec["backend"] {
    return { kind: "service", name, address, replicas, port, release };
}

function routeProblems(route: Route): string[] {
    const path = `routes[${route.path}]`;
    const problems: string[] = [];
    if (!/^\/[A-Za-z0-9._~/-]*$/.test(route.path)) {
        problems.push(`${path}.path: must begin with / and hold letters, digits, . _ ~ - and / (got ${JSON.stringify(route.path)})`);
    }
    if (route.host !== undefined && !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(route.host)) {
        problems.push(`${path}.host: must be a host name in lower case, without https:// (got ${JSON.stringify(route.host)})`);
    }
    if ("files" in route.to && !route.path.endsWith("/")) {
        problems.push(`${path}.path: must end with / where files are served (got ${JSON.stringify(route.path)})`);
    }
    if (route.assets !== undefined && ("files" in route.to || route.exact === true || !route.path.endsWith("/"))) {
        problems.push(`${path}.assets: the route must lead to a service, by a path that ends with /`);
    }
    for (const ending of route.deny ?? []) {
        if (!/^\.[a-z0-9]+$/.test(ending)) {
            problems.push(`${path}.deny: must be file endings such as .php (got ${JSON.stringify(ending)})`);
        }
    }
    return problems;
}

function duplicates(routes: readonly RouteSpec[]): string[] {
    const seen = new Set<string>();
    return routes.flatMap((route) => {
        const key = `${route.host ?? "*"} ${route.exact ? "= " : ""}${route.path}`;
        if (seen.has(key)) {
            return [`routes[${route.path}]: given twice for ${route.host ?? "all names"}; remove one`];
        }
        seen.add(key);
        return [];
    });
}
