import * as pulumi from "@pulumi/pulumi";
import { NO_CORE } from "../internal/docker/hardening";
import type { FileVolume } from "../internal/docker/file-volume";
import { labelArguments } from "../internal/labels";
import { quote, script, sh } from "../internal/shell";
import type { DockerTarget } from "../targets";
import { hostCommand } from "../targets/host-command";
import { commandOf, environmentOf, mountsOf, tmpfsOf } from "./container-docker";
import type { ContainerSpec, JobSpec } from "./spec";

const AS_IT_RAN = ["create", "delete", "stdin"];

export interface JobParts {
    readonly image: { readonly reference: string; readonly resource: pulumi.Resource };
    readonly files: FileVolume | undefined;
    readonly data: pulumi.Input<string> | undefined;
}

/**
 * A job that runs to its end before the release starts. It is a command and not a container resource, because a non-zero exit must fail
 * the update, leave nothing in the state, and run again next time. The container stays, with its log, as long as its release does (R90);
 * that of a job that runs only once goes at its end, because it would hold on to secrets that may be renewed.
 */
export function jobOnDocker(
    parent: pulumi.Resource,
    target: DockerTarget,
    job: JobSpec,
    { image, files, data }: JobParts,
    after: readonly pulumi.Resource[],
): pulumi.Resource {
    const name = target.name(job.name, job.release);
    const remove = `docker rm --force ${quote(name)} >/dev/null 2>&1 || true`;
    return hostCommand(
        target,
        job.once ? job.name : `${job.name}-${job.release}`,
        {
            // One that an interrupted update left behind is stopped first: two migrations must not run at once.
            create: pulumi
                .output(data)
                .apply((id) =>
                    script(
                        ...(id === undefined ? [] : [`# for ${id}`]),
                        remove,
                        jobCommand(target, job, image.reference, files, name),
                        ...(job.once ? [remove] : []),
                    ),
                ),
            delete: remove,
        },
        {
            parent,
            // What a later release would do differently doesn't count any more.
            ...(job.once ? { ignoreChanges: AS_IT_RAN } : {}),
            dependsOn: [
                ...after,
                image.resource,
                ...(files === undefined ? [] : [files.resource]),
                ...Object.values(job.args.files ?? {}).flatMap((mount) => mount.files.mount.ready ?? []),
            ],
        },
    ).resource;
}

/** One that has run once and for all, while the stack is stopped: it stays in the state as it is, and so doesn't run again afterwards. */
export function keptOnDocker(parent: pulumi.Resource, target: DockerTarget, job: JobSpec): pulumi.Resource {
    return hostCommand(target, job.name, { create: ":", delete: ":" }, { parent, ignoreChanges: AS_IT_RAN }).resource;
}

/** The whole command line. It holds no secret: those are files in a volume. */
export function jobCommand(
    target: Pick<DockerTarget, "stack" | "name" | "logs">,
    job: ContainerSpec,
    image: string,
    files: FileVolume | undefined,
    name: string,
): string {
    const { args } = job;
    const { entrypoints, command } = commandOf(args);
    const [entrypoint, ...first] = entrypoints ?? [];
    const mounts = mountsOf(args, files).map((mount) =>
        [
            `type=volume,source=${mount.source},target=${mount.target}`,
            ...(mount.readOnly ? ["readonly"] : []),
            ...(mount.volumeOptions === undefined ? [] : ["volume-nocopy"]),
        ].join(","),
    );
    const flag = (option: string, values: readonly string[]) => values.flatMap((value) => [option, value]);
    const line = sh(
        ...["docker", "create", "--name", name, "--init", "--cap-drop", "ALL", "--security-opt", "no-new-privileges:true"],
        ...["--ulimit", `${NO_CORE.name}=${NO_CORE.soft}:${NO_CORE.hard}`],
        ...labelArguments(target.stack, { role: "job", service: job.name, release: job.release }),
        ...["--network", target.name("app"), "--user", `${args.user.uid}:${args.user.gid}`],
        ...["--memory", `${job.memory}b`, "--memory-swap", `${job.memory}b`, job.readOnlyRoot && "--read-only"],
        ...(args.cpus === undefined ? [] : ["--cpus", args.cpus]),
        ...flag(
            "--tmpfs",
            Object.entries(tmpfsOf(job)).map(([path, options]) => `${path}:${options}`),
        ),
        ...flag("--mount", mounts),
        ...flag("--env", environmentOf(args, job.release)),
        ...(entrypoint === undefined ? [] : ["--entrypoint", entrypoint]),
        image,
        ...first,
        ...(command ?? []),
    );
    return script(
        `${line} >/dev/null`,
        ...(job.usesData ? [sh("docker", "network", "connect", target.name("data"), name)] : []),
        // Attached: what it prints is shown as it comes, and its exit status is the command's.
        sh("docker", "start", "--attach", name),
    );
}
