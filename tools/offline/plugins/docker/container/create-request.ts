import { nanoseconds } from "../durations";
import { defined, flag, integer, labelMap, record, records, text, textMap, texts, type Values } from "../values";

const MEGABYTE = 1024 * 1024;

/** Body of POST /containers/create. Networks are connected afterwards, one by one, before the start. */
export function createRequest(inputs: Values): Values {
    const ports = portsOf(inputs);
    return defined({
        Image: text(inputs, "image"),
        Hostname: text(inputs, "hostname"),
        Domainname: text(inputs, "domainname"),
        Tty: flag(inputs, "tty"),
        OpenStdin: flag(inputs, "stdinOpen"),
        StopSignal: text(inputs, "stopSignal"),
        StopTimeout: integer(inputs, "stopTimeout"),
        // Sorted, so that the same set always makes the same container.
        Env: filled([...new Set(texts(inputs, "envs"))].sort()),
        Cmd: filled(texts(inputs, "command")),
        Entrypoint: filled(texts(inputs, "entrypoints")),
        User: text(inputs, "user"),
        WorkingDir: text(inputs, "workingDir"),
        ExposedPorts: ports.exposed,
        Volumes: volumesOf(inputs).declared,
        Labels: labelMap(inputs, "labels"),
        Healthcheck: healthcheckOf(inputs),
        HostConfig: hostConfig(inputs),
    });
}

function hostConfig(inputs: Values): Values {
    const volumes = volumesOf(inputs);
    const security = texts(inputs, "securityOpts");
    const unconfined = security.includes("systempaths=unconfined");
    const capabilities = record(inputs, "capabilities") ?? {};
    return defined({
        Privileged: flag(inputs, "privileged"),
        PublishAllPorts: flag(inputs, "publishAllPorts"),
        RestartPolicy: restartPolicy(inputs),
        Runtime: text(inputs, "runtime"),
        Mounts: filled(records(inputs, "mounts").map(mountOf)),
        AutoRemove: flag(inputs, "rm"),
        ReadonlyRootfs: flag(inputs, "readOnly"),
        LogConfig: defined({ Type: text(inputs, "logDriver") ?? "", Config: textMap(inputs, "logOpts") }),
        Tmpfs: textMap(inputs, "tmpfs"),
        PortBindings: portsOf(inputs).bindings,
        ExtraHosts: filled(records(inputs, "hosts").map((host) => `${text(host, "host") ?? ""}:${text(host, "ip") ?? ""}`)),
        Binds: filled(volumes.binds),
        VolumesFrom: filled(volumes.from),
        Ulimits: filled(records(inputs, "ulimits").map((limit) => ({ Name: limit.name, Soft: limit.soft, Hard: limit.hard }))),
        CapAdd: filled(texts(capabilities, "adds")),
        CapDrop: filled(texts(capabilities, "drops")),
        Devices: filled(records(inputs, "devices").map(deviceOf)),
        ...throttles(inputs),
        Dns: filled(texts(inputs, "dns")),
        DnsOptions: filled(texts(inputs, "dnsOpts")),
        DnsSearch: filled(texts(inputs, "dnsSearches")),
        // "systempaths=unconfined" is the docker command line's own: the engine knows it as two empty lists.
        SecurityOpt: filled(security.filter((option) => option !== "systempaths=unconfined")),
        MaskedPaths: unconfined ? [] : undefined,
        ReadonlyPaths: unconfined ? [] : undefined,
        Memory: megabytes(inputs, "memory"),
        MemoryReservation: megabytes(inputs, "memoryReservation"),
        MemorySwap: megabytes(inputs, "memorySwap"),
        ShmSize: megabytes(inputs, "shmSize"),
        ...processors(inputs),
        NetworkMode: text(inputs, "networkMode"),
        UsernsMode: text(inputs, "usernsMode"),
        PidMode: text(inputs, "pidMode"),
        Sysctls: textMap(inputs, "sysctls"),
        IpcMode: text(inputs, "ipcMode"),
        GroupAdd: filled(texts(inputs, "groupAdds")),
        CgroupnsMode: text(inputs, "cgroupnsMode"),
        CgroupParent: text(inputs, "cgroupParent"),
        Init: flag(inputs, "init"),
        StorageOpt: textMap(inputs, "storageOpts"),
    });
}

/** Body of POST /containers/{id}/update: all that can be changed in place, as the program has it. */
export function updateRequest(inputs: Values): Values {
    return defined({
        CpuShares: integer(inputs, "cpuShares") ?? 0,
        CpusetCpus: text(inputs, "cpuSet") ?? "",
        ...(text(inputs, "cpus") === undefined ? { CpuPeriod: integer(inputs, "cpuPeriod"), CpuQuota: integer(inputs, "cpuQuota") } : {}),
        Memory: megabytes(inputs, "memory") ?? 0,
        MemoryReservation: megabytes(inputs, "memoryReservation") ?? 0,
        MemorySwap: megabytes(inputs, "memorySwap"),
        RestartPolicy: restartPolicy(inputs),
        ...throttles(inputs),
    });
}

