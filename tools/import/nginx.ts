import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Compose } from "./compose";
import type { FoundRoute } from "./routes";

/** A route, and the port that it led to. */
export interface NginxRoute extends FoundRoute {
    readonly port: number | undefined;
}

/**
 * Routes of the nginx configuration files that a compose file mounts or builds into its proxy: what `location` leads to which service.
 * Enough for the usual file of a guide; conditions, rewrites and maps aren't understood.
 */
export function nginxRoutes(compose: Compose): NginxRoute[] {
    return configurations(compose).flatMap((text) => routesIn(text, Object.keys(compose.services)));
}

function configurations({ folder, services }: Compose): string[] {
    const mounted = Object.values(services).flatMap(({ volumes, build }) => [
        ...volumes.flatMap((each) => {
            const [source, target] = typeof each === "string" ? each.split(":") : [each.source, each.target];
            return source !== undefined && /nginx/.test(`${source} ${target ?? ""}`) && /^[./]/.test(source)
                ? [resolve(folder, source)]
                : [];
        }),
        ...(build !== undefined && /nginx|proxy/.test(build.context) ? [resolve(folder, build.context)] : []),
    ]);
    return [...new Set(mounted)].filter((path) => existsSync(path)).flatMap((path) => texts(path));
}

function texts(path: string): string[] {
    if (!statSync(path).isDirectory()) return [readFileSync(path, "utf8")];
    return readdirSync(path)
        .filter((file) => /\.(conf|template)$/.test(file))
        .map((file) => readFileSync(join(path, file), "utf8"));
}

function routesIn(text: string, services: readonly string[]): NginxRoute[] {
    const plain = text.replace(/#[^\n]*/g, "");
    const upstreams = new Map(
        [...plain.matchAll(/upstream\s+([\w.-]+)\s*\{[^}]*?server\s+([\w.-]+)(?::(\d+))?/g)].map(([, name = "", host = "", port]) => [
            name,
            { host, port },
        ]),
    );
    return [...plain.matchAll(/location\s+(=|\^~|~\*?)?\s*([^\s{]+)\s*\{([^}]*)\}/g)].flatMap(
        ([, how, path = "/", body = ""]): NginxRoute[] => {
            const [, name = "", direct] = /proxy_pass\s+https?:\/\/([\w.-]+)(?::(\d+))?/.exec(body) ?? [];
            const { host, port } = upstreams.get(name) ?? { host: name, port: direct };
            if (!services.includes(host) || (how?.startsWith("~") ?? false) || path.startsWith("@")) return [];
            return [{ hosts: [], path, exact: how === "=", service: host, port: port === undefined ? undefined : Number(port) }];
        },
    );
}
