import type * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import type { DockerTarget, LogLimits } from "../../targets/docker-target";

/** What every container of a stack gets: no capability, no way to gain one, no core file with secrets in it (R27), an init that reaps, rotated logs (R87). */
export function hardened(logs: LogLimits): Partial<docker.ContainerArgs> {
    return {
        init: true,
        capabilities: { drops: ["ALL"] },
        securityOpts: ["no-new-privileges:true"],
        ulimits: [NO_CORE],
        logDriver: "json-file",
        logOpts: { "max-size": `${Math.ceil(logs.maxSize / MEBIBYTE)}m`, "max-file": String(logs.maxFiles) },
        restart: "unless-stopped",
        mustRun: true,
    };
}

/** A process that crashes leaves its memory nowhere. */
export const NO_CORE = { name: "core", soft: 0, hard: 0 };

/** A memory limit, in bytes, as the provider wants it; without swap, so that the limit is one. */
export function memoryLimit(bytes: number): Partial<docker.ContainerArgs> {
    const mebibytes = Math.ceil(bytes / MEBIBYTE);
    return { memory: mebibytes, memorySwap: mebibytes };
}

/** A limit in CPUs as the provider reads it back: `1.0`, `0.5`; any other spelling would be a difference after a refresh. */
export function cpuLimit(cpus: number): string {
    return Number.isInteger(cpus) ? cpus.toFixed(1) : String(cpus);
}

export const MEBIBYTE = 1024 * 1024;

/** These properties only take effect in a new container, which the provider doesn't know of them: it would report an update that changes nothing. */
const NEW_CONTAINER_ON = ["healthcheck", "tmpfs", "init", "mounts"];

/**
 * Options of every container. It keeps its name, so the old one must be gone first. (A release's name is never used twice, but for a
 * container that failed: another release is another resource, and begins beside the former one.)
 */
export function containerOptions(
    parent: pulumi.Resource,
    target: Pick<DockerTarget, "provider">,
    dependsOn: readonly pulumi.Resource[],
): pulumi.CustomResourceOptions {
    return { parent, provider: target.provider, replaceOnChanges: NEW_CONTAINER_ON, deleteBeforeReplace: true, dependsOn: [...dependsOn] };
}

/**
 * Options of every volume that holds data: the provider replaces a volume whose labels differ, which would be an empty one. Nothing about
 * a volume with data is worth that.
 */
export const NEVER_REPLACE_FOR = ["labels", "driver", "driverOpts"];

/**
 * The same with protection, in two layers: the engine refuses to delete the volume, and where somebody has told it that it may
 * (`pulumi state unprotect`, `quai:retired`), it forgets the volume and leaves it on the host.
 */
export function keptData(protect: boolean) {
    return { protect, retainOnDelete: protect, ignoreChanges: NEVER_REPLACE_FOR };
}
