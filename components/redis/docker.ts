import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { createHash } from "node:crypto";
import { fileVolume } from "../internal/docker/file-volume";
import { hardened, keptData, memoryLimit, containerOptions } from "../internal/docker/hardening";
import type { Health } from "../internal/health";
import { healthcheck, waitTimeout } from "../internal/health";
import { officialImage } from "../internal/images";
import { labelList } from "../internal/labels";
import { releaseOf } from "../internal/release";
import { quote, script, sh } from "../internal/shell";
import type { SecretRef } from "../secrets-bundle";
import type { DockerTarget } from "../targets";
import { hostCommand } from "../targets/host-command";
import type { Redis, RedisArgs } from ".";

const UID = 999;
const USERS = "/data/users.acl";
/** Made anew at each start, in memory, and known to nobody outside of the container. */
const ADMINISTRATOR = "/tmp/administrator";

/**
 * Who may log in is in a file beside the data, so that it outlives the container. A new one lets nobody in: passwords are added from
 * outside, so that two can be valid at a time and the server need not restart for them.
 */
const START = script(
    "umask 077; cd /data",
    `head -c 32 /dev/urandom | sha256sum | cut -c 1-64 | tr -d '\\n' > ${ADMINISTRATOR}`,
    `hash=$(sha256sum < ${ADMINISTRATOR} | cut -c 1-64)`,
    `if [ -s ${USERS} ]; then grep -v '^user administrator ' ${USERS} > ${USERS}.new || :; else echo 'user default off' > ${USERS}.new; fi`,
    `echo "user administrator on #$hash ~* &* +@all" >> ${USERS}.new; mv -f ${USERS}.new ${USERS}`,
    "exec redis-server /run/secrets/redis.conf",
);

/** redis-cli as the administrator; the server's answers and errors are printed. */
const CLIENT = `REDISCLI_AUTH="$(cat ${ADMINISTRATOR})" exec redis-cli --user administrator`;

const HEALTH: Health = {
    command: ["/bin/sh", "-c", `(${CLIENT} ping) | grep -q PONG`],
    interval: 15,
    timeout: 3,
    retries: 10,
    startPeriod: 5,
    shell: true,
};

/** A container, and the password in force: ready once it opens. */
export function redisOnDocker(
    self: Redis,
    name: string,
    target: DockerTarget,
    args: RedisArgs,
    password: SecretRef,
): pulumi.Resource | undefined {
    const volume = new docker.Volume(
        `${name}-data`,
        { name: target.name(name, "data"), labels: labelList(target.stack, { role: "volume", service: name }) },
        { parent: self, provider: target.provider, ...keptData(target.protect) },
    );
    if (!target.running || target.networks === undefined) {
        return undefined;
    }
    const server = serverContainer(self, name, target, args, volume, target.networks.data.name);
    return passwordInForce(self, name, target, server, password);
}

function serverContainer(
    self: Redis,
    name: string,
    target: DockerTarget,
    args: RedisArgs,
    volume: docker.Volume,
    network: pulumi.Input<string>,
): docker.Container {
    const memory = args.memory ?? 256 * 1024 * 1024;
    const settings = redisSettings(memory, args.eviction ?? "noeviction", args.appendOnly ?? true);
    const release = releaseOf({ settings });
    const files = fileVolume(
        target,
        `${name}-files-${release}`,
        { name: `${name}-files-${release}`, uid: UID, gid: UID, files: { "redis.conf": { content: settings } } },
        { parent: self },
    );
    return new docker.Container(
        name,
        {
            name: target.name(name),
            image: target.image(officialImage("redis", args.version)).imageId,
            entrypoints: ["/bin/sh", "-euc", START],
            command: [],
            user: `${UID}:${UID}`,
            readOnly: true,
            ...hardened({ ...target.logs, ...args.logs }),
            // Room for the copy that a rewrite of the append-only file makes.
            ...memoryLimit(memory * 2),
            networksAdvanced: [{ name: network, aliases: ["redis"] }],
            mounts: [
                { type: "volume", source: volume.name, target: "/data" },
                { type: "volume", source: files.name, target: "/run/secrets", readOnly: true },
            ],
            tmpfs: { "/tmp": "rw,noexec,nosuid,size=1m" },
            healthcheck: healthcheck(HEALTH),
            wait: true,
            waitTimeout: waitTimeout(HEALTH),
            labels: labelList(target.stack, { role: "redis", service: name }),
            stopTimeout: 30,
            destroyGraceSeconds: 30,
        },
        containerOptions(self, target, [files.resource]),
    );
}

/**
 * The password is one of those that the user `default` has; its version is part of the logical name. So another one is added beside it,
 * and it is taken away last, when nothing uses it any more. The server is told its hash and never the password.
 */
function passwordInForce(self: Redis, name: string, target: DockerTarget, server: docker.Container, password: SecretRef): pulumi.Resource {
    const hash = password.value.apply((text) => createHash("sha256").update(text).digest("hex"));
    const client = (container: string) => sh("docker", "exec", "-i", container, "/bin/sh", "-euc", CLIENT);
    // Whatever goes wrong is an answer, too: redis-cli itself ends well.
    const told = (container: string) => [
        `answers=$(${client(container)})`,
        `case "$answers" in *[!OK[:space:]]*) echo "$answers" >&2; exit 1 ;; esac`,
    ];
    const add = pulumi.all([server.name, server.id]).apply(([container, id]) => script(`# server ${id}`, ...told(container)));
    const remove = pulumi
        .all([server.name, hash])
        .apply(([container, digest]) =>
            script(
                `if [ "$(docker inspect -f '{{.State.Running}}' ${quote(container)} 2>/dev/null)" = true ]; then`,
                `if printf 'ACL GETUSER default\\n' | ${client(container)} | grep -q ${quote(digest)}; then`,
                `printf 'ACL SETUSER default !%s\\nACL SAVE\\n' ${quote(digest)} | { ${told(container).join("; ")}; }`,
                "fi; fi",
            ),
        );
    const { resource } = hostCommand(
        target,
        `${name}-password-${password.version}`,
        { create: add, delete: remove, stdin: pulumi.interpolate`ACL SETUSER default on #${hash} ~* &* +@all\nACL SAVE\n` },
        { parent: self },
    );
    return resource;
}

function redisSettings(memory: number, eviction: string, appendOnly: boolean): string {
    return [
        "bind * -::*",
        "port 6379",
        "dir /data",
        `aclfile ${USERS}`,
        `maxmemory ${memory}`,
        `maxmemory-policy ${eviction}`,
        `appendonly ${appendOnly ? "yes" : "no"}`,
        "appendfsync everysec",
        "",
    ].join("\n");
}
