import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { DockerTarget } from "./docker-target";
import { oneLine, overSsh, RUN_FROM_INPUT } from "./over-ssh";
import type { SshConnection } from "./ssh";
import { sshCommand } from "./ssh";

export interface HostCommandArgs {
    /** POSIX shell, run with `-eu` on the host when the resource is made, and again whenever this or the input changes. */
    readonly create: pulumi.Input<string>;
    /** Run when the resource goes. @default nothing */
    readonly delete?: pulumi.Input<string>;
    /** Volumes that the command fills. They're named in the resource's text, so that `./quai up` does it again for one that was lost. */
    readonly fills?: readonly string[];
    /** Handed to the script on its standard input, the one way for secrets: never an argument, never an environment variable. */
    readonly stdin?: pulumi.Input<string>;
}

export interface HostCommand {
    readonly resource: pulumi.CustomResource;
    readonly stdout: pulumi.Output<string>;
}

/** A command on the target's host: here, or over SSH where the host is another machine. */
export function hostCommand(target: DockerTarget, name: string, args: HostCommandArgs, opts: pulumi.CustomResourceOptions): HostCommand {
    const { ssh } = target;
    const programs = pulumi
        .output(args.create)
        .apply((text) => [...(ssh === undefined ? [] : [overSsh({ users: [ssh], run: RUN_FROM_INPUT })]), `set -eu\n${text}`].map(oneLine));
    const resource = new command.local.Command(
        name,
        {
            create: `# ${[name, ...(args.fills ?? []).map((volume) => `fills volume ${volume}`)].join(", ")}\n${RUN_FROM_INPUT}`,
            delete:
                ssh === undefined || args.delete === undefined
                    ? args.delete
                    : pulumi.output(args.delete).apply((text) => remotely(ssh, text)),
            stdin: pulumi.secret(pulumi.interpolate`${programs.apply((lines) => lines.join("\n"))}\n${args.stdin ?? ""}`),
            interpreter: ["/bin/sh", "-euc"],
        },
        { ...opts, provider: target.commands, additionalSecretOutputs: ["stdin"] },
    );
    return { resource, stdout: resource.stdout };
}

function remotely(ssh: SshConnection, text: string): string {
    return sshCommand(ssh, `set -eu\n${text}`);
}
