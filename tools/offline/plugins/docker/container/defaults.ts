import { UNKNOWN, type Properties, type ResourceIdentity } from "../../kit/types";
import { autoname } from "../autoname";
import { isRecord, withDefaults, type Values } from "../values";

/** The official plugin's defaults, filled in before check as it does. */
const DEFAULTS: Values = {
    attach: false,
    containerReadRefreshTimeoutMilliseconds: 15000,
    logs: false,
    memoryReservation: 0,
    mustRun: true,
    networkMode: "bridge",
    readOnly: false,
    removeVolumes: true,
    restart: "no",
    rm: false,
    start: true,
    stdinOpen: false,
    tty: false,
    wait: false,
    waitTimeout: 60,
};

const NESTED_DEFAULTS: Readonly<Record<string, Values>> = {
    ports: { ip: "0.0.0.0", protocol: "tcp" },
    uploads: { executable: false },
    devices: { permissions: "rwm" },
};

const HEALTHCHECK_DEFAULTS: Values = { interval: "0s", retries: 0, startInterval: "0s", startPeriod: "0s", timeout: "0s" };

export function normalizeContainer(inputs: Properties, previous: Properties | undefined, resource: ResourceIdentity): Properties {
    const filled = withDefaults(autoname(inputs, previous, resource), DEFAULTS);
    for (const [name, defaults] of Object.entries(NESTED_DEFAULTS)) {
        const entries = filled[name];
        if (Array.isArray(entries)) {
            filled[name] = entries.map((entry: unknown) => (isRecord(entry) ? withDefaults(entry, defaults) : entry));
        }
    }
    if (isRecord(filled.healthcheck) && filled.healthcheck !== (UNKNOWN as unknown)) {
        filled.healthcheck = withDefaults(filled.healthcheck, HEALTHCHECK_DEFAULTS);
    }
    return filled;
}
