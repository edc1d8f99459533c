import { duration } from "../durations";
import { defined, labelList, text, textMap, type Values } from "../values";
import type { InspectedContainer, InspectedHostConfig, InspectedMount } from "./inspect";

const MEGABYTE = 1024 * 1024;
const megabytes = (bytes: number): number => (bytes > 0 ? Math.floor(bytes / MEGABYTE) : bytes);

/**
 * The outputs of a container as it is now. `known` is what the state (or, after a creation, the program) says: values that the engine
 * can't give back faithfully (envs and labels come mixed with the image's, uploads are gone) stay as they are there.
 */
export function containerOutputs(found: InspectedContainer, known: Values): Record<string, unknown> {
    const running = found.State.Running;
    const mustRun = known.mustRun === true;
    return defined({
        ...known,
        ...configOutputs(found, known),
        ...hostOutputs(found.HostConfig, known),
        // The official plugin, given a state without the list, would replace the container.
        envs: known.envs ?? [],
        bridge: found.NetworkSettings.Bridge ?? "",
        networkDatas: networkDatas(found),
        // A stopped container shows no ports; where it needn't run that is no drift.
        ports: known.ports !== undefined && (running || mustRun) ? portsOf(found) : known.ports,
        exitCode: running ? known.exitCode : found.State.ExitCode,
        // Stopped although it must run: shown as drift, so that the next update starts it.
        mustRun: running ? known.mustRun : known.mustRun === undefined ? undefined : false,
    });
}

