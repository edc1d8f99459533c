import type { Renewals } from "../../../components/secrets-bundle/versions";
import type { ApplicationSettings } from "./application";
import type { BackupSettings, PostgresSettings, RedisSettings } from "./data";
import type { Domain, PortSettings, ProxySettings, TlsSettings } from "./edge";
import type { GivenSettings } from "./given";
import type { HostSettings } from "./host";
import type { BuildSettings, LogSettings, RegistrySettings, ServiceSettings } from "./services";
import type { TargetSettings } from "./target";

export * from "./application";
export * from "./data";
export * from "./edge";
export * from "./given";
export * from "./host";
export * from "./services";
export * from "./target";

/** What an environment is for; it decides some defaults, and what the policies refuse (production) or warn of (staging). */
export type Environment = "development" | "staging" | "production";

/** A calendar day, written YYYY-MM-DD. */
export type IsoDate = string;

/** Why a policy doesn't apply to this stack, and for how long. */
export interface Waiver {
    /** Why the rule may be broken here, for whoever reads the file next. At least 10 characters. @default (required) @example "Internal network only, agreed with security" */
    readonly reason: string;
    /** Last day on which the rule is waived, at most one year ahead; after it the rule applies again. @default (required) @example "2027-03-31" */
    readonly until: IsoDate;
}

/**
 * Everything a stack file says, checked, with every default filled in. Durations are seconds, sizes are bytes.
 * The doc comments below are the one source of the editor's help (schema/stack.schema.json) and of docs/settings.md.
 */
