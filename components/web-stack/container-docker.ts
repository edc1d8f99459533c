import type { FileVolume, VolumeFile } from "../internal/docker/file-volume";
import type { Health } from "../internal/health";
import type { ContainerArgs, ServiceArgs } from "./args";
import type { ContainerSpec } from "./spec";

/** Prefix of the files that become environment variables. */
const VARIABLE = "env.";
const SECRETS = "/run/secrets";

/** Reads each variable from its file, then becomes the command: the values are in the process, not in the container's settings. */
const EXPORT_SECRETS = `for file in ${SECRETS}/${VARIABLE}*; do export "\${file#${SECRETS}/${VARIABLE}}=$(cat "$file")"; done; exec "$@"`;

/** Whether an entry point is the shell that turns secrets into variables. */
export function isSecretShell(entrypoint: readonly string[]): boolean {
    return entrypoint[2] === EXPORT_SECRETS;
}

/** Entry point and command, as the docker provider and `docker run` take them. */
export function commandOf(args: ContainerArgs): { entrypoints?: string[]; command?: string[] } {
    if (args.secretEnv !== undefined && Object.keys(args.secretEnv).length > 0) {
        return { entrypoints: ["/bin/sh", "-c", EXPORT_SECRETS, "quai"], command: [...(args.entry ?? []), ...(args.command ?? [])] };
    }
    if (args.entry !== undefined) return { entrypoints: [...args.entry], command: [...(args.command ?? [])] };
    return args.command === undefined ? {} : { command: [...args.command] };
}

/** A health command of the application's own, with the variables that the application has. Probes of ours need none. */
export function healthOf(args: ServiceArgs, health: Health): Health {
    const { entrypoints } = "command" in args.health ? commandOf({ ...args, entry: undefined }) : {};
    return entrypoints === undefined ? health : { ...health, command: [...entrypoints, ...health.command] };
}

/** Plain settings, and the release, so that an application can tell which one it is. Sorted: the order must not make a difference. */
export function environmentOf(args: ContainerArgs, release: string): string[] {
    return Object.entries({ RELEASE: release, ...args.env })
        .map(([name, value]) => `${name}=${value}`)
        .sort();
}

export function secretFilesOf(args: ContainerArgs): Record<string, VolumeFile> {
    const files = Object.entries(args.secrets ?? {}).map(([name, secret]) => [name, { content: secret.value }] as const);
    const variables = Object.entries(args.secretEnv ?? {}).map(
        ([name, secret]) => [`${VARIABLE}${name}`, { content: secret.value }] as const,
    );
    return Object.fromEntries([...files, ...variables]);
}

export interface VolumeMount {
    readonly type: "volume";
    readonly source: string;
    readonly target: string;
    readonly readOnly: boolean;
    readonly volumeOptions?: { readonly noCopy: true };
}

/** Docker would give an empty volume the owner, the mode and the content of the image's folder, and the user that `files` names couldn't write. */
const AS_IT_IS = { volumeOptions: { noCopy: true } } as const;

export function mountsOf(args: ContainerArgs, files: FileVolume | undefined): VolumeMount[] {
    const mounts = Object.entries(args.files ?? {}).map(([path, mount]) => ({
        type: "volume" as const,
        source: mount.files.mount.volume,
        target: path,
        readOnly: mount.readOnly ?? false,
        ...AS_IT_IS,
    }));
    return files === undefined ? mounts : [...mounts, { type: "volume", source: files.name, target: SECRETS, readOnly: true }];
}

/** Folders in memory; nothing there can be executed. */
export function tmpfsOf(spec: Pick<ContainerSpec, "temporary">): Record<string, string> {
    return Object.fromEntries(spec.temporary.map((folder) => [folder, "rw,noexec,nosuid,size=64m"]));
}
