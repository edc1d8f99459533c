import type { Compose, ComposeService } from "./compose";
import { clean, type Fields } from "./fields";
import { nginxRoutes } from "./nginx";
import type { Notes } from "./notes";
import { plainName } from "./words";

export interface FoundRoute {
    readonly hosts: readonly string[];
    readonly path: string;
    readonly exact: boolean;
    readonly service: string;
}

const KEY = /^traefik\.http\.routers\.([^.]+)\.rule$/;

/** Where requests go, by Traefik's labels, nginx-proxy's variables, or the ports that were published. */
export function routesOf(
    compose: Compose,
    services: readonly string[],
    open: (service: string) => number | undefined,
    notes: Notes,
): FoundRoute[] {
    const told = services.flatMap((name) => {
        const service = compose.services[name];
        return service === undefined ? [] : [...byTraefik(name, service, notes), ...byNginxProxy(name, compose.variables[name] ?? {})];
    });
    if (told.length > 0) return unique(told);
    const proxied = nginxRoutes(compose).filter(({ service }) => services.includes(service));
    if (proxied.length > 0) {
        notes.check.push("routes are those of the nginx configuration: compare limits, rewrites and conditions");
        return unique(proxied);
    }
    const listening = services.filter((name) => open(name) !== undefined);
    return guessed(listening, compose, notes);
}

function byTraefik(name: string, { labels }: ComposeService, notes: Notes): FoundRoute[] {
    const middlewares = Object.keys(labels).filter((label) => /^traefik\.http\.middlewares\./.test(label));
    const kinds = new Set(middlewares.map((label) => label.split(".")[4]?.toLowerCase()).filter((kind) => kind !== undefined));
    for (const kind of kinds) {
        if (["redirectscheme", "headers", "compress", "ratelimit", "buffering"].includes(kind)) continue;
        notes.left.push(`${name}: Traefik's middleware ${kind}: the proxy passes paths and requests on as they are`);
    }
    return Object.entries(labels).flatMap(([label, rule]): FoundRoute[] => {
        const router = KEY.exec(label)?.[1];
        if (router === undefined || rule === null) return [];
        // The router that only redirects http to https.
        const entry = labels[`traefik.http.routers.${router}.entrypoints`] ?? "";
        if (/^(web|http)$/.test(entry) && Object.keys(labels).filter((each) => KEY.test(each)).length > 1) return [];
        if (/HostRegexp|Headers?\(|Query\(|Method\(|ClientIP|PathRegexp/.test(rule)) {
            notes.left.push(`${name}: Traefik's rule ${JSON.stringify(rule)}: routes here know hosts and paths`);
        }
        const named = (what: string) =>
            [...rule.matchAll(new RegExp(`${what}\\(([^)]*)\\)`, "g"))].flatMap(([, names = ""]) => quoted(names));
        const hosts = named("Host");
        const prefixes = named("PathPrefix");
        const exact = named("Path");
        if (prefixes.length + exact.length === 0) return hosts.length === 0 ? [] : [{ hosts, path: "/", exact: false, service: name }];
        return [
            ...prefixes.map((path) => ({ hosts, path, exact: false, service: name })),
            ...exact.map((path) => ({ hosts, path, exact: true, service: name })),
        ];
    });
}

function quoted(names: string): string[] {
    return [...names.matchAll(/[`'"]([^`'"]+)[`'"]/g)].map(([, name = ""]) => name);
}

function byNginxProxy(name: string, variables: Readonly<Record<string, string | undefined>>): FoundRoute[] {
    const hosts = (variables["VIRTUAL_HOST"] ?? "")
        .split(",")
        .map((host) => host.trim())
        .filter((host) => host !== "");
    return hosts.length === 0 ? [] : [{ hosts, path: variables["VIRTUAL_PATH"] ?? "/", exact: false, service: name }];
}

const FRONT = /front|web|client|ui|site|www|nginx|next|nuxt|spa|app$/;
const BACK = /api|back|server|django|fastapi|rails|laravel|core/;

/** Nothing tells: the front end gets what is left, the API its usual prefix. */
function guessed(listening: readonly string[], compose: Compose, notes: Notes): FoundRoute[] {
    const published = listening.filter((name) => (compose.services[name]?.ports.length ?? 0) > 0);
    const [only] = listening;
    if (only === undefined) return [];
    const route = (service: string, path: string): FoundRoute => ({ hosts: [], path, exact: false, service });
    if (listening.length === 1) return [route(only, "/")];
    const front = listening.find((name) => FRONT.test(name) && !BACK.test(name)) ?? published[0] ?? only;
    const back = listening.find((name) => name !== front && BACK.test(name));
    const found = [...(back === undefined ? [] : [route(back, "/api/")]), route(front, "/")];
    notes.check.push(
        `routes are a guess (${found.map(({ path, service }) => `${path} → ${service}`).join(", ")}): nothing in the compose file says which path goes where`,
    );
    for (const name of listening.filter((each) => each !== front && each !== back)) {
        notes.check.push(`${name}: no route leads there: add one if people need it`);
    }
    return found;
}

function unique(routes: readonly FoundRoute[]): FoundRoute[] {
    const seen = new Set<string>();
    return routes.filter((route) => {
        const key = JSON.stringify([route.hosts, route.path, route.exact]);
        return !seen.has(key) && seen.add(key) !== undefined;
    });
}

/** One host is the main one, `www.` its alias, others have a short name each. */
export function namedRoutes(found: readonly FoundRoute[], domain: string | undefined) {
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
export function withSockets(routes: readonly Fields[], notes: Notes): Fields[] {
    const sockets = routes.filter(({ path }) => /socket|\/ws\b|websocket/.test(String(path)));
    if (sockets.length === 0) notes.check.push("WebSockets: give their path a route with websocket: true, if there are any");
    return routes.map((route) => (sockets.includes(route) ? { ...route, websocket: true } : route));
}
