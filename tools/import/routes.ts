import type { Compose, ComposeService } from "./compose";
import { nginxRoutes } from "./nginx";
import type { Notes } from "./notes";

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
