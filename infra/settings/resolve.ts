import { inspect } from "node:util";
import type { Context } from "./context";
import type { Parsed } from "./schema";
import type { Settings } from "./types";

/** Fills in the defaults that depend on the environment or on another setting. */
export function resolve(parsed: Parsed, { stack }: Context): Settings {
    const { environment, domain, tls, ports, protect, secrets } = parsed;
    const name = parsed.custom?.name ?? parsed.application;
    const development = environment === "development";
    // A load balancer is on the usual ports.
    const ownHost = development && parsed.target.kind === "docker";
    return {
        ...parsed,
        stack,
        name,
        stackId: stack === name || stack.startsWith(`${name}-`) ? stack : `${name}-${stack}`,
        domain: domain ?? `${name}.localhost`,
        tls: { ...tls, mode: tls.mode ?? (ownHost ? "local" : "acme") },
        ports: {
            http: ports.http ?? (ownHost ? 8080 : 80),
            https: ports.https ?? (ownHost ? 8443 : 443),
            address: ports.address ?? (development ? "127.0.0.1" : "0.0.0.0"),
            published:
                ports.published ?? (parsed.target.kind === "docker" && parsed.target.host === undefined && process.platform !== "linux"),
        },
        protect: protect ?? environment === "production",
        secrets: unprintable(secrets),
    };
}

/** The same record, which shows its names alone when printed or turned into JSON by mistake. */
export function unprintable<T>(secrets: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
    const names = Object.fromEntries(Object.keys(secrets).map((name) => [name, "[secret]"]));
    const safe = { enumerable: false, value: () => names };
    return Object.defineProperties({ ...secrets }, { toJSON: safe, [inspect.custom]: safe });
}
