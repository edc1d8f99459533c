import type { Cron } from "../../../components/web-stack/cron";
import type { LogOverrides } from "./services";

/** A user in a container: number, and number of the group. */
export interface UserSettings {
    readonly uid: number;
    readonly gid: number;
}

/** A volume that a container sees. */
export interface MountSettings {
    /** Key of `files`. */
    readonly files: string;
    readonly readOnly: boolean;
}

/** A secret that the application needs. */
export interface SecretSettings {
    /** `password`: letters and digits; `key`: random bytes as text; `rsa`, `ed25519`: a pair, `<name>Private` and `<name>Public` (PEM); `certificate`: of the stack's own authority, `<name>Certificate`, `<name>Key`, `<name>Authority` (PEM); `given`: from quai:secrets. @default (required) @example "password" */
    readonly kind: "password" | "key" | "rsa" | "ed25519" | "certificate" | "given";
    /** Characters of a password, 32 to 256. @default 32 @example 64 */
    readonly length?: number;
    /** Bytes of a key, 32 to 512. @default 64 @example 48 */
    readonly bytes?: number;
    /** How a key is written. @default base64url @example "hex" */
    readonly encoding?: "hex" | "base64" | "base64url";
    /** Bits of an RSA key, 3072 to 8192. @default 4096 @example 3072 */
    readonly bits?: number;
    /** Of a certificate: host names and IP addresses that it is for; services call each other by their names. @default (required) with kind certificate @example ["inventory"] */
    readonly names?: readonly string[];
    /** Of a certificate: days that it is valid, 1 to 397. @default 397 @example 90 */
    readonly days?: number;
    /** How long a former value counts after a rotation, as a duration: for an application that accepts one besides the present, which it gets as `${former.<name>}`. @default 24h for a pair, else not at all @example "14d" */
    readonly overlap?: number;
    /** Of a given secret: whether it may be missing; variables that mention it are then left out. @default false @example true */
    readonly optional?: boolean;
    /** Whether people need to see it, such as a first password: it is among the outputs then, encrypted (`passwords`). @default false @example true */
    readonly output?: boolean;
}

/** Files that outlive releases. */
export interface FilesSettings {
    /** The user and group that write there, as numbers: `1000` or `1000:1000` (R13). @default (required) @example "1000:1000" */
    readonly user: UserSettings;
    /** Whether they are in the backups and protected; what can be made again need not be (R56). @default true @example false */
    readonly backup: boolean;
    /** Whether one process alone may write, as with a database that is a file (SQLite): one service with one replica (R52). @default false @example true */
    readonly oneWriter: boolean;
}

/** How health is asked; neither `http` nor `command`: the service listens on its port, or, without one, runs. */
export interface ProbeSettings {
    /** Path that answers below 400 on the service's port. @default none @example "/health" */
    readonly http?: string;
    /** Command in the container; 0 means healthy. @default none @example ["pg_isready","-q"] */
    readonly command?: readonly string[];
    /** Time between two probes, as a duration. @default 10s @example "30s" */
    readonly interval?: number;
    /** Time after which a probe has failed, as a duration. @default 5s @example "3s" */
    readonly timeout?: number;
    /** Failed probes in a row before the service counts as unhealthy. @default 5 @example 3 */
    readonly retries?: number;
    /** Time after the start during which failures don't count, as a duration. @default 30s @example "90s" */
    readonly startPeriod?: number;
}

/** What services and jobs have in common. */
export interface ContainerSettings {
    /** Key of quai:images. @default that of the service in `like`, else the service's own name @example "backend" */
    readonly image?: string;
    /** Another service, whose image, user, env, files, memory, readOnlyRoot and temporary apply here too; env and files are added to. @default none @example "backend" */
    readonly like?: string;
    /** Command and arguments, with placeholders. @default the image's @example ["gunicorn","core.wsgi:application","--bind","0.0.0.0:8000"] */
    readonly command?: readonly string[];
    /** The user in the container, as numbers, not root: `1000` or `1000:1000`. @default that of the service in `like`, else required @example "1000:1000" */
    readonly user?: UserSettings;
    /** Environment variables, with placeholders. A value that holds a secret is read by a shell just before the command starts and never shows in `docker inspect`: `command` must be given then. @default {} @example {"DATABASE_URL":"${database.url}","SECRET_KEY_FILE":"${file:secrets.djangoKey}"} */
    readonly env: Readonly<Record<string, string>>;
    /** Folder in the container → key of `files`, with `:ro` where it is only read. @default {} @example {"/app/media":"media","/app/static":"static:ro"} */
    readonly files: Readonly<Record<string, MountSettings>>;
    /** Most memory it may use, as a size. @default 512m @example "256m" */
    readonly memory?: number;
    /** Most processors it may use, in CPUs. @default no limit @example 1.5 */
    readonly cpus?: number;
    /** Whether the image's own files can't be written. @default true @example false */
    readonly readOnlyRoot?: boolean;
    /** Folders for temporary files, in memory. @default ["/tmp"] @example ["/tmp","/app/.cache"] */
    readonly temporary?: readonly string[];
    /** Of a service: services that must be healthy first; of a job: jobs that must have ended (R17). The order of the file doesn't count. @default [] @example ["api"] */
    readonly after: readonly string[];
}

