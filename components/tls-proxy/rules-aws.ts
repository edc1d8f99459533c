import type { ProxySpec, RouteSpec } from "./spec";

/** A rule of the load balancer. */
export interface BalancerRule {
    /** Unique for the listener; the lowest that matches wins. */
    readonly priority: number;
    readonly hosts: readonly string[];
    readonly paths: readonly string[];
    /** The backend's name. */
    readonly backend: string;
}

/** A rule holds so many values in all its conditions (Elastic Load Balancing quotas, as of 2026-11). */
const VALUES = 5;
/** Room between two routes, so that one more name of the stack doesn't move every rule that follows. */
const STEP = 10;

/**
 * Routes as rules of a load balancer, which takes the first that matches: hosts of their own first, then exact paths, then longer ones.
 *
 * @param taken values of each rule that something else needs
 * @throws Error when a route needs more names than there is room for
 */
export function balancerRules(spec: ProxySpec, taken = 0): BalancerRule[] {
    const own = new Set(spec.routes.flatMap(({ host }) => host ?? []));
    const rest = spec.names.filter((name) => !own.has(name));
    const ordered = mostSpecialFirst(spec.routes);
    return ordered.flatMap((route, index) => {
        const paths = pathsOf(route);
        const hosts = chunks(route.host === undefined ? rest : [route.host], VALUES - taken - paths.length);
        if (hosts.length > STEP) {
            throw new Error(
                `quai:aliases: a load balancer's route has room for ${STEP * (VALUES - taken - paths.length)} names (got ${rest.length})`,
            );
        }
        return hosts.map((some, part) => ({ priority: (index + 1) * STEP + part, hosts: some, paths, backend: route.backend.name }));
    });
}

export const mostSpecialFirst = (routes: readonly RouteSpec[]): RouteSpec[] =>
    [...routes].sort((a, b) => rank(b) - rank(a) || (key(a) < key(b) ? -1 : 1));

/** `/api/` is everything below it; `/` everything. */
export function pathsOf(route: RouteSpec): string[] {
    return route.exact ? [route.path] : [`${route.path}*`];
}

const key = (route: RouteSpec) => `${route.host ?? ""} ${route.path}`;

function rank(route: RouteSpec): number {
    return (route.host === undefined ? 0 : 1_000_000) + (route.exact ? 100_000 : 0) + route.path.length;
}

function chunks<T>(items: readonly T[], size: number): T[][] {
    return Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));
}