export interface Settings {
    /** Name of the Pulumi stack: `prod` for Pulumi.prod.yaml. */
    readonly stack: string;
    /** Name of the application: that of `custom`, or `application` itself. */
    readonly name: string;
    /** Prefix of every name on the target: `<name>-<stack>`, or the stack's name alone where it begins with the application's. */
    readonly stackId: string;
    /** What to deploy: `custom`, described in this file by quai:custom, or the name of a file of stacks/ without its ending. @default (required) @example "viatique" */
    readonly application: string;
    /** Your own application, with `application: custom`: docs/custom.md explains it with an example. @default none @example {"name":"shop","services":{"web":{"port":8000,"user":1000}},"routes":[{"to":"web"}]} */
    readonly custom?: ApplicationSettings;
    /** What the stack is for: decides some defaults, and what the policies refuse (production) or warn of (staging). @default (required) @example "production" */
    readonly environment: Environment;
    /** Where it runs: a Docker engine, on this machine or over SSH, or AWS. @default {"kind":"docker"} @example {"kind":"docker","host":"ssh://deploy@203.0.113.7","hostKey":"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKqP3sT0cT6vJmG0u1Zk4kq3v5dJm0m2cO7p0m3vG1xZ"} */
    readonly target: TargetSettings;
    /** Makes the machine of quai:target.host ready for Docker, and keeps it so: docs/components/docker-host.md. @default none: the machine is prepared already @example {"rootLogin":false} */
    readonly host?: HostSettings;
    /** Main host name. The application's addresses, CORS and CSRF origins derive from it. @default `<application>.localhost` in development, required otherwise @example "viatique.example.com" */
    readonly domain: Domain;
    /** Further host names that answer like the main one. @default [] @example ["www.viatique.example.com"] */
    readonly aliases: readonly Domain[];
    /** Further host names of the application that differ from its own, by its short names for them. @default {} @example {"admin":"backoffice.example.com"} */
    readonly hosts: Readonly<Record<string, Domain>>;
    /** Where the certificate comes from. @default {} @example {"mode":"acme","email":"ops@example.com"} */
    readonly tls: TlsSettings;
    /** Where the proxy listens on a Docker host. @default {} @example {"http":8080,"https":8443,"address":"127.0.0.1"} */
    readonly ports: PortSettings;
    /** Image of each service: a reference, or how to build it. The application names its services and may have defaults. @default {} @example {"backend":"registry.example.com/viatique-backend@sha256:6c3c624b58dbbcd3c0dd82b4c53f04194d1247c6eebdaab7c610cf7d66709b3b"} */
    readonly images: Readonly<Record<string, string | BuildSettings>>;
    /** Where the images that this project itself uses (postgres, nginx, redis …) are taken from: the prefix of a mirror, or a mapping reference → reference. @default none: the official registries @example "mirror.example.com/dockerhub" */
    readonly imageMirror?: string | Readonly<Record<string, string>>;
    /** Logins of private registries, by host (and port). @default {} @example {"registry.example.com":{"username":"deploy","passwordSecret":"registryPassword"}} */
    readonly registries: Readonly<Record<string, RegistrySettings>>;
    /** What differs from the application's own figures, by service. @default {} @example {"backend":{"replicas":2,"memory":"512m"}} */
    readonly services: Readonly<Record<string, ServiceSettings>>;
    /** The PostgreSQL server, where the application has one. @default {} @example {"version":16,"memory":"2g"} */
    readonly postgres: PostgresSettings;
    /** The Redis server, where the application has one. @default {} @example {"memory":"512m"} */
    readonly redis: RedisSettings;
    /** Backups of databases and files, on by default; `false` switches them off, which production refuses. @default {} @example {"at":"03:00","timeZone":"Europe/Paris"} */
    readonly backup: BackupSettings | false;
    /** The day on which each generated secret was last renewed (YYYY-MM-DD, not in the future; `2026-11-20.2` for a second time). The date IS the version: change it to rotate the secret. Where former values count for a while (quai:overlap), a list, the newest first; `first` stands for the value from before any renewal. The first of a list signs: with the newest date behind it, what verifies is told of that one before it signs. @default {} @example {"databasePassword":"2026-11-01","jwt":["2026-11-20","first"]} */
    readonly rotation: Readonly<Record<string, Renewals>>;
    /** How long a former value of a secret counts after a rotation, as a duration, from the end of that day; `0s`: not at all. Only for secrets whose users accept a former one; what isn't named has the application's own time, key pairs 24h (R33). @default {} @example {"jwt":"48h"} */
    readonly overlap: Readonly<Record<string, number>>;
    /** Time, as a duration of at most 90d, for which production only warns of a secret that should have been renewed; after it a deployment is refused (R32). @default "0s" @example "14d" */
    readonly secretGrace: number;
    /** Secrets that cannot be generated, by name: encrypted in this file (`./quai secrets set smtpPassword`), or where to read them. @default {} @example {"smtpPassword":{"secure":"v1:…"},"openaiKey":{"environment":"OPENAI_API_KEY"},"stripeKey":{"command":["op","read","op://prod/stripe/key"]}} */
    readonly secrets: Readonly<Record<string, string | GivenSettings>>;
    /** Limits, time-outs and headers of the proxy. @default {} @example {"bodyLimit":"100m"} */
    readonly proxy: ProxySettings;
    /** Rotation of the containers' logs, for services that don't say otherwise (R87). @default {} @example {"maxSize":"20m","maxFiles":3} */
    readonly logs: LogSettings;
    /** Whether the application runs. `false` stops it: only data, backups' repository and secrets are kept. @default true @example false */
    readonly running: boolean;
    /** Whether everything is answered 503 with a page and `Retry-After`, while services, health checks and releases go on. On a Docker host `./quai maintenance on` does the same at once. @default false @example true */
    readonly maintenance: boolean;
    /** Whether volumes, databases and the keys of the backups refuse to be deleted by an update. @default true in production, false otherwise @example true */
    readonly protect: boolean;
    /** Data that may be left behind, with the last day for doing it, at most 14 days ahead: volumes that are taken out of the program, hosts and stacks that are moved away from. `./quai up` prints the entry that is needed (R48). @default {} @example {"postgres-data":"2026-12-01"} */
    readonly retired: Readonly<Record<string, IsoDate>>;
    /** Policies that don't apply for a while, by rule. @default {} @example {"pinned-images":{"reason":"The vendor publishes no digest","until":"2027-03-31"}} */
    readonly waive: Readonly<Record<string, Waiver>>;
}
