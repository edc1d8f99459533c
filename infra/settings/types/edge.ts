import type { LogOverrides } from "./services";

/** A host name in lower case, without scheme, port or path. */
export type Domain = string;

/** Where the certificate comes from. */
export interface TlsSettings {
    /** `local`: a certificate authority of our own, for development. `acme`: Let's Encrypt or another ACME server (on AWS: a certificate of ACM). `files`: your own certificate. @default local in development, acme otherwise @example "acme" */
    readonly mode: "local" | "acme" | "files";
    /** Where the ACME server writes when a certificate is about to end. @default required with mode acme on a Docker host @example "ops@example.com" */
    readonly email?: string;
    /** Directory address of the ACME server. @default "https://acme-v02.api.letsencrypt.org/directory" @example "https://acme-staging-v02.api.letsencrypt.org/directory" */
    readonly server: string;
    /** Path of the certificate (PEM) of the authority to trust for the ACME server's own address, where that is a private one. @default the public authorities @example "certificates/acme-authority.crt" */
    readonly authority?: string;
    /** Path of the certificate chain (PEM, leaf first). @default required with mode files @example "certificates/chain.crt" */
    readonly certificate?: string;
    /** Path of the certificate's private key (PEM, without passphrase). @default required with mode files @example "certificates/private.pem" */
    readonly key?: string;
}

/** Where the proxy listens on a Docker host. */
export interface PortSettings {
    /** Port of http, which only redirects. @default 80, in development 8080 @example 8080 */
    readonly http: number;
    /** Port of https. @default 443, in development 8443 @example 8443 */
    readonly https: number;
    /** IP address to listen on. @default 0.0.0.0, in development 127.0.0.1 @example "127.0.0.1" */
    readonly address: string;
    /** Whether Docker publishes the ports. Needed where a container can't listen on the machine's own addresses: Docker Desktop, rootless Docker, user namespaces. A restart of the Docker daemon is noticed there. @default false; true with this machine's engine where that isn't Linux @example true */
    readonly published: boolean;
}

/** How long the proxy waits for a service. */
export interface ProxyTimeouts {
    /** To open a connection, as a duration (R76). @default "60s" @example "5s" */
    readonly connect: number;
    /** Between two writes of a request, as a duration (R76). @default "60s" @example "30s" */
    readonly send: number;
    /** Between two reads of an answer, as a duration (R76). @default "60s" @example "2m" */
    readonly read: number;
}

/** A stricter limit for addresses where people log in. */
export interface LoginLimit {
    /** Requests per minute and client address (R79). @default 5 @example 10 */
    readonly requestsPerMinute: number;
    /** Requests let through at once before the limit bites (R79). @default 3 @example 5 */
    readonly burst: number;
}

/** The header that binds browsers to https. */
export interface HstsSettings {
    /** For how long, in seconds; 0 leaves the header out (R82). @default 31536000 @example 86400 */
    readonly maxAge: number;
    /** Whether subdomains are bound too (R82). @default true @example false */
    readonly includeSubdomains: boolean;
    /** Whether browsers may ship it built in. It can hardly be undone, so only on request (R82). @default false @example true */
    readonly preload: boolean;
}

/** Limits, time-outs and headers of the proxy. */
export interface ProxySettings {
    /** Largest request body, as a size; larger ones are answered 413 (R76). @default "50m" @example "100m" */
    readonly bodyLimit: number;
    /** How long the proxy waits for a service. @default {} @example {"read":"2m"} */
    readonly timeouts: ProxyTimeouts;
    /** Requests per second and client address to the API; more are answered 429 (R78). @default 10 @example 50 */
    readonly requestsPerSecond: number;
    /** Requests to the API let through at once before the limit bites (R78). @default 20 @example 100 */
    readonly burst: number;
    /** A stricter limit for addresses where people log in. @default {} @example {"requestsPerMinute":10} */
    readonly login: LoginLimit;
    /** The header that binds browsers to https. @default {} @example {"maxAge":86400} */
    readonly hsts: HstsSettings;
    /** Whether text, JSON, SVG and fonts are sent compressed (R85). @default true @example false */
    readonly compression: boolean;
    /** How long requests in flight may still run, as a duration, when a release is replaced or the proxy stops. @default "30s" @example "1m" */
    readonly drain: number;
    /** Load balancers before the proxy, addresses or networks: of requests that come from there, the client is the one that X-Forwarded-For names, so that limits and logs count it and not them (R80). Not on AWS, where the load balancer is quai's own. @default [] @example ["10.0.0.0/16"] */
    readonly trusted: readonly string[];
    /** How long files with a hash in their name, of routes with `assets`, stay reachable after the release that had them, as a duration; `"0s"`: not at all. @default "7d" @example "24h" */
    readonly keepAssets: number;
    /** Rotation of its log. @default quai:logs @example {"maxSize":"20m","maxFiles":5} */
    readonly logs?: LogOverrides;
}
