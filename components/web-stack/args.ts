import type * as pulumi from "@pulumi/pulumi";
import type { Door } from "../internal/aws/service";
import type { Files } from "../files";
import type { SecretRef } from "../secrets-bundle";
import type { Target } from "../targets";
import type { Cron } from "./cron";

/** Where an image comes from. */
export type ImageSource =
    /** A reference of a registry; production asks for a digest. */
    | { readonly reference: string }
    /** A folder with a Dockerfile, relative to the project. Build arguments stay readable in the image: never a secret. */
    | { readonly build: string; readonly dockerfile?: string; readonly target?: string; readonly args?: Readonly<Record<string, string>> };

/** How a container's health is asked. Durations in seconds. */
export type HealthArgs = {
    /** Time between two checks, once it is healthy. @default 10 (guides 000, 001) */
    readonly interval?: number;
    /** @default 5 (guides 000, 001) */
    readonly timeout?: number;
    /** @default 5 (guides 000, 001) */
    readonly retries?: number;
    /** @default 30 */
    readonly startPeriod?: number;
} & (
    | { /** A path that answers 2xx or 3xx on the service's port. */ readonly http: string }
    | {
          /** A command in the container; 0 means healthy. */
          readonly command: readonly string[];
          /** The image has /bin/sh: it's asked every 2 seconds until it is healthy, and only then every `interval`. @default false */
          readonly shell?: boolean;
      }
);

/** What services, workers, schedulers and jobs have in common. */
export interface ContainerArgs {
    /** Key of `images`. */
    readonly image: string;
    /** @default the image's own */
    readonly command?: readonly string[];
    /** What starts the command. @default the image's own */
    readonly entry?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    /** File name below /run/secrets → secret. */
    readonly secrets?: Readonly<Record<string, SecretRef>>;
    /**
     * Environment variable → secret, for applications that can't read files. The value is read from a file by a shell just before the
     * command starts, so it isn't in `docker inspect`; needs `command` and a shell in the image. @default none
     */
    readonly secretEnv?: Readonly<Record<string, SecretRef>>;
    /** Folder in the container → files. */
    readonly files?: Readonly<Record<string, { readonly files: Files; readonly readOnly?: boolean }>>;
    /**
     * Services of the stack whose address it has (`hostOfService`). On AWS this opens the way there; on a Docker host all services share
     * a network. @default []
     */
    readonly calls?: readonly string[];
    /**
     * Names of databases and the like whose address it has in the open; those that its secrets open needn't be named. On a Docker host it is
     * on their network only if there is one; on AWS what it is given opens the way. @default []
     */
    readonly opens?: readonly string[];
    /** User and group in the container, as numbers; the secrets' files are theirs. */
    readonly user: { readonly uid: number; readonly gid: number };
    /** Limit in bytes. @default 512 MiB */
    readonly memory?: number;
    /** Limit in CPUs. @default no limit */
    readonly cpus?: number;
    /** Whether the image's files can't be written. @default true */
    readonly readOnlyRoot?: boolean;
    /** Folders for temporary files, in memory. @default ["/tmp"] */
    readonly temporary?: readonly string[];
}

export interface ServiceArgs extends ContainerArgs {
    /**
     * `service` answers requests; `worker` takes tasks; `scheduler` must never run twice, not even during a release: it alone is stopped
     * before its successor starts (R12). @default "service"
     */
    readonly kind?: "service" | "worker" | "scheduler";
    /** Where it listens; not published on the host. */
    readonly port?: number;
    readonly health: HealthArgs;
    /** @default 1; always 1 for a scheduler */
    readonly replicas?: number;
    /** Time to finish after SIGTERM, in seconds. @default 30 */
    readonly stopGrace?: number;
    /** Rotation of its log. @default the target's */
    readonly logs?: { readonly maxSize: number; readonly maxFiles: number };
    /** Services and workers of the same stack that must be healthy first (R17). @default none */
    readonly after?: readonly string[];
}

export interface JobArgs extends ContainerArgs {
    /** Tells the data it prepares from any other, e.g. a database's `data`: where a lost volume was made anew, it runs again. */
    readonly data?: pulumi.Input<string>;
    /** Whether it runs for the first release only, such as the creation of the first administrator (R124). @default false */
    readonly once?: boolean;
    /** Instead of before a release: at these times. Needs `command`, and a shell in the image. @default none */
    readonly schedule?: ScheduleArgs;
}

/** When a job runs by itself. Two runs of it never overlap on a Docker host; on AWS each starts when it is due. */
export interface ScheduleArgs {
    readonly at: Cron;
    /** A run that takes longer is ended, and has failed. In seconds. */
    readonly deadline: number;
}

export interface WebStackArgs {
    readonly target: Target;
    readonly images: Readonly<Record<string, ImageSource>>;
    readonly services: Readonly<Record<string, ServiceArgs>>;
    /** Run one after the other, in this order, before any container of the release starts; a failing one stops the release (R100). */
    readonly jobs?: Readonly<Record<string, JobArgs>>;
    /** What must be ready before jobs and services start, e.g. databases (R17). */
    readonly after?: readonly (pulumi.Resource | undefined)[];
    /** While the stack is stopped: jobs that have run once and for all, and won't again when it starts. @default none */
    readonly ranOnce?: readonly string[];
    /** The public host name, for health checks of applications that filter hosts (R20). */
    readonly host: string;
}

/** A service as the proxy needs it. */
export interface ServiceEndpoint {
    readonly name: string;
    readonly release: string;
    /** Host name that all replicas of this release share, on the private network. */
    readonly address: string;
    /** Host names of the replicas, where each has one: one that is to go is left out before it stops. @default `address` alone */
    readonly replicas?: readonly string[];
    readonly port: number;
    /** Path that answers when healthy, if it is asked by HTTP. */
    readonly healthPath: string | undefined;
    /** Healthy replicas, to depend on. */
    readonly ready: readonly pulumi.Resource[];
    /** On AWS, while the stack runs. */
    readonly onAws?: {
        /** The containers' security group. */
        readonly group: pulumi.Output<string>;
        /** Seconds in which a health check doesn't count. */
        readonly startPeriod: number;
        /** Tells the service which balancer's target groups it belongs to. */
        readonly open: (door: Door) => void;
    };
}

export interface ReleasedService {
    readonly name: string;
    readonly kind: "service" | "worker" | "scheduler";
    readonly release: string;
    readonly containers: readonly string[];
}
