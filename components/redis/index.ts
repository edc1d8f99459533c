import * as pulumi from "@pulumi/pulumi";
import type { Place } from "../internal/aws/security-groups";
import type { SecretRef, SecretsBundle } from "../secrets-bundle";
import { derivedSecret } from "../secrets-bundle";
import { lazily } from "../internal/lazily";
import type { Target } from "../targets";
import { unreachable } from "../targets";
import { redisOnDocker } from "./docker";

export type RedisVersion = "7" | "7.2" | "7.4" | "8";

export interface RedisArgs {
    readonly target: Target;
    readonly secrets: SecretsBundle;
    /** Name of the generated secret that is the password. @default "redisPassword" */
    readonly password?: string;
    readonly version: RedisVersion;
    /** Memory for data, in bytes. @default 268435456 (256 MB, guide 003) */
    readonly memory?: number;
    /** What happens when memory is full. A broker must be `noeviction`, or it drops tasks (R50). @default "noeviction" */
    readonly eviction?: string;
    /** Whether every write reaches the disk within a second (AOF), so that a restart keeps it. @default true */
    readonly appendOnly?: boolean;
    /** Rotation of its log. @default the target's */
    readonly logs?: { readonly maxSize?: number; readonly maxFiles?: number };
}

/** What a realization gives back, whatever the target. */
export interface RedisEndpoint {
    readonly host: pulumi.Input<string>;
    readonly scheme: "redis" | "rediss";
    readonly ready: pulumi.Resource | undefined;
    /** On AWS: what its address opens. */
    readonly place?: Place;
    /** On AWS: makes the server forget the former password. @default it goes with the resource that made it known */
    readonly settle?: (after: readonly pulumi.Resource[]) => void;
}

/** Redis with a password, a memory limit and an append-only file (R49, R50). */
export class Redis extends pulumi.ComponentResource {
    readonly host: pulumi.Input<string>;
    readonly port = 6379;
    /** The server is healthy. */
    readonly ready: pulumi.Resource | undefined;
    private readonly endpoint: RedisEndpoint;
    private readonly name: string;
    private readonly password: SecretRef;

    constructor(name: string, args: RedisArgs, opts?: pulumi.ComponentResourceOptions) {
        super("quai:index:Redis", name, {}, opts);
        this.name = name;
        this.password = args.secrets.get(args.password ?? "redisPassword");
        switch (args.target.kind) {
            case "docker":
                this.endpoint = { host: "redis", scheme: "redis", ready: redisOnDocker(this, name, args.target, args, this.password) };
                break;
            case "aws":
                this.endpoint = lazily<typeof import("./aws")>(module, "./aws").redisOnAws(this, name, args.target, args, this.password);
                break;
            default:
                this.endpoint = unreachable(args.target);
        }
        this.host = this.endpoint.host;
        this.ready = this.endpoint.ready;
        this.registerOutputs({ version: args.version });
    }

    /** Lets a former password go, last of a release. `after`: everything that uses the present one. */
    settle(after: readonly pulumi.Resource[]): void {
        this.endpoint.settle?.(after);
    }

    /** `redis://:password@host:6379/<database>`, with the password; on AWS `rediss`, over TLS. */
    url(database = 0): SecretRef {
        const { host, scheme, place } = this.endpoint;
        const url = derivedSecret(
            "redisUrl",
            [this.password],
            ([password = "", at = ""]) => `${scheme}://:${password}@${at}:${this.port}/${database}`,
            place === undefined ? undefined : [place],
            [host],
        );
        return { ...url, opens: [this.name] };
    }
}
