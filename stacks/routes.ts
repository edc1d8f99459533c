import type { Files } from "../components/files";
import type { RateLimit, Route } from "../components/tls-proxy";
import type { WebStack } from "../components/web-stack";
import type { ApplicationSettings, Settings } from "../infra/settings";
import type { Values } from "./placeholders";

interface Parts {
    readonly settings: Settings;
    readonly application: ApplicationSettings;
    readonly values: Values;
    readonly files: Readonly<Record<string, Files>>;
}

/** The routes of a described application, as the proxy takes them. */
export function routesOf({ settings, application, values, files }: Parts, stack: WebStack): Route[] {
    const limits = budgets(settings, application);
    return application.routes.map(
        ({ host, path, exact, to, files: served, folder, websocket, limit, bodyLimit, cache, assets, deny }): Route => {
            const folderOf = served === undefined ? undefined : files[served];
            return {
                host: host === undefined ? undefined : values.open[`hosts.${host}`],
                path,
                exact,
                to: folderOf === undefined ? stack.endpoint(to ?? "") : { files: folderOf, folder },
                websocket,
                limit: limit === undefined ? undefined : limits[limit],
                bodyLimit,
                cache: cache === undefined ? undefined : { seconds: cache.maxAge, immutable: cache.immutable },
                assets,
                deny,
            };
        },
    );
}

function budgets({ proxy }: Settings, { limits }: ApplicationSettings): Readonly<Record<string, RateLimit>> {
    const own = Object.entries(limits).map(([name, { requests, per, burst }]): [string, RateLimit] => [
        name,
        { name, rate: { requests, per }, burst },
    ]);
    return {
        api: { name: "api", rate: { requests: proxy.requestsPerSecond, per: "second" }, burst: proxy.burst },
        login: { name: "login", rate: { requests: proxy.login.requestsPerMinute, per: "minute" }, burst: proxy.login.burst },
        ...Object.fromEntries(own),
    };
}
