import type { CheckFailure, Properties } from "../kit/types";
import { isObject } from "../kit/values";

/** How to reach and enter one machine. */
export interface Endpoint {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly privateKey: string | undefined;
    readonly privateKeyPassword: string | undefined;
    readonly password: string | undefined;
    readonly agentSocketPath: string | undefined;
    /** `ssh-ed25519 AAAA…`; undefined: any key is taken, as the official plugin does. */
    readonly hostKey: string | undefined;
    /** Attempts that may fail; -1: without limit. */
    readonly dialErrorLimit: number;
    /** Seconds for one attempt; 0: without limit. */
    readonly perDialTimeout: number;
}

export interface Connection extends Endpoint {
    /** The machine through which the other one is reached. */
    readonly proxy: Endpoint | undefined;
}

/** @throws Error where `inputs` has no connection (the check refuses that earlier). */
export function connectionOf(inputs: Properties): Connection {
    const connection = inputs["connection"];
    if (!isObject(connection)) throw new Error("connection: is missing");
    const proxy = connection["proxy"];
    return { ...endpointOf(connection), proxy: isObject(proxy) ? endpointOf(proxy) : undefined };
}

function endpointOf(values: Properties): Endpoint {
    const text = (name: string): string | undefined => (typeof values[name] === "string" && values[name] !== "" ? values[name] : undefined);
    const number = (name: string, otherwise: number): number => (typeof values[name] === "number" ? values[name] : otherwise);
    return {
        host: text("host") ?? "",
        port: number("port", 22),
        user: text("user") ?? "root",
        privateKey: text("privateKey"),
        privateKeyPassword: text("privateKeyPassword"),
        password: text("password"),
        agentSocketPath: text("agentSocketPath"),
        hostKey: text("hostKey"),
        dialErrorLimit: number("dialErrorLimit", 10),
        perDialTimeout: number("perDialTimeout", 15),
    };
}

/** What would break the configuration file written for ssh, or could never connect. Unknown values pass. */
export function checkConnection(inputs: Properties): CheckFailure[] {
    const connection = inputs["connection"];
    if (!isObject(connection)) return [];
    const proxy = connection["proxy"];
    return [...checkEndpoint("connection", connection), ...(isObject(proxy) ? checkEndpoint("connection.proxy", proxy) : [])];
}

function checkEndpoint(path: string, values: Properties): CheckFailure[] {
    const failures: CheckFailure[] = [];
    const rule = (name: string, reason: string, holds: (value: string) => boolean): void => {
        const value = values[name];
        if (typeof value === "string" && !holds(value))
            failures.push({ property: `${path}.${name}`, reason: reason.replace("%", JSON.stringify(value)) });
    };
    rule("host", "must be a host name or an address (got %)", (value) => /^[A-Za-z0-9_.:%-]+$/.test(value) && !value.startsWith("-"));
    rule("user", "must be a user name without spaces (got %)", (value) => /^[^\s"'\\-][^\s"'\\]*$/.test(value));
    rule("hostKey", 'must be a public key such as "ssh-ed25519 AAAA…" (got %)', (value) =>
        /^(ssh|ecdsa|sk)-[\w.@-]+ [A-Za-z0-9+/]+=*(\s.*)?\s*$/.test(value),
    );
    rule("agentSocketPath", "must be a path without quotes or line breaks (got %)", (value) => !/["\r\n]/.test(value));
    rule("privateKey", 'must be a private key that begins with "-----BEGIN"', (value) => value.trimStart().startsWith("-----BEGIN"));
    const port = values["port"];
    if (typeof port === "number" && (!Number.isInteger(port) || port < 1 || port > 65535)) {
        failures.push({ property: `${path}.port`, reason: `must be a whole number from 1 to 65535 (got ${port})` });
    }
    return failures;
}