function restartPolicy(inputs: Values): Values {
    return { Name: text(inputs, "restart") ?? "no", MaximumRetryCount: integer(inputs, "maxRetryCount") ?? 0 };
}

function processors(inputs: Values): Values {
    const cpus = text(inputs, "cpus");
    return {
        NanoCpus: cpus === undefined ? undefined : Math.round(Number(cpus) * 1e9),
        CpuPeriod: cpus === undefined ? integer(inputs, "cpuPeriod") : undefined,
        CpuQuota: cpus === undefined ? integer(inputs, "cpuQuota") : undefined,
        CpuShares: integer(inputs, "cpuShares"),
        CpusetCpus: text(inputs, "cpuSet"),
    };
}

function throttles(inputs: Values): Values {
    const of = (name: string) => filled(records(inputs, name).map((device) => ({ Path: device.path, Rate: device.rate })));
    return {
        BlkioDeviceReadBps: of("deviceReadBps"),
        BlkioDeviceReadIOps: of("deviceReadIops"),
        BlkioDeviceWriteBps: of("deviceWriteBps"),
        BlkioDeviceWriteIOps: of("deviceWriteIops"),
    };
}

/** Sizes are given in megabytes; -1 (no limit) stays. */
function megabytes(inputs: Values, name: string): number | undefined {
    const value = integer(inputs, name);
    return value === undefined || value < 0 ? value : value * MEGABYTE;
}

function filled<T>(entries: readonly T[]): readonly T[] | undefined {
    return entries.length > 0 ? entries : undefined;
}

function portsOf(inputs: Values): { exposed?: Values; bindings?: Values } {
    const bindings: Record<string, Values[]> = {};
    for (const port of records(inputs, "ports")) {
        const key = `${integer(port, "internal") ?? 0}/${text(port, "protocol") ?? "tcp"}`;
        const external = String(integer(port, "external") ?? 0);
        (bindings[key] ??= []).push({ HostIp: text(port, "ip") ?? "0.0.0.0", HostPort: external });
    }
    const keys = Object.keys(bindings);
    return keys.length === 0 ? {} : { exposed: Object.fromEntries(keys.map((key) => [key, {}])), bindings };
}

function volumesOf(inputs: Values): { declared?: Values; binds: string[]; from: string[] } {
    const paths: string[] = [];
    const binds: string[] = [];
    const from: string[] = [];
    for (const volume of records(inputs, "volumes")) {
        const path = text(volume, "containerPath");
        const source = text(volume, "hostPath") ?? text(volume, "volumeName");
        const origin = text(volume, "fromContainer");
        if (origin !== undefined) {
            from.push(origin);
        } else if (path !== undefined) {
            const relabel = text(volume, "selinuxRelabel");
            const mode = (flag(volume, "readOnly") ? "ro" : "rw") + (relabel === undefined ? "" : `,${relabel}`);
            paths.push(path);
            if (source !== undefined) {
                binds.push(`${source}:${path}:${mode}`);
            }
        }
    }
    return { declared: paths.length > 0 ? Object.fromEntries(paths.map((path) => [path, {}])) : undefined, binds: binds.sort(), from };
}

function deviceOf(device: Values): Values {
    const path = text(device, "hostPath");
    return {
        PathOnHost: path,
        PathInContainer: text(device, "containerPath") ?? path,
        CgroupPermissions: text(device, "permissions") ?? "rwm",
    };
}

function mountOf(mount: Values): Values {
    const type = text(mount, "type");
    const options = { bind: record(mount, "bindOptions"), volume: record(mount, "volumeOptions"), tmpfs: record(mount, "tmpfsOptions") };
    return defined({
        Type: type,
        Target: text(mount, "target"),
        Source: text(mount, "source"),
        ReadOnly: flag(mount, "readOnly"),
        BindOptions: type === "bind" && options.bind ? defined({ Propagation: text(options.bind, "propagation") }) : undefined,
        VolumeOptions: type === "volume" && options.volume ? volumeOptions(options.volume) : undefined,
        TmpfsOptions:
            type === "tmpfs" && options.tmpfs
                ? defined({ SizeBytes: integer(options.tmpfs, "sizeBytes"), Mode: integer(options.tmpfs, "mode") })
                : undefined,
    });
}

function volumeOptions(options: Values): Values {
    return defined({
        NoCopy: flag(options, "noCopy"),
        Labels: labelMap(options, "labels"),
        DriverConfig: defined({ Name: text(options, "driverName"), Options: textMap(options, "driverOptions") }),
        Subpath: text(options, "subpath"),
    });
}

function healthcheckOf(inputs: Values): Values | undefined {
    const check = record(inputs, "healthcheck");
    if (check === undefined) {
        return undefined;
    }
    const span = (name: string) => nanoseconds(text(check, name) ?? "0s") ?? 0;
    return defined({
        Test: filled(texts(check, "tests")),
        Interval: span("interval"),
        Timeout: span("timeout"),
        StartPeriod: span("startPeriod"),
        // Engines before API 1.44 refuse nothing here: they pass over a field they don't know.
        StartInterval: span("startInterval") || undefined,
        Retries: integer(check, "retries") ?? 0,
    });
}
