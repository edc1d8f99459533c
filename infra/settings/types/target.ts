/** A Docker engine: this machine's, or another's over SSH. */
export interface DockerTargetSettings {
    /** Kind of target. @default (required) @example "docker" */
    readonly kind: "docker";
    /** The machine, as `ssh://user@host[:port]`; the port is 22 unless given. @default this machine's engine @example "ssh://deploy@203.0.113.7" */
    readonly host?: string;
    /** Public key of that machine, required with `host`: the connection is refused when the machine shows another. `ssh-keyscan -t ed25519 <host>` prints it; compare it on the machine's console. @default required with host @example "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKqP3sT0cT6vJmG0u1Zk4kq3v5dJm0m2cO7p0m3vG1xZ" */
    readonly hostKey?: string;
    /** Path of the private key to log in with, on the machine that runs the update. @default the SSH agent and ~/.ssh, as ssh itself @example "~/.ssh/deploy_ed25519" */
    readonly identityFile?: string;
}

/** An account and a region of AWS. */
export interface AwsTargetSettings {
    /** Kind of target. @default (required) @example "aws" */
    readonly kind: "aws";
    /** Region. @default (required) @example "eu-west-3" */
    readonly region: string;
    /** Profile of ~/.aws/config to use. @default the usual chain of credentials @example "production" */
    readonly profile?: string;
    /** The account's 12 digits, in quotes: an update with the credentials of another account is refused. @default any account @example "123456789012" */
    readonly accountId?: string;
}

/** Where the application runs. */
export type TargetSettings = DockerTargetSettings | AwsTargetSettings;
