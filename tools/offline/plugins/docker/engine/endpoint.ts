import { readdirSync, readFileSync, existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { isRecord, text, texts, type Values } from "../values";

export type Endpoint =
    | { readonly kind: "unix"; readonly socket: string; readonly address: string }
    | {
          readonly kind: "ssh";
          readonly host: string;
          readonly user?: string;
          readonly port?: string;
          /** Path of the engine's socket on the host, where it isn't the default one. */
          readonly socket?: string;
          readonly options: readonly string[];
          readonly address: string;
      };

const DEFAULT_HOST = "unix:///var/run/docker.sock";

/**
 * Where the engine is: the provider's `context`, else its `host`, else DOCKER_HOST, else DOCKER_CONTEXT or the current context of the
 * docker command line, else the default socket.
 */
export function resolveEndpoint(config: Values, environment: NodeJS.ProcessEnv = process.env): Endpoint {
    const context = text(config, "context");
    const given = context === undefined ? text(config, "host") : contextHost(context, "docker:context", environment);
    const address = given ?? hostFromEnvironment(environment);
    const options = texts(config, "sshOpts");
    return parseEndpoint(address, options.length > 0 ? options : (environment.DOCKER_SSH_OPTS ?? "").split(/\s+/).filter(Boolean));
}

export function parseEndpoint(address: string, sshOptions: readonly string[]): Endpoint {
    if (address.startsWith("unix://")) {
        return { kind: "unix", socket: address.slice("unix://".length), address };
    }
    if (address.startsWith("ssh://")) {
        return parseSsh(address, sshOptions);
    }
    throw new Error(
        `docker:host: the offline docker plugin speaks unix:// and ssh:// only (got ${JSON.stringify(withoutPassword(address))}); ` +
            `use ssh://user@host, or install the official plugin: pulumi plugin install resource docker`,
    );
}

function parseSsh(address: string, options: readonly string[]): Endpoint {
    let url: URL;
    try {
        url = new URL(address);
    } catch {
        throw new Error(`docker:host: must be ssh://user@host or ssh://user@host:port (got ${JSON.stringify(withoutPassword(address))})`);
    }
    if (url.password !== "") {
        throw new Error(
            "docker:host: a password in an ssh:// address isn't supported; use a key, named in docker:sshOpts or ~/.ssh/config",
        );
    }
    // An address or a user that begins with a dash would reach ssh as an option.
    if (url.hostname === "" || url.hostname.startsWith("-") || decodeURIComponent(url.username).startsWith("-")) {
        throw new Error(`docker:host: must be ssh://user@host or ssh://user@host:port (got ${JSON.stringify(address)})`);
    }
    return {
        kind: "ssh",
        host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
        user: url.username === "" ? undefined : decodeURIComponent(url.username),
        port: url.port === "" ? undefined : url.port,
        socket: url.pathname === "" || url.pathname === "/" ? undefined : url.pathname,
        options,
        address,
    };
}

function withoutPassword(address: string): string {
    return address.replace(/\/\/([^:@/]*):[^@/]*@/, "//$1:…@");
}

function hostFromEnvironment(environment: NodeJS.ProcessEnv): string {
    if (environment.DOCKER_HOST !== undefined && environment.DOCKER_HOST !== "") {
        return environment.DOCKER_HOST;
    }
    const context = environment.DOCKER_CONTEXT ?? currentContext(environment);
    return context === undefined || context === "" || context === "default"
        ? DEFAULT_HOST
        : contextHost(context, "DOCKER_CONTEXT", environment);
}

function dockerFolder(environment: NodeJS.ProcessEnv): string {
    return environment.DOCKER_CONFIG ?? join(homedir(), ".docker");
}

function readJson(path: string): Values | undefined {
    try {
        const value: unknown = JSON.parse(readFileSync(path, "utf8"));
        return isRecord(value) ? value : undefined;
    } catch {
        return undefined;
    }
}

function currentContext(environment: NodeJS.ProcessEnv): string | undefined {
    return text(readJson(join(dockerFolder(environment), "config.json")) ?? {}, "currentContext");
}

function contextHost(name: string, path: string, environment: NodeJS.ProcessEnv): string {
    if (name === "default") {
        return DEFAULT_HOST;
    }
    const folder = join(dockerFolder(environment), "contexts", "meta");
    for (const entry of existsSync(folder) ? readdirSync(folder) : []) {
        const meta = readJson(join(folder, entry, "meta.json"));
        const endpoints = meta?.Endpoints;
        const docker = isRecord(endpoints) ? endpoints.docker : undefined;
        if (meta?.Name === name && isRecord(docker) && typeof docker.Host === "string") {
            return docker.Host;
        }
    }
    throw new Error(`${path}: no docker context is called ${JSON.stringify(name)}; see: docker context ls`);
}
