import { readFileSync } from "node:fs";
import { homedir } from "node:os";

/** How a host is reached. */
export interface SshConnection {
    /** `ssh://user@host[:port]`. */
    readonly url: string;
    readonly user: string;
    readonly host: string;
    /** @default 22 */
    readonly port: number;
    /** The host's public key, `ssh-ed25519 AAAA…`; nothing is sent to a host that shows another one. */
    readonly hostKey?: string;
    /** Path of the private key. @default the agent's keys */
    readonly identityFile?: string;
}

/** @throws Error when `url` isn't `ssh://user@host[:port]`. */
export function sshConnection(url: string, hostKey?: string, identityFile?: string): SshConnection {
    const match = /^ssh:\/\/([^@/:\s]+)@(\[[0-9a-fA-F:]+\]|[^@/:\s]+)(?::(\d+))?\/?$/.exec(url);
    const [, user, host, port] = match ?? [];
    if (user === undefined || host === undefined) {
        throw new Error(`quai:target.host: must be ssh://user@host or ssh://user@host:port (got ${JSON.stringify(url)})`);
    }
    return {
        url,
        user,
        host: host.replace(/^\[|\]$/g, ""),
        port: port === undefined ? 22 : Number(port),
        hostKey,
        // No shell reads it on its way.
        identityFile: identityFile?.replace(/^~(?=\/)/, homedir()),
    };
}

/** Options of the system's ssh for the docker provider. */
export function sshOptions(connection: SshConnection): string[] {
    return [
        ...(connection.identityFile === undefined ? [] : ["-i", connection.identityFile, "-o", "IdentitiesOnly=yes"]),
        "-o",
        "BatchMode=yes",
        "-o",
        "ServerAliveInterval=15",
    ];
}

/** The private key's text, for commands that run on the host. */
export function identity(connection: SshConnection): string | undefined {
    if (connection.identityFile === undefined) {
        return undefined;
    }
    try {
        return readFileSync(connection.identityFile, "utf8");
    } catch {
        throw new Error(
            `quai:target.identityFile: can't be read (got ${JSON.stringify(connection.identityFile)}); check the path and its mode`,
        );
    }
}
