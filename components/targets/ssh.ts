import { createHash } from "node:crypto";
import { sh } from "../internal/shell";

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
    /** Path of the private key, as it was written: ssh itself reads `~`. @default the agent's keys and ~/.ssh */
    readonly identityFile?: string;
}

/** @throws Error when `url` isn't `ssh://user@host[:port]`. */
export function sshConnection(url: string, hostKey?: string, identityFile?: string): SshConnection {
    const match = /^ssh:\/\/([^@/:\s]+)@(\[[0-9a-fA-F:]+\]|[^@/:\s]+)(?::(\d+))?\/?$/.exec(url);
    const [, user, host, port] = match ?? [];
    if (user === undefined || host === undefined) {
        throw new Error(`quai:target.host: must be ssh://user@host or ssh://user@host:port (got ${JSON.stringify(url)})`);
    }
    return { url, user, host: host.replace(/^\[|\]$/g, ""), port: port === undefined ? 22 : Number(port), hostKey, identityFile };
}

/** The same host as another user. */
export function asUser(connection: SshConnection, user: string): SshConnection {
    return { ...connection, user, url: connection.url.replace(/^ssh:\/\/[^@]*@/, `ssh://${user}@`) };
}

/** Where connections that are shared have their sockets: a folder of the user's own that every machine with ssh has, or may have. */
export const SOCKETS = "~/.ssh";
/** Seconds that a shared connection stays open after its last use. */
const PERSIST_SECONDS = 60;

/**
 * Options of the system's ssh: for the docker provider, for the docker command, and for commands. They're whole by themselves and name no
 * file of this machine but the key, so that they are the same wherever an update runs.
 *
 * All that goes to a host goes through one connection: whoever comes first makes it, it stays for a minute after its last use. Where
 * the server allows no more sessions in it (MaxSessions, 10 unless set), ssh makes another by itself.
 */
export function sshOptions(connection: SshConnection): string[] {
    const option = (text: string) => ["-o", text];
    return [
        ...(connection.identityFile === undefined ? [] : ["-i", connection.identityFile, ...option("IdentitiesOnly=yes")]),
        ...(connection.hostKey === undefined ? [] : pinned(connection.hostKey).flatMap(option)),
        ...["BatchMode=yes", "ConnectTimeout=15", "ServerAliveInterval=15", "ServerAliveCountMax=4"].flatMap(option),
        ...["ControlMaster=auto", `ControlPath=${controlPath(connection)}`, `ControlPersist=${PERSIST_SECONDS}`].flatMap(option),
    ];
}

/** Only this key is the host's: nothing of ~/.ssh/known_hosts counts. A command gives it, so that no file has to be there. */
function pinned(hostKey: string): string[] {
    const [type = "", key = ""] = hostKey.trim().split(/\s+/);
    return [
        "StrictHostKeyChecking=yes",
        `KnownHostsCommand=/bin/echo %H ${type} ${key}`,
        "UserKnownHostsFile=/dev/null",
        "GlobalKnownHostsFile=/dev/null",
        "UpdateHostKeys=no",
        "CheckHostIP=no",
        `HostKeyAlgorithms=${type === "ssh-rsa" ? "rsa-sha2-512,rsa-sha2-256" : type}`,
    ];
}

/** Short, because a socket's path may have about 100 characters, of which ssh takes 17 for itself. */
function controlPath({ user, host, port, hostKey, identityFile }: SshConnection): string {
    const who = createHash("sha256")
        .update(JSON.stringify([user, host, port, hostKey, identityFile]))
        .digest("hex")
        .slice(0, 8);
    return `${SOCKETS}/quai-${who}`;
}

/** The argument list that runs a command on the host, or does one of ssh's own errands (`-O exit`). */
export function sshArguments(connection: SshConnection, command?: string, errand: readonly string[] = []): string[] {
    const { user, host, port } = connection;
    return [
        ...[...sshOptions(connection), ...errand, "-T", "-l", user, "-p", String(port), "--", host],
        ...(command === undefined ? [] : [command]),
    ];
}

/** The command line of `sshArguments`, for a shell. */
export function sshCommand(connection: SshConnection, command?: string, errand?: readonly string[]): string {
    return sh("ssh", ...sshArguments(connection, command, errand));
}
