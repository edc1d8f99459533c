import * as command from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import * as tls from "@pulumi/tls";
import { officialImage, resolveImage } from "../internal/images";
import { labelList } from "../internal/labels";
import type { SshConnection } from "./ssh";
import { sshOptions } from "./ssh";

export interface LogLimits {
    /** Size at which a container's log file is rotated, in bytes. */
    readonly maxSize: number;
    /** How many rotated files are kept. */
    readonly maxFiles: number;
}

export interface DockerTargetArgs {
    /** Prefix of every name on the host, e.g. `demo-dev`. */
    readonly stack: string;
    /** The host over SSH. @default this machine's engine */
    readonly ssh?: SshConnection;
    /** What makes the host ready: nothing is asked of it before. @default it is ready */
    readonly prepared?: pulumi.Resource;
    /** Company mirror or replacement references, see `resolveImage`. @default the references as they are */
    readonly imageMirror?: string | Readonly<Record<string, string>>;
    /** Registry logins by host. */
    readonly registries?: readonly { readonly address: string; readonly username: string; readonly password: pulumi.Input<string> }[];
    /** False: only data and secrets are kept, nothing runs. @default true */
    readonly running?: boolean;
    /** Data and secrets can't be deleted or replaced. @default false */
    readonly protect?: boolean;
    readonly logs: LogLimits;
}

/**
 * One Docker host: an explicit provider, the way to run a command there, the stack's two networks, and names.
 * `app` carries traffic between proxy and services and has a way out; `data` has none: databases are reached only by services that are told how (R15).
 */
export class DockerTarget extends pulumi.ComponentResource {
    readonly kind = "docker";
    readonly stack: string;
    readonly provider: docker.Provider;
    /** Runs commands on the host. */
    readonly commands: command.Provider;
    /** Generators of secrets and keys; the values live in the state, encrypted. */
    readonly generators: { readonly random: random.Provider; readonly tls: tls.Provider };
    readonly ssh: SshConnection | undefined;
    readonly running: boolean;
    readonly protect: boolean;
    readonly logs: LogLimits;
    /** An image with a shell, coreutils and curl, for the short commands that write files into volumes. */
    readonly toolbox: string;
    readonly networks: { readonly app: docker.Network; readonly data: docker.Network } | undefined;
    private readonly mirror: DockerTargetArgs["imageMirror"];
    private readonly pulled = new Map<string, docker.RemoteImage>();

    constructor(name: string, args: DockerTargetArgs, opts?: pulumi.ComponentResourceOptions) {
        super("quai:target:Docker", name, {}, opts);
        this.stack = args.stack;
        this.ssh = args.ssh;
        this.running = args.running ?? true;
        this.protect = args.protect ?? false;
        this.logs = args.logs;
        this.mirror = args.imageMirror;
        this.toolbox = this.reference(officialImage("nginx"));
        const ready = args.prepared === undefined ? [] : [args.prepared];
        this.provider = new docker.Provider(
            name,
            {
                ...(args.ssh === undefined ? {} : { host: args.ssh.url, sshOpts: sshOptions(args.ssh) }),
                registryAuth: args.registries?.map((registry) => ({ ...registry, password: pulumi.secret(registry.password) })),
                // The engine is asked for when a resource needs it: a preview without changes needs no reachable host.
                disableDockerDaemonCheck: true,
            },
            { parent: this, dependsOn: ready },
        );
        this.commands = new command.Provider(`${name}-commands`, {}, { parent: this, dependsOn: ready });
        this.generators = {
            random: new random.Provider(`${name}-random`, {}, { parent: this }),
            tls: new tls.Provider(`${name}-tls`, {}, { parent: this }),
        };
        this.networks = this.running ? { app: this.network("app", false), data: this.network("data", true) } : undefined;
        this.registerOutputs({});
    }

    /** A name on the host: `demo-dev-api`. */
    name(...parts: readonly string[]): string {
        return [this.stack, ...parts].join("-");
    }

    /** The reference as this target gets it (mirror or offline equivalent). */
    reference(official: string): string {
        return resolveImage(official, this.mirror);
    }

    /** The image on the host, pulled once for all who use it. Kept when no longer used, so that a rollback finds it. */
    image(official: string): docker.RemoteImage {
        const reference = this.reference(official);
        const known = this.pulled.get(reference);
        if (known !== undefined) {
            return known;
        }
        const image = new docker.RemoteImage(reference, { name: reference, keepLocally: true }, { parent: this, provider: this.provider });
        this.pulled.set(reference, image);
        return image;
    }

    toolboxImage(): docker.RemoteImage {
        return this.image(officialImage("nginx"));
    }

    private network(name: string, internal: boolean): docker.Network {
        return new docker.Network(
            name,
            { name: this.name(name), internal, labels: labelList(this.stack, { role: "network", service: name }) },
            { parent: this, provider: this.provider },
        );
    }
}
