import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { fileVolume } from "../internal/docker/file-volume";
import { hardened, keptData, memoryLimit, NEW_CONTAINER_ON } from "../internal/docker/hardening";
import type { Health } from "../internal/health";
import { healthcheck, waitTimeout } from "../internal/health";
import type { Place } from "../internal/aws/security-groups";
import { officialImage } from "../internal/images";
import { labelList } from "../internal/labels";
import { releaseOf } from "../internal/release";
import type { SecretRef, SecretsBundle } from "../secrets-bundle";
import { derivedSecret } from "../secrets-bundle";
import { lazily } from "../internal/lazily";
import type { DockerTarget, Target } from "../targets";
import { unreachable } from "../targets";

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
}

/** What a realization gives back, whatever the target. */
export interface RedisEndpoint {
    readonly host: pulumi.Input<string>;
    readonly scheme: "redis" | "rediss";
    readonly ready: pulumi.Resource | undefined;
    /** On AWS: what its address opens. */
    readonly place?: Place;
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

    /** `redis://:password@host:6379/<database>`, with the password; on AWS `rediss`, over TLS. */
    url(database = 0): SecretRef {
        const { host, scheme, place } = this.endpoint;
        const url = derivedSecret(
            "redisUrl",
            [this.password],
            ([password]) => pulumi.interpolate`${scheme}://:${password}@${host}:${this.port}/${database}`,
            place === undefined ? undefined : [place],
        );
        return { ...url, opens: [this.name] };
    }
}

const HEALTH: Omit<Health, "command"> = { interval: 15, timeout: 3, retries: 10, startPeriod: 5, shell: true };
const UID = 999;

function redisOnDocker(self: Redis, name: string, target: DockerTarget, args: RedisArgs, password: SecretRef): pulumi.Resource | undefined {
    const volume = new docker.Volume(
        `${name}-data`,
        { name: target.name(name, "data"), labels: labelList(target.stack, { role: "volume", service: name }) },
        { parent: self, provider: target.provider, ...keptData(target.protect) },
    );
    if (!target.running || target.networks === undefined) {
        return undefined;
    }
    const memory = args.memory ?? 256 * 1024 * 1024;
    const settings = redisSettings(memory, args.eviction ?? "noeviction", args.appendOnly ?? true);
    const configuration = pulumi.interpolate`${settings}requirepass ${password.value}\n`;
    const release = releaseOf({ settings, password: password.version });
    const files = fileVolume(
        target,
        `${name}-files-${release}`,
        {
            name: `${name}-files-${release}`,
            uid: UID,
            gid: UID,
            files: { "redis.conf": { content: configuration }, password: { content: password.value } },
        },
        { parent: self },
    );
    const health: Health = {
        ...HEALTH,
        command: ["/bin/sh", "-c", 'REDISCLI_AUTH="$(cat /run/secrets/password)" redis-cli ping | grep -q PONG'],
    };
    return new docker.Container(
        name,
        {
            name: target.name(name),
            image: target.image(officialImage("redis", args.version)).imageId,
            entrypoints: ["redis-server"],
            command: ["/run/secrets/redis.conf"],
            user: `${UID}:${UID}`,
            readOnly: true,
            ...hardened(target.logs),
            // Room for the copy that a rewrite of the append-only file makes.
            ...memoryLimit(memory * 2),
            networksAdvanced: [{ name: target.networks.data.name, aliases: ["redis"] }],
            mounts: [
                { type: "volume", source: volume.name, target: "/data" },
                { type: "volume", source: files.name, target: "/run/secrets", readOnly: true },
            ],
            tmpfs: { "/tmp": "rw,noexec,nosuid,size=1m" },
            healthcheck: healthcheck(health),
            wait: true,
            waitTimeout: waitTimeout(health),
            labels: labelList(target.stack, { role: "redis", service: name }),
            stopTimeout: 30,
            destroyGraceSeconds: 30,
        },
        {
            parent: self,
            provider: target.provider,
            replaceOnChanges: NEW_CONTAINER_ON,
            deleteBeforeReplace: true,
            dependsOn: [files.resource],
        },
    );
}

function redisSettings(memory: number, eviction: string, appendOnly: boolean): string {
    return [
        "bind * -::*",
        "port 6379",
        "dir /data",
        `maxmemory ${memory}`,
        `maxmemory-policy ${eviction}`,
        `appendonly ${appendOnly ? "yes" : "no"}`,
        "appendfsync everysec",
        "",
    ].join("\n");
}
