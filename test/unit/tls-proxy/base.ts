import type { Files } from "../../../components/files";
import type { Route, TlsProxyArgs } from "../../../components/tls-proxy";
import type { ServiceEndpoint } from "../../../components/web-stack";

export type ProxyArgs = Omit<TlsProxyArgs, "target" | "tls">;

/** A service as the application hands it over. */
export function endpoint(name: string, port: number, healthPath?: string): ServiceEndpoint {
    return { name, release: `${name}0001`, address: `${name}-${name}0001`, port, healthPath, ready: [] };
}

/** Files as far as the pure parts look at them. */
export function filesNamed(name: string): Files {
    return { name, gid: 10001, mount: { volume: `demo-dev-${name}`, ready: undefined } } as unknown as Files;
}

export const API = endpoint("api", 8000, "/api/health");
export const WEB = endpoint("web", 8080, "/health");

export const BUDGET = { name: "api", rate: { requests: 10, per: "second" }, burst: 20 } as const;
export const LOGIN = { name: "login", rate: { requests: 5, per: "minute" }, burst: 3 } as const;

export const ROUTES: readonly Route[] = [
    { path: "/api/", to: API, limit: BUDGET },
    { path: "/api/token", exact: true, to: API, limit: LOGIN },
    { path: "/api/ws", exact: true, to: API, websocket: true },
    { path: "/assets/", to: WEB, cache: { seconds: 31536000, immutable: true } },
    { path: "/", to: WEB },
];

export const BASE: ProxyArgs = {
    domain: "demo.localhost",
    aliases: ["www.demo.localhost"],
    ports: { http: 8080, https: 8443, address: "127.0.0.1" },
    routes: ROUTES,
};

/** Blocks of a configuration by their first line, directives without indentation: as a person skims it. */
export function blocks(configuration: string, opening: RegExp): string[][] {
    const lines = configuration.split("\n");
    return lines.flatMap((line, start) => {
        if (!opening.test(line.trim())) return [];
        const depth = line.search(/\S/);
        const end = lines.findIndex((other, index) => index > start && other.search(/\S/) === depth && other.trim() === "}");
        return [lines.slice(start, line.trim().endsWith("}") ? start + 1 : end + 1).map((each) => each.trim())];
    });
}

export function location(configuration: string, opening: string): string[] {
    const found = blocks(configuration, /^location /).filter(([first]) => first === `location ${opening} {`);
    if (found[0] === undefined) throw new Error(`no location ${opening}`);
    return found[0];
}