function configOutputs(found: InspectedContainer, known: Values): Values {
    const { Config: config } = found;
    return {
        name: found.Name.replace(/^\//, ""),
        image: text(known, "image")?.startsWith("sha256:") ? found.Image : config.Image,
        hostname: config.Hostname,
        domainname: config.Domainname,
        command: config.Cmd ?? [],
        entrypoints: config.Entrypoint ?? [],
        user: config.User,
        workingDir: config.WorkingDir,
        tty: config.Tty,
        stdinOpen: config.OpenStdin,
        stopSignal: config.StopSignal ?? "",
        stopTimeout: config.StopTimeout ?? undefined,
        platform: found.Platform ?? "",
        healthcheck: healthcheckOf(found) ?? known.healthcheck,
    };
}

function hostOutputs(host: InspectedHostConfig, known: Values): Values {
    return {
        rm: host.AutoRemove,
        readOnly: host.ReadonlyRootfs,
        dns: host.Dns ?? [],
        dnsOpts: host.DnsOptions ?? [],
        dnsSearches: host.DnsSearch ?? [],
        securityOpts: [...(host.SecurityOpt ?? []), ...clientSideOptions(known)],
        publishAllPorts: host.PublishAllPorts,
        restart: host.RestartPolicy.Name === "" ? "no" : host.RestartPolicy.Name,
        maxRetryCount: host.RestartPolicy.MaximumRetryCount,
        init: host.Init ?? false,
        capabilities: capabilitiesOf(host) ?? known.capabilities,
        runtime: host.Runtime ?? "",
        mounts: (host.Mounts ?? []).map(mountOf),
        tmpfs: host.Tmpfs ?? {},
        hosts: (host.ExtraHosts ?? []).map(hostOf),
        ulimits:
            known.ulimits === undefined
                ? undefined
                : (host.Ulimits ?? []).map((limit) => ({ name: limit.Name, soft: limit.Soft, hard: limit.Hard })),
        privileged: host.Privileged,
        devices: known.devices === undefined ? undefined : devicesOf(host, known),
        deviceReadBps: throttlesOf(host.BlkioDeviceReadBps),
        deviceReadIops: throttlesOf(host.BlkioDeviceReadIOps),
        deviceWriteBps: throttlesOf(host.BlkioDeviceWriteBps),
        deviceWriteIops: throttlesOf(host.BlkioDeviceWriteIOps),
        memory: megabytes(host.Memory),
        memoryReservation: megabytes(host.MemoryReservation),
        memorySwap: megabytes(host.MemorySwap),
        shmSize: megabytes(host.ShmSize),
        cpus: host.NanoCpus > 0 ? cpusText(host.NanoCpus) : known.cpus,
        cpuShares: host.CpuShares,
        cpuSet: host.CpusetCpus,
        logDriver: host.LogConfig.Type,
        logOpts: textMap(known, "logOpts") === undefined ? undefined : (host.LogConfig.Config ?? {}),
        storageOpts: host.StorageOpt ?? {},
        networkMode: host.NetworkMode,
        pidMode: text(known, "pidMode") === undefined ? undefined : host.PidMode,
        usernsMode: host.UsernsMode,
        sysctls: host.Sysctls ?? {},
        ipcMode: host.IpcMode,
        groupAdds: host.GroupAdd ?? [],
    };
}

/** The security option that never reaches the engine as such. */
function clientSideOptions(known: Values): string[] {
    const given: unknown = known.securityOpts;
    return Array.isArray(given) && given.includes("systempaths=unconfined") ? ["systempaths=unconfined"] : [];
}

/** Processors as the official plugin writes them: "1.0", "0.5", "1.25" ("1" in a program differs from it, and replaces each time). */
export function cpusText(nanos: number): string {
    const exact = (nanos / 1e9).toFixed(9);
    return (exact.match(/0/g) ?? []).length === 9 ? (nanos / 1e9).toFixed(1) : exact.replace(/0+$/, "");
}

function capabilitiesOf(host: InspectedHostConfig): Values | undefined {
    const adds = host.CapAdd ?? [];
    const drops = host.CapDrop ?? [];
    return adds.length + drops.length > 0 ? { adds, drops } : undefined;
}

function throttlesOf(devices: InspectedHostConfig["BlkioDeviceReadBps"]): Values[] {
    return (devices ?? []).map((device) => ({ path: device.Path, rate: device.Rate }));
}

function devicesOf(host: InspectedHostConfig, known: Values): Values[] {
    const given = Array.isArray(known.devices) ? (known.devices as readonly Values[]) : [];
    return (host.Devices ?? []).map((device) => ({
        hostPath: device.PathOnHost,
        permissions: device.CgroupPermissions,
        containerPath: given.some((entry) => entry.hostPath === device.PathOnHost && entry.containerPath !== undefined)
            ? device.PathInContainer
            : undefined,
    }));
}

function hostOf(entry: string): Values {
    const colon = entry.indexOf(":");
    return { host: entry.slice(0, colon), ip: entry.slice(colon + 1) };
}

function mountOf(mount: InspectedMount): Values {
    const { BindOptions: bind, VolumeOptions: volume, TmpfsOptions: tmpfs } = mount;
    return defined({
        type: mount.Type,
        source: mount.Source ?? "",
        target: mount.Target,
        readOnly: mount.ReadOnly ?? false,
        bindOptions: bind && { propagation: bind.Propagation ?? "" },
        volumeOptions:
            volume &&
            defined({
                noCopy: volume.NoCopy ?? false,
                labels: labelList(volume.Labels),
                driverName: volume.DriverConfig?.Name,
                driverOptions: volume.DriverConfig?.Options ?? undefined,
                subpath: volume.Subpath,
            }),
        tmpfsOptions: tmpfs && defined({ sizeBytes: tmpfs.SizeBytes, mode: tmpfs.Mode }),
    });
}

function healthcheckOf(found: InspectedContainer): Values | undefined {
    const check = found.Config.Healthcheck;
    return (
        check && {
            tests: check.Test ?? [],
            interval: duration(check.Interval ?? 0),
            timeout: duration(check.Timeout ?? 0),
            startPeriod: duration(check.StartPeriod ?? 0),
            startInterval: duration(check.StartInterval ?? 0),
            retries: check.Retries ?? 0,
        }
    );
}

function portsOf(found: InspectedContainer): Values[] {
    return Object.entries(found.NetworkSettings.Ports ?? {})
        .flatMap(([key, bindings]) => {
            const [internal, protocol] = key.split("/");
            return (bindings ?? []).map((binding) => ({
                internal: Number(internal),
                external: Number(binding.HostPort),
                ip: binding.HostIp,
                protocol,
            }));
        })
        .sort((a, b) => a.internal - b.internal);
}

/** Addresses of a container in each of its networks, by the network's name. */
export function networkDatas(found: InspectedContainer): Values[] {
    return Object.entries(found.NetworkSettings.Networks ?? {})
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([networkName, network]) => ({
            networkName,
            ipAddress: network.IPAddress,
            ipPrefixLength: network.IPPrefixLen,
            gateway: network.Gateway,
            globalIpv6Address: network.GlobalIPv6Address,
            globalIpv6PrefixLength: network.GlobalIPv6PrefixLen,
            ipv6Gateway: network.IPv6Gateway,
            macAddress: network.MacAddress,
        }));
}
