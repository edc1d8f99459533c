import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { DockerTarget } from "./docker-target";
import { identity } from "./ssh";

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

/**
 * The program travels on standard input too, before the data, as one line of base64: when a command fails, the engine prints its whole
 * text, and people should see what failed and not a page of shell.
 */
const RUN_FROM_INPUT = `IFS= read -r program; eval "$(printf %s "$program" | base64 -d)"`;

export interface HostCommand {
    readonly resource: pulumi.CustomResource;
    readonly stdout: pulumi.Output<string>;
}

/** A command on the target's host: here, or over SSH where the host is another machine. */
export function hostCommand(target: DockerTarget, name: string, args: HostCommandArgs, opts: pulumi.CustomResourceOptions): HostCommand {
    const program = pulumi.output(args.create).apply((text) => Buffer.from(`set -eu\n${text}`).toString("base64"));
    const stdin = pulumi.secret(pulumi.interpolate`${program}\n${args.stdin ?? ""}`);
    const create = `# ${[name, ...(args.fills ?? []).map((volume) => `fills volume ${volume}`)].join(", ")}\n${RUN_FROM_INPUT}`;
    const options: pulumi.CustomResourceOptions = { ...opts, provider: target.commands, additionalSecretOutputs: ["stdin"] };
    if (target.ssh === undefined) {
        const local = new command.local.Command(name, { create, delete: args.delete, stdin, interpreter: ["/bin/sh", "-euc"] }, options);
        return { resource: local, stdout: local.stdout };
    }
    const key = identity(target.ssh);
    const remote = new command.remote.Command(
        name,
        {
            connection: {
                host: target.ssh.host,
                port: target.ssh.port,
                user: target.ssh.user,
                hostKey: target.ssh.hostKey,
                ...(key === undefined ? {} : { privateKey: pulumi.secret(key) }),
            },
            create,
            delete: args.delete === undefined ? undefined : pulumi.interpolate`set -eu\n${args.delete}`,
            stdin,
        },
        options,
    );
    return { resource: remote, stdout: remote.stdout };
}
