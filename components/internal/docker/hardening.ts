import type * as docker from "@pulumi/docker";
import type { LogLimits } from "../../targets/docker-target";

/** What every container of a stack gets: no capability, no way to gain one, an init that reaps, rotated logs (R87). */
export function hardened(logs: LogLimits): Partial<docker.ContainerArgs> {
    return {
        init: true,
        capabilities: { drops: ["ALL"] },
        securityOpts: ["no-new-privileges:true"],
        logDriver: "json-file",
        logOpts: { "max-size": `${Math.ceil(logs.maxSize / MEBIBYTE)}m`, "max-file": String(logs.maxFiles) },
        restart: "unless-stopped",
        mustRun: true,
    };
}

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

/**
 * Options of every container: these properties only take effect in a new container, which the provider doesn't know of them, and would
 * report an update that changes nothing.
 */
export const NEW_CONTAINER_ON = ["healthcheck", "tmpfs", "init", "mounts"];

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
