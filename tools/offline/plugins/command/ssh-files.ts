import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Connection, Endpoint } from "./connection";

/** The name by which the configuration file knows the machine to reach. */
export const TARGET = "quai-target";
const PROXY = "quai-proxy";
/** Seconds a connection stays open after its last use, should the plugin be killed. */
const PERSIST_SECONDS = 60;

/** The files that the system's ssh needs for one connection, in a folder that only this user can enter. */
export interface SshFiles {
    readonly config: string;
    /** Environment for ssh: how it asks for passwords. Holds none itself. */
    readonly env: NodeJS.ProcessEnv;
    /** Removes keys and passwords: an open connection needs them no more. */
    forget(): Promise<void>;
    remove(): Promise<void>;
}

export async function writeSshFiles(connection: Connection): Promise<SshFiles> {
    // A socket's path may have 104 characters at most, and ssh's configuration takes no spaces in a command's path.
    const base = /^[\w./-]{1,60}$/.test(tmpdir()) ? tmpdir() : "/tmp";
    const folder = await mkdtemp(join(base, "quai-ssh-"));
    const secrets = join(folder, "secrets");
    await mkdir(secrets, { mode: 0o700 });
    await writeSecrets(secrets, "target", connection);
    if (connection.proxy !== undefined) await writeSecrets(secrets, "proxy", connection.proxy);
    const config = join(folder, "config");
    await writeFile(config, sshConfig(folder, secrets, connection), { mode: 0o600 });
    return {
        config,
        env: askpass(join(secrets, "target-ask")),
        forget: () => rm(secrets, { recursive: true, force: true }),
        remove: () => rm(folder, { recursive: true, force: true }),
    };
}

async function writeSecrets(folder: string, stem: string, endpoint: Endpoint): Promise<void> {
    const put = (name: string, content: string): Promise<void> => writeFile(join(folder, `${stem}-${name}`), content, { mode: 0o600 });
    // ssh takes no key without a line break at its end, nor one with Windows' line ends.
    if (endpoint.privateKey !== undefined) await put("key", `${endpoint.privateKey.replaceAll("\r\n", "\n").trim()}\n`);
    if (endpoint.privateKeyPassword !== undefined) await put("passphrase", endpoint.privateKeyPassword);
    if (endpoint.password !== undefined) await put("password", endpoint.password);
    if (endpoint.hostKey !== undefined) await put("known", `${stem === "target" ? TARGET : PROXY} ${endpoint.hostKey.trim()}\n`);
    const file = (name: string): string => `'${join(folder, `${stem}-${name}`)}'`;
    const script = ["#!/bin/sh", `case "$1" in *assphrase*) cat ${file("passphrase")} ;; *) cat ${file("password")} ;; esac`, ""];
    await put("ask", script.join("\n"));
    await chmod(join(folder, `${stem}-ask`), 0o700);
}

function askpass(script: string): NodeJS.ProcessEnv {
    return { ...process.env, SSH_ASKPASS: script, SSH_ASKPASS_REQUIRE: "force", DISPLAY: process.env["DISPLAY"] ?? ":0" };
}

/** The text of the configuration file. Nothing of the user's own ssh configuration applies. */
export function sshConfig(folder: string, secrets: string, connection: Connection): string {
    const config = join(folder, "config");
    const shared = [`ControlPath "${join(folder, "c")}"`, `ControlPersist ${PERSIST_SECONDS}`];
    const jump = `ProxyCommand env SSH_ASKPASS=${join(secrets, "proxy-ask")} ssh -F ${config} -W "[%h]:%p" ${PROXY}`;
    const target = [...endpointLines(TARGET, secrets, "target", connection), ...shared, ...(connection.proxy === undefined ? [] : [jump])];
    const proxy = connection.proxy === undefined ? [] : endpointLines(PROXY, secrets, "proxy", connection.proxy);
    return [block(TARGET, target), ...(proxy.length > 0 ? [block(PROXY, proxy)] : [])].join("\n");
}

function block(name: string, lines: readonly string[]): string {
    return [`Host ${name}`, ...lines.map((line) => `    ${line}`), ""].join("\n");
}

function endpointLines(name: string, secrets: string, stem: string, endpoint: Endpoint): string[] {
    const asks = endpoint.password !== undefined || endpoint.privateKeyPassword !== undefined;
    const key = endpoint.privateKey === undefined ? "none" : `"${join(secrets, `${stem}-key`)}"`;
    const methods = endpoint.password === undefined ? "publickey" : "publickey,password,keyboard-interactive";
    return [
        `HostName ${endpoint.host}`,
        `HostKeyAlias ${name}`,
        `Port ${endpoint.port}`,
        `User ${endpoint.user}`,
        `IdentityFile ${key}`,
        `IdentitiesOnly ${endpoint.privateKey !== undefined && endpoint.agentSocketPath === undefined ? "yes" : "no"}`,
        ...(endpoint.agentSocketPath === undefined ? [] : [`IdentityAgent "${endpoint.agentSocketPath}"`]),
        `PreferredAuthentications ${methods}`,
        `BatchMode ${asks ? "no" : "yes"}`,
        "NumberOfPasswordPrompts 1",
        ...hostKeyLines(endpoint, join(secrets, `${stem}-known`)),
        ...(endpoint.perDialTimeout > 0 ? [`ConnectTimeout ${endpoint.perDialTimeout}`] : []),
        "ServerAliveInterval 15",
        "ServerAliveCountMax 4",
        "LogLevel ERROR",
    ];
}

function hostKeyLines(endpoint: Endpoint, known: string): string[] {
    const files = (path: string): string[] => [`UserKnownHostsFile ${path}`, "GlobalKnownHostsFile /dev/null", "UpdateHostKeys no"];
    if (endpoint.hostKey === undefined) return [...files("/dev/null"), "StrictHostKeyChecking no"];
    const type = endpoint.hostKey.trim().split(" ")[0] ?? "";
    const algorithms = type === "ssh-rsa" ? "rsa-sha2-512,rsa-sha2-256" : type;
    return [...files(`"${known}"`), "StrictHostKeyChecking yes", `HostKeyAlgorithms ${algorithms}`];
}
