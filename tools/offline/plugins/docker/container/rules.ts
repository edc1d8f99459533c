import type { DiffAnswer, Properties } from "../../kit/types";
import { compare, listOf, map, object, same, scalar, scalarOr, setOf, type Rule, type Shape } from "../compare";
import { nanoseconds } from "../durations";
import { isRecord, records, type Values } from "../values";

const text: Shape = { kind: "scalar", normal: String };
const label = object({ label: text, value: text });
const throttle: Rule = { shape: setOf(object({ path: text, rate: scalar })), effect: "update" };
const mount = object({
    target: text,
    source: text,
    type: text,
    readOnly: scalar,
    bindOptions: object({ propagation: text }),
    volumeOptions: object({ noCopy: scalar, labels: setOf(label), driverName: text, driverOptions: map, subpath: text }),
    tmpfsOptions: object({ sizeBytes: scalar, mode: scalar }),
});

const networkAdvanced = object({
    name: text,
    aliases: setOf(text),
    ipv4Address: text,
    ipv6Address: text,
    linkLocalIps: setOf(text),
    macAddress: text,
    driverOpts: setOf(text),
    gwPriority: scalar,
});

const upload = object({
    content: text,
    contentBase64: text,
    file: text,
    executable: scalar,
    permissions: text,
    source: text,
    sourceHash: text,
});

const volume = object({
    fromContainer: text,
    containerPath: text,
    hostPath: text,
    volumeName: text,
    readOnly: scalar,
    selinuxRelabel: text,
});

const healthcheck = object({
    tests: listOf(text),
    interval: scalarOr("0s"),
    timeout: scalarOr("0s"),
    startPeriod: scalarOr("0s"),
    startInterval: scalarOr("0s"),
    retries: scalar,
});

const span: Shape = { kind: "scalar", normal: (value) => nanoseconds(String(value)) ?? value };
/** The same, but "60s" equals "1m0s". */
const healthcheckSpans = object({
    tests: listOf(text),
    interval: span,
    timeout: span,
    startPeriod: span,
    startInterval: span,
    retries: scalar,
});

const replace = (shape: Shape = scalar): Rule => ({ shape, effect: "replace" });
const update = (shape: Shape = scalar): Rule => ({ shape, effect: "update" });
const chosen = (shape: Shape = scalar): Rule => ({ shape, effect: "replace", computed: true });

/** "" is Docker's default here, and taking the value away is no change either. */
const sticky: Rule = { shape: text, effect: "replace", computed: true, same: (state, input) => input === "" || state === input };

export const CONTAINER_RULES: Readonly<Record<string, Rule>> = {
    name: chosen(text),
    image: replace(text),
    hostname: chosen(text),
    domainname: replace(text),
    command: chosen(listOf(text)),
    entrypoints: chosen(listOf(text)),
    user: sticky,
    workingDir: sticky,
    envs: chosen(setOf(text)),
    labels: chosen(setOf(label)),
    dns: replace(setOf(text)),
    dnsOpts: replace(setOf(text)),
    dnsSearches: replace(setOf(text)),
    hosts: replace(setOf(object({ host: text, ip: text }))),
    publishAllPorts: replace(),
    ports: { shape: listOf(scalar), effect: "replace", same: samePorts },
    networkMode: replace(scalarOr("bridge")),
    networksAdvanced: replace(setOf(networkAdvanced)),
    mounts: replace(setOf(mount)),
    volumes: replace(setOf(volume)),
    tmpfs: replace(map),
    uploads: replace(setOf(upload)),
    capabilities: replace(object({ adds: setOf(text), drops: setOf(text) })),
    securityOpts: chosen(setOf(text)),
    privileged: replace(),
    devices: replace(setOf(object({ hostPath: text, containerPath: text, permissions: scalarOr("rwm") }))),
    ulimits: replace(setOf(object({ name: text, soft: scalar, hard: scalar }))),
    sysctls: replace(map),
    groupAdds: replace(setOf(text)),
    healthcheck: { shape: healthcheck, effect: "replace", computed: true },
    logDriver: chosen(text),
    logOpts: replace(map),
    storageOpts: replace(map),
    runtime: chosen(text),
    platform: chosen(text),
    stopSignal: chosen(text),
    stopTimeout: chosen(),
    ipcMode: chosen(text),
    pidMode: replace(text),
    usernsMode: replace(text),
    cgroupParent: replace(text),
    cgroupnsMode: replace(text),
    init: chosen(),
    readOnly: replace(),
    rm: replace(),
    tty: replace(),
    stdinOpen: replace(),
    shmSize: chosen(),
    cpus: replace(text),
    // Really changed in place, by /containers/{id}/update.
    restart: update(scalarOr("no")),
    maxRetryCount: update(),
    cpuShares: update(),
    cpuSet: update(text),
    cpuPeriod: update(),
    cpuQuota: update(),
    memory: update(),
    memoryReservation: update(),
    memorySwap: update(),
    deviceReadBps: throttle,
    deviceReadIops: throttle,
    deviceWriteBps: throttle,
    deviceWriteIops: throttle,
    mustRun: update(),
    // Only the plugin looks at these.
    start: update(),
    wait: update(),
    waitTimeout: update(),
    attach: update(),
    logs: update(),
    removeVolumes: update(),
    destroyGraceSeconds: update(),
    containerReadRefreshTimeoutMilliseconds: update(),
};

/** Ports without order; an external port that the program leaves open is the one that Docker chose. */
function samePorts(state: unknown, input: unknown): boolean {
    const before = portsOf(state);
    const after = portsOf(input);
    return before.length === after.length && after.every((port, index) => samePort(before[index], port));
}

interface Port {
    readonly key: string;
    readonly external: unknown;
}

function portsOf(value: unknown): Port[] {
    return records({ value }, "value")
        .map((port: Values) => ({
            key: JSON.stringify([port.internal, port.protocol ?? "tcp", port.ip === undefined || port.ip === "" ? "0.0.0.0" : port.ip]),
            external: port.external,
        }))
        .sort((a, b) => (a.key === b.key ? Number(a.external ?? 0) - Number(b.external ?? 0) : a.key < b.key ? -1 : 1));
}

function samePort(before: Port | undefined, after: Port): boolean {
    const open = after.external === undefined || after.external === 0;
    return before?.key === after.key && (open || before.external === after.external);
}

/**
 * What a change of the program needs, held against the state. A container whose creation failed half-way has no `networkDatas` in its
 * state, so it is replaced whatever else changed: it must never pass as a good one.
 */
export function diffContainer(_id: string, _previousInputs: Properties, state: Properties, inputs: Properties): DiffAnswer {
    const { changed, replaces } = compare(CONTAINER_RULES, state, inputs);
    const unfinished = Array.isArray(state.networkDatas) ? [] : ["entrypoints", "networkDatas"];
    const notation = isNotationOnly(state, inputs) ? ["healthcheck"] : [];
    const needed = [...replaces.filter((name) => !notation.includes(name)), ...unfinished];
    return { changed: [...changed, ...unfinished], replaces: needed, deleteBeforeReplace: needed.length > 0 };
}

/** The healthcheck differs only in how durations are spelt, so nothing of the container has to change. */
function isNotationOnly(state: Properties, inputs: Properties): boolean {
    return isRecord(state.healthcheck) && isRecord(inputs.healthcheck) && same(healthcheckSpans, state.healthcheck, inputs.healthcheck);
}
