import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { sh } from "../../../components/internal/shell";
import type { SshConnection } from "../../../components/targets/ssh";
import { SOCKETS, sshArguments, sshOptions } from "../../../components/targets/ssh";
import { findOnPath, prependPath, workDir } from "../../engine/paths";
import { lastLines, run } from "../../engine/process";
import { SetupError } from "../../engine/types";

/**
 * Variables by which the docker command reaches the host's engine. It takes no options for ssh, so it finds an `ssh` with ours before the
 * real one: the same key, the same pinned host key, the same connection as everything else.
 */
export function dockerOverSsh(checkout: string, stack: string, connection: SshConnection): Readonly<Record<string, string | undefined>> {
    const ssh = findOnPath("ssh", process.env);
    if (ssh === undefined) throw new SetupError("ssh: isn't installed, and quai:target.host is another machine: install an OpenSSH client");
    const folder = join(workDir(checkout), "ssh", stack);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const program = join(folder, "ssh");
    writeFileSync(program, `#!/bin/sh\nexec ${sh(ssh, ...sshOptions(connection))} "$@"\n`);
    chmodSync(program, 0o700);
    return { DOCKER_HOST: connection.url, DOCKER_CONTEXT: undefined, PATH: prependPath(folder, process.env["PATH"]) };
}

/** Runs a command on the host; 255 is ssh's own word for a connection that didn't come about. */
export function tryOnHost(connection: SshConnection, command: string, input = "") {
    mkdirSync(SOCKETS.replace("~", homedir()), { recursive: true, mode: 0o700 });
    // ssh makes a connection that stays open in the background; what it inherits must not keep this process waiting.
    return run("ssh", sshArguments(connection, command), { env: process.env, input });
}

/** Runs a command on the host. @throws SetupError, begun with the setting, where nobody is let in or nobody answers */
export async function onHost(connection: SshConnection, command: string, input?: string) {
    const result = await tryOnHost(connection, command, input);
    if (result.code === 255) throw new SetupError(explainSsh(connection, result.stderr));
    return result;
}

/** The first connection, on which all others ride. */
export async function connect(connection: SshConnection): Promise<void> {
    await onHost(connection, "true");
}

/** What ssh said, as the setting to look at and what to do. */
export function explainSsh(connection: SshConnection, said: string): string {
    const { host, port, user, hostKey, identityFile } = connection;
    const where = `${host}${port === 22 ? "" : ` (port ${port})`}`;
    const reason =
        lastLines(said, 1)
            .replace(/^ssh: /, "")
            .trim() || "no reason given";
    const scan = `ssh-keyscan -t ${(hostKey ?? "ssh-ed25519").split(" ")[0]?.replace(/^ssh-|-sha2.*$/g, "") ?? "ed25519"}${port === 22 ? "" : ` -p ${port}`} ${host}`;
    if (/verification failed|IDENTIFICATION HAS CHANGED|no matching host key type|host key is known/i.test(said)) {
        return `quai:target.hostKey: ${where} shows another key than the one given (got ${JSON.stringify(hostKey)}); if the machine is a new one, compare \`${scan}\` with its console and write that key; if not, somebody else is answering: don't go on`;
    }
    if (/permission denied/i.test(said)) {
        const key = identityFile === undefined ? "the keys of the SSH agent and ~/.ssh" : `the key ${identityFile}`;
        const lost = /(not accessible|no such file|invalid format|bad permissions|error in libcrypto)/i.exec(said)?.[1];
        return `quai:target.identityFile: ${where} doesn't let ${user} in with ${key}${lost === undefined ? "" : ` (${lost.toLowerCase()})`}; its public half belongs into ~${user}/.ssh/authorized_keys there`;
    }
    if (/bad configuration option: knownhostscommand/i.test(said)) return "ssh: is too old: OpenSSH 8.5 or later is needed";
    return `quai:target.host: ${where} can't be reached (${reason}); check the address, the network and that sshd runs`;
}
