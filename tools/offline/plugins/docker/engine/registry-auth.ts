import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { CheckFailure } from "../../kit/types";
import { flag, isRecord, records, text, type Values } from "../values";

export interface RegistryLogin {
    readonly username: string;
    readonly password: string;
    readonly serveraddress: string;
}

const DOCKER_HUB = ["registry-1.docker.io", "index.docker.io", "docker.io", "registry.hub.docker.com"];

/** The registry's host of an image reference: "registry-1.docker.io" where it names none. */
export function registryOf(image: string): string {
    const first = image.split("/")[0] ?? "";
    const named = image.includes("/") && (/[.:]/.test(first) || first === "localhost");
    return named && !DOCKER_HUB.includes(first) ? first : "registry-1.docker.io";
}

/** The login configured for a registry (registryAuth), if any. Throws where a configured file can't be read. */
export function loginFor(config: Values, registry: string): RegistryLogin | undefined {
    const entry = records(config, "registryAuth").find((candidate) => sameRegistry(hostOf(text(candidate, "address") ?? ""), registry));
    if (entry === undefined) {
        return undefined;
    }
    const serveraddress = hostOf(text(entry, "address") ?? registry);
    if (flag(entry, "authDisabled")) {
        return { username: "username", password: "password", serveraddress };
    }
    const username = text(entry, "username") ?? process.env.DOCKER_REGISTRY_USER;
    if (username !== undefined && username !== "") {
        return { username, password: text(entry, "password") ?? process.env.DOCKER_REGISTRY_PASS ?? "", serveraddress };
    }
    return { ...loginFromFile(entry, registry), serveraddress };
}

/** The value of the X-Registry-Auth header. */
export function authHeader(login: RegistryLogin | undefined): Record<string, string> {
    return { "X-Registry-Auth": padded(login ?? {}) };
}

/** The value of the X-Registry-Config header of a build: every login that is configured, by registry. */
export function registryConfigHeader(config: Values, own: Readonly<Record<string, unknown>>): Record<string, string> {
    const logins: Record<string, unknown> = {};
    for (const entry of records(config, "registryAuth")) {
        const host = hostOf(text(entry, "address") ?? "");
        const login = loginFor(config, host);
        logins[sameRegistry(host, "registry-1.docker.io") ? "https://index.docker.io/v1/" : host] = login;
    }
    return { "X-Registry-Config": padded({ ...logins, ...own }) };
}

/** With the `=` at the end that Node leaves out: without it the engine takes a login for none, and says nothing. */
function padded(value: unknown): string {
    return Buffer.from(JSON.stringify(value)).toString("base64").replaceAll("+", "-").replaceAll("/", "_");
}

/** Problems of `registryAuth`, by path. */
export function checkRegistryAuth(config: Values): CheckFailure[] {
    return records(config, "registryAuth").flatMap((entry, index) =>
        text(entry, "address") === undefined
            ? [{ property: `registryAuth[${index}].address`, reason: 'must name the registry, e.g. "registry.example.com"' }]
            : [],
    );
}

function hostOf(address: string): string {
    return address.replace(/^https?:\/\//, "").split("/")[0] ?? "";
}

function sameRegistry(a: string, b: string): boolean {
    return a === b || (DOCKER_HUB.includes(a) && DOCKER_HUB.includes(b));
}

function loginFromFile(entry: Values, registry: string): { username: string; password: string } {
    const content = text(entry, "configFileContent");
    const path = text(entry, "configFile") ?? join(process.env.DOCKER_CONFIG ?? "~/.docker", "config.json");
    const where = content === undefined ? `registryAuth.configFile ${path}` : "registryAuth.configFileContent";
    let auths: unknown;
    try {
        const parsed: unknown = JSON.parse(content ?? readFileSync(path.replace(/^~(?=\/)/, homedir()), "utf8"));
        auths = isRecord(parsed) ? parsed.auths : undefined;
    } catch (error) {
        // A JSON error quotes the text around it, and that text holds passwords.
        const reason = error instanceof SyntaxError ? "it isn't JSON" : error instanceof Error ? error.message : "it can't be read";
        throw new Error(`${where}: ${reason}; give username and password, or write the file with: docker login ${registry}`);
    }
    for (const [address, value] of Object.entries(isRecord(auths) ? auths : {})) {
        if (sameRegistry(hostOf(address), registry) && isRecord(value)) {
            const [username, ...password] = Buffer.from(text(value, "auth") ?? "", "base64")
                .toString("utf8")
                .split(":");
            return { username: text(value, "username") ?? username ?? "", password: text(value, "password") ?? password.join(":") };
        }
    }
    throw new Error(
        `${where}: holds no login for ${registry} (credential helpers aren't supported offline); give registryAuth username and password`,
    );
}
