import * as pulumi from "@pulumi/pulumi";
import type { DockerTarget } from "../../targets";
import { hostCommand } from "../../targets/host-command";
import { labelArguments } from "../labels";
import { script, sh } from "../shell";

export interface VolumeFile {
    readonly content: pulumi.Input<string>;
    /** Octal mode. @default "0400": the owner reads, nobody writes */
    readonly mode?: string;
}

export interface FileVolumeArgs {
    /** Name of the volume on the host, without the stack's prefix. */
    readonly name: string;
    readonly files: Readonly<Record<string, VolumeFile>>;
    /** Owner of the files, as the process in the container that reads them. */
    readonly uid: number;
    readonly gid: number;
}

export interface FileVolume {
    readonly name: string;
    /** To depend on: when it's made, the files are there. */
    readonly resource: pulumi.CustomResource;
}

/**
 * A Docker volume that holds a few files: how secrets and configuration reach a container. It lives in the engine's own root-only folder,
 * survives reboots, doesn't show in `docker inspect`, and works the same on every host that one can reach Docker on. The content travels
 * on standard input. A changed content is written in place, file by file, each by a rename.
 */
export function fileVolume(
    target: DockerTarget,
    logicalName: string,
    args: FileVolumeArgs,
    opts: pulumi.CustomResourceOptions,
): FileVolume {
    const volume = target.name(args.name);
    const stdin = pulumi
        .all(
            Object.entries(args.files).map(([name, file]) =>
                pulumi.output(file.content).apply((content) => ({ name, mode: file.mode ?? "0400", content })),
            ),
        )
        .apply((files) => files.map((file) => `${file.name} ${file.mode} ${Buffer.from(file.content).toString("base64")}\n`).join(""));
    const { resource } = hostCommand(
        target,
        logicalName,
        {
            create: script(
                `${sh("docker", "volume", "create", ...labelArguments(target.stack, { role: "volume", service: args.name }), volume)} >/dev/null`,
                writerCommand(target, volume, args.uid, args.gid),
            ),
            delete: `${sh("docker", "volume", "rm", "-f", volume)} >/dev/null`,
            fills: [volume],
            stdin,
        },
        { ...opts, deleteBeforeReplace: true, dependsOn: [target.toolboxImage(), ...asList(opts.dependsOn)] },
    );
    return { name: volume, resource };
}

/** A volume, and where a tool sees it besides the one that it works on; it can only read there. */
export interface SeenVolume {
    readonly volume: string;
    readonly path: string;
}

/** A short-lived container that runs a shell script with a volume at /files; its standard input is the caller's. */
export function volumeTool(target: DockerTarget, volume: string, program: string, ...words: readonly (string | number)[]): string {
    return volumeToolSeeing(target, [], volume, program, ...words);
}

/** The same, with further volumes to read. */
export function volumeToolSeeing(
    target: DockerTarget,
    seen: readonly SeenVolume[],
    volume: string,
    program: string,
    ...words: readonly (string | number)[]
): string {
    return sh(
        ...["docker", "run", "--rm", "--interactive", "--network", "none", "--user", "0:0", "--read-only", "--tmpfs", "/tmp"],
        ...["--cap-drop", "ALL", "--cap-add", "CHOWN", "--cap-add", "DAC_OVERRIDE", "--cap-add", "FOWNER"],
        ...["--security-opt", "no-new-privileges:true", ...labelArguments(target.stack, { role: "tool" })],
        ...seen.flatMap((each) => ["--volume", `${each.volume}:${each.path}:ro`]),
        ...["--volume", `${volume}:/files`, "--entrypoint", "/bin/sh", target.toolbox, "-euc", program, "tool", ...words],
    );
}

// `printf` is the shell's own, so a secret is never an argument of a process.
const WRITER = script(
    "umask 077; cd /files; kept=' '",
    `while read -r name mode data; do`,
    `  printf %s "$data" | base64 -d > ".$name.new"`,
    `  chmod "$mode" ".$name.new"; chown "$1:$2" ".$name.new"; mv -f ".$name.new" "$name"; kept="$kept$name "`,
    `done`,
    `for name in *; do case "$kept" in *" $name "*) ;; *) rm -f -- "$name" ;; esac; done`,
    `chmod 0500 .; chown "$1:$2" .`,
);

function writerCommand(target: DockerTarget, volume: string, uid: number, gid: number): string {
    return volumeTool(target, volume, WRITER, uid, gid);
}

function asList(value: pulumi.CustomResourceOptions["dependsOn"]): pulumi.Input<pulumi.Resource>[] {
    return value === undefined ? [] : ([value].flat() as pulumi.Input<pulumi.Resource>[]);
}
