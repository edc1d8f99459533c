import "./area";
import { join } from "node:path";
import { checkout, HTTP, HTTPS, type StackConfig, writeSettings } from "../support/checkout";
import { hostKeyOf, keyPair } from "./machine";

export const MACHINE = "quai-server-machine";
export const SSH = 19022;
/** A machine that nothing is ever prepared on: for what must be refused. */
export const SPARE = "quai-server-spare";
export const SPARE_SSH = 19023;

export const key = () => keyPair(join(checkout(), ".quai", "keys"), "deploy");

export function target(change: StackConfig = {}): StackConfig {
    return {
        "quai:target": {
            kind: "docker",
            host: `ssh://deploy@127.0.0.1:${SSH}`,
            hostKey: hostKeyOf(MACHINE),
            identityFile: key(),
            ...change,
        },
    };
}

export function host(change: StackConfig = {}): StackConfig {
    return {
        "quai:host": {
            hostname: "app-1",
            docker: { packages: "distribution" },
            minimum: { cpus: 1, memory: "1g", disk: "10g" },
            ...change,
        },
    };
}

/** The demonstration on the prepared machine, its ports open to the outside. */
export function settings(more: StackConfig = {}): void {
    writeSettings({
        "quai:backup": false,
        "quai:ports": { http: HTTP, https: HTTPS, address: "0.0.0.0" },
        "quai:services": {},
        ...target(),
        ...host(),
        ...more,
    });
}

/** The same with restarts at night, and backups. */
export function everything(more: StackConfig = {}): void {
    settings({
        ...host({ rootLogin: false, rebootAt: "04:00" }),
        "quai:backup": { at: "02:00", keep: { daily: 3, weekly: 0, monthly: 0 }, drill: "never" },
        ...more,
    });
}
