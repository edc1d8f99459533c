import { X509Certificate } from "node:crypto";
import type { TlsMode } from "./args";
import type { ProxySpec } from "./spec";

/** A route for people and for reports: nothing of it is secret. */
export interface RouteDescription {
    readonly host: string;
    readonly path: string;
    readonly exact: boolean;
    /** Name of a service, or of files. */
    readonly to: string;
    readonly kind: "service" | "files";
    /** `10 per second, burst 20` */
    readonly limit?: string;
    readonly websocket: boolean;
}

/** The routes in the order of their addresses. Releases are left out: a new one leads to the same service. */
export function describeRoutes(spec: ProxySpec): readonly RouteDescription[] {
    return spec.routes
        .map(({ host, path, exact, backend, limit, websocket }) => ({
            host: host ?? "*",
            path,
            exact,
            to: backend.name,
            kind: backend.kind,
            ...(limit === undefined ? {} : { limit: `${limit.rate.requests} per ${limit.rate.per}, burst ${limit.burst}` }),
            websocket,
        }))
        .sort((a, b) => (`${a.host} ${a.path}` < `${b.host} ${b.path}` ? -1 : 1));
}

export interface CertificateDescription {
    readonly mode: TlsMode["mode"];
    /** SHA-256 of the certificate, and the day of its end, of one's own files. */
    readonly fingerprint?: string;
    readonly until?: string;
}

export function describeCertificate(tls: TlsMode): CertificateDescription {
    if (!("certificate" in tls) || typeof tls.certificate !== "string") return { mode: tls.mode };
    try {
        const { fingerprint256, validTo } = new X509Certificate(tls.certificate);
        return {
            mode: tls.mode,
            fingerprint: fingerprint256.replaceAll(":", "").toLowerCase(),
            until: new Date(validTo).toISOString().slice(0, 10),
        };
    } catch {
        return { mode: tls.mode }; // nginx refuses it, and says why.
    }
}
