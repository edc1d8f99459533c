/** How to build an image. */
export interface BuildSettings {
    /** Folder of the build context, from the project's root. A change of its content makes a new release. @default (required) @example "../viatique/backend" */
    readonly build: string;
    /** Dockerfile, from the build context. @default Dockerfile @example "docker/Dockerfile.prod" */
    readonly dockerfile?: string;
    /** Stage to build. @default the last one @example "production" */
    readonly target?: string;
    /** Build arguments, by name. They stay readable in the image: never a secret. @default {} @example {"VITE_API_URL":"https://api.example.com"} */
    readonly args: Readonly<Record<string, string>>;
}

/** Login of a private registry. */
export interface RegistrySettings {
    /** User name. @default (required) @example "deploy" */
    readonly username: string;
    /** Name of the entry of `quai:secrets` that holds the password or token. @default (required) @example "registryPassword" */
    readonly passwordSecret: string;
}

/** Rotation of a container's log. */
export interface LogSettings {
    /** Size at which a log file is closed and the next one begun. @default "50m" @example "20m" */
    readonly maxSize: number;
    /** How many files are kept, the current one included. @default 5 @example 3 */
    readonly maxFiles: number;
}

/** What differs from `quai:logs` for one container. */
export interface LogOverrides {
    /** Size at which a log file is closed and the next one begun. @default quai:logs.maxSize @example "20m" */
    readonly maxSize?: number;
    /** How many files are kept, the current one included. @default quai:logs.maxFiles @example 3 */
    readonly maxFiles?: number;
}

/** When a service counts as healthy; what isn't given is the application's own choice. */
export interface HealthSettings {
    /** Time between two probes, as a duration. @default the application's @example "10s" */
    readonly interval?: number;
    /** Time after which a probe has failed, as a duration. @default the application's @example "5s" */
    readonly timeout?: number;
    /** Failed probes in a row before the service counts as unhealthy. @default the application's @example 5 */
    readonly retries?: number;
    /** Time after the start during which failures don't count, as a duration. @default the application's @example "90s" */
    readonly startPeriod?: number;
}

/** What differs from the application's own figures for one service. */
export interface ServiceSettings {
    /** Containers (tasks) that share the load. @default the application's @example 2 */
    readonly replicas?: number;
    /** Most processors it may use, in CPUs. @default the application's @example 1.5 */
    readonly cpus?: number;
    /** Most memory it may use, as a size. @default the application's @example "512m" */
    readonly memory?: number;
    /** Command and arguments, instead of the application's. @default the application's @example ["gunicorn","core.wsgi:application","--workers","4"] */
    readonly command?: readonly string[];
    /** Environment variables, added to the application's. Anyone who can inspect a container reads them: never a secret. @default {} @example {"LOG_LEVEL":"warning"} */
    readonly env: Readonly<Record<string, string>>;
    /** Time between the request to stop and the kill, as a duration. @default the application's @example "30s" */
    readonly stopGrace?: number;
    /** When it counts as healthy. @default the application's @example {"startPeriod":"90s"} */
    readonly health?: HealthSettings;
    /** Rotation of its log. @default quai:logs, or the application's @example {"maxSize":"20m","maxFiles":3} */
    readonly logs?: LogOverrides;
}