/** A part of the application that runs on. */
export interface OwnServiceSettings extends ContainerSettings {
    /** `service` answers requests, `worker` takes tasks, `scheduler` never runs twice, not even during a release (R12). @default "service" @example "worker" */
    readonly kind: "service" | "worker" | "scheduler";
    /** Where it listens; never published on the host. @default none @example 8000 */
    readonly port?: number;
    /** When it counts as healthy. @default {} @example {"http":"/health"} */
    readonly health: ProbeSettings;
    /** Containers that share the load. @default 1 @example 2 */
    readonly replicas?: number;
    /** Time between the request to stop and the kill, as a duration. @default 30s @example "1m" */
    readonly stopGrace?: number;
    /** Rotation of its log. @default quai:logs @example {"maxSize":"20m","maxFiles":3} */
    readonly logs?: LogOverrides;
}

/** A command that runs to its end before a release starts, or at times of its own. */
export interface OwnJobSettings extends ContainerSettings {
    /** Whether it runs for the first release only, instead of each, such as the creation of the first administrator (R124). @default false @example true */
    readonly once: boolean;
    /** Times at which it runs by itself, instead of before releases, in UTC and the words of cron: minute, hour, day of the month, month, day of the week. Its image needs a shell. @default none @example "30 4 * * *" */
    readonly cron?: Cron;
    /** Of one with `cron`: a run that takes longer is ended and has failed, as a duration. @default 1h @example "10m" */
    readonly deadline?: number;
}

/** For how long browsers may keep an answer. */
export interface CacheSettings {
    /** As a duration. @default (required) @example "365d" */
    readonly maxAge: number;
    /** Whether it never changes under its address. @default false @example true */
    readonly immutable: boolean;
}

/** Where requests go. */
export interface RouteSettings {
    /** Key of `hosts`. @default every name of quai:domain and quai:aliases @example "api" */
    readonly host?: string;
    /** Prefix of the path. @default "/" @example "/api/" */
    readonly path: string;
    /** Only this very path, not what is below it. @default false @example true */
    readonly exact: boolean;
    /** A service with a port. @default one of to and files is required @example "backend" */
    readonly to?: string;
    /** Key of `files` to serve from. @default one of to and files is required @example "media" */
    readonly files?: string;
    /** Folder inside those files. @default all of them @example "public" */
    readonly folder?: string;
    /** Whether connections may stay open and silent, up to an hour (R75). @default false @example true */
    readonly websocket: boolean;
    /** Budget of requests per client: `api` and `login` have the figures of quai:proxy, others those of `limits` (R78, R79). @default none @example "api" */
    readonly limit?: string;
    /** Largest request body, as a size. @default quai:proxy.bodyLimit @example "10m" */
    readonly bodyLimit?: number;
    /** For how long browsers may keep answers (R84). @default the service's own word @example {"maxAge":"365d","immutable":true} */
    readonly cache?: CacheSettings;
    /** Folder of the service's image with the files below this path: those with a hash in their name stay reachable for quai:proxy.keepAssets after their release. @default none @example "/usr/share/nginx/html/assets" */
    readonly assets?: string;
    /** File endings that are never served (R83). @default [] @example [".php",".py"] */
    readonly deny: readonly string[];
}

/** Requests that one client address may make. */
export interface BudgetSettings {
    /** How many. @default (required) @example 30 */
    readonly requests: number;
    /** In which time. @default "second" @example "minute" */
    readonly per: "second" | "minute";
    /** How many more may come at once. @default 0 @example 10 */
    readonly burst: number;
}

/** An application, described without a program. The five of stacks/*.yaml are written in these words, too. */
export interface ApplicationSettings {
    /** Its name: part of every name on the target, as in `<name>-<stack>`. @default (required) @example "shop" */
    readonly name: string;
    /** Host names beside quai:domain, by a short name that routes and placeholders use. @default {} @example {"api":"api.${domain}"} */
    readonly hosts: Readonly<Record<string, string>>;
    /** Servers that it needs; their figures are in quai:postgres and quai:redis. @default [] @example ["postgres","redis"] */
    readonly databases: readonly ("postgres" | "redis")[];
    /** Secrets that it needs: what is generated, and what quai:secrets must hold. @default {} @example {"sessionKey":{"kind":"key"},"smtpPassword":{"kind":"given"}} */
    readonly secrets: Readonly<Record<string, SecretSettings>>;
    /** Files that outlive releases: uploads, collected static files. @default {} @example {"media":{"user":"1000:1000"}} */
    readonly files: Readonly<Record<string, FilesSettings>>;
    /** What runs on: services, workers, schedulers. @default (required) @example {"backend":{"port":8000,"user":"1000:1000","health":{"http":"/health"}}} */
    readonly services: Readonly<Record<string, OwnServiceSettings>>;
    /** What runs to its end before each release; one that fails stops the release (R100). @default {} @example {"migrate":{"like":"backend","command":["python","manage.py","migrate"]}} */
    readonly jobs: Readonly<Record<string, OwnJobSettings>>;
    /** Where requests go; the longest path wins. @default (required) @example [{"path":"/","to":"backend","limit":"api"}] */
    readonly routes: readonly RouteSettings[];
    /** Budgets beside `api` and `login`. @default {} @example {"search":{"requests":30,"per":"minute","burst":10}} */
    readonly limits: Readonly<Record<string, BudgetSettings>>;
}
