import type * as pulumi from "@pulumi/pulumi";
import type { Files } from "../files";
import type { AuthorityVersions } from "../secrets-bundle/versions";
import type { Target } from "../targets";
import type { ServiceEndpoint } from "../web-stack";

/** Where the certificate comes from. */
export type TlsMode =
    /** An authority of the stack's own: for development. People trust it once. @default authority never renewed */
    | { readonly mode: "local"; readonly authority?: AuthorityVersions }
    /** Own files, PEM: the chain with the server's certificate first, and its key. */
    | { readonly mode: "files"; readonly certificate: pulumi.Input<string>; readonly key: pulumi.Input<string>; readonly version: string }
    /** From an ACME server, by a challenge over http; until there is one, a temporary certificate is served. On AWS: ACM's, proved by DNS. */
    | {
          readonly mode: "acme";
          readonly email: string;
          /** Address of the server's directory. */
          readonly server: string;
          /** Whom to trust for the server's own address, PEM. @default the public authorities */
          readonly authority?: string;
      };

/** Requests per client address; one more than rate and burst allow is answered 429. */
export interface RateLimit {
    /** Requests with the same name share a budget. */
    readonly name: string;
    readonly rate: { readonly requests: number; readonly per: "second" | "minute" };
    /** How many may come at once above the rate, without delay. */
    readonly burst: number;
}

export interface Route {
    /** Host name. @default every name of the proxy */
    readonly host?: string;
    /** Prefix of the path, e.g. `/api/`. */
    readonly path: string;
    /** Only this very path, not what is below it. @default false */
    readonly exact?: boolean;
    /** A service, or files served from a volume. */
    readonly to: ServiceEndpoint | { readonly files: Files; readonly folder?: string };
    /** Connections that stay open and silent for up to an hour (R75). @default false: the proxy's timeouts */
    readonly websocket?: boolean;
    /** @default none */
    readonly limit?: RateLimit;
    /** Longest request body, in bytes. @default the proxy's */
    readonly bodyLimit?: number;
    /** `Cache-Control` of successful answers; replaces the service's. @default the service's */
    readonly cache?: { readonly seconds: number; readonly immutable?: boolean };
    /** Folder of the service's image that holds what is below the path: files in it that carry a hash in their name outlive their release. @default none */
    readonly assets?: string;
    /** File endings that are never served, e.g. uploaded scripts (R83). @default none */
    readonly deny?: readonly string[];
}

export interface TlsProxyArgs {
    readonly target: Target;
    /** The public name. */
    readonly domain: string;
    /** Further names. @default none */
    readonly aliases?: readonly string[];
    readonly tls: TlsMode;
    readonly ports: {
        readonly http: number;
        readonly https: number;
        /** Address of the host to listen on. */
        readonly address: string;
        /** Whether Docker publishes them; else containers listen on the host's own addresses, which no restart of Docker disturbs. @default false */
        readonly published?: boolean;
    };
    readonly routes: readonly Route[];
    /** Longest request body, in bytes. @default 50 MiB (guide 001) */
    readonly bodyLimit?: number;
    /** In seconds. @default 60 each (guide 001) */
    readonly timeouts?: { readonly connect: number; readonly send: number; readonly read: number };
    /** @default 31536000 seconds with subdomains, no preload (guides 000, 001; preload can't be undone) */
    readonly hsts?: { readonly maxAge: number; readonly includeSubdomains: boolean; readonly preload: boolean };
    /** Compress JSON, CSS, JavaScript, SVG and fonts (R85). @default true */
    readonly compression?: boolean;
    /** How long requests under way may take to finish after a switch, in seconds. @default 30 */
    readonly drain?: number;
    /** Addresses or networks of load balancers before the proxy, which say who the client is (R80). @default none */
    readonly trusted?: readonly string[];
    /** How long files of routes with `assets` stay after the release that had them, in seconds; 0: not at all. @default 7 days */
    readonly keepAssets?: number;
    /** Rotation of its log on a Docker host. @default the target's */
    readonly logs?: { readonly maxSize?: number; readonly maxFiles?: number };
    /** Everything is answered 503 with a page and `Retry-After`; services, their checks and releases go on. @default false */
    readonly maintenance?: boolean;
}
