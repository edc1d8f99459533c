import { isNotFound, type EngineClient } from "../engine/client";

type Text = string | null | undefined;
type Texts = readonly string[] | null | undefined;
type TextMap = Readonly<Record<string, string>> | null | undefined;

/** The part of the engine's answer about a container that is looked at. */
export interface InspectedContainer {
    readonly Id: string;
    readonly Name: string;
    readonly Image: string;
    readonly Platform?: string;
    readonly Created: string;
    readonly State: {
        readonly Status: string;
        readonly Running: boolean;
        readonly Restarting: boolean;
        readonly ExitCode: number;
        readonly Error?: string;
        readonly OOMKilled?: boolean;
        readonly Health?: {
            readonly Status: string;
            readonly FailingStreak: number;
            readonly Log: readonly { readonly ExitCode: number; readonly Output: string }[] | null;
        };
    };
    readonly Config: {
        readonly Image: string;
        readonly Hostname: string;
        readonly Domainname: string;
        readonly Cmd: Texts;
        readonly Entrypoint: Texts;
        readonly Env: Texts;
        readonly Labels: TextMap;
        readonly User: string;
        readonly WorkingDir: string;
        readonly Tty: boolean;
        readonly OpenStdin: boolean;
        readonly StopSignal?: string;
        readonly StopTimeout?: number | null;
        readonly Healthcheck?: {
            readonly Test?: Texts;
            readonly Interval?: number;
            readonly Timeout?: number;
            readonly StartPeriod?: number;
            readonly StartInterval?: number;
            readonly Retries?: number;
        };
    };
    readonly HostConfig: InspectedHostConfig;
    readonly NetworkSettings: {
        readonly Bridge?: string;
        readonly Ports?: Readonly<Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[] | null>> | null;
        readonly Networks?: Readonly<Record<string, InspectedEndpoint>> | null;
    };
}

export interface InspectedEndpoint {
    readonly IPAMConfig?: { readonly IPv4Address?: string; readonly IPv6Address?: string; readonly LinkLocalIPs?: Texts } | null;
    readonly Aliases?: Texts;
    readonly IPAddress: string;
    readonly IPPrefixLen: number;
    readonly Gateway: string;
    readonly GlobalIPv6Address: string;
    readonly GlobalIPv6PrefixLen: number;
    readonly IPv6Gateway: string;
    readonly MacAddress: string;
    readonly DriverOpts?: TextMap;
}

export interface InspectedMount {
    readonly Type: string;
    readonly Source?: string;
    readonly Target: string;
    readonly ReadOnly?: boolean;
    readonly BindOptions?: { readonly Propagation?: string };
    readonly VolumeOptions?: {
        readonly NoCopy?: boolean;
        readonly Labels?: TextMap;
        readonly DriverConfig?: { readonly Name?: string; readonly Options?: TextMap };
        readonly Subpath?: string;
    };
    readonly TmpfsOptions?: { readonly SizeBytes?: number; readonly Mode?: number };
}

type Throttles = readonly { readonly Path: string; readonly Rate: number }[] | null | undefined;

export interface InspectedHostConfig {
    readonly AutoRemove: boolean;
    readonly ReadonlyRootfs: boolean;
    readonly Binds: Texts;
    readonly Dns: Texts;
    readonly DnsOptions: Texts;
    readonly DnsSearch: Texts;
    readonly SecurityOpt: Texts;
    readonly PublishAllPorts: boolean;
    readonly RestartPolicy: { readonly Name: string; readonly MaximumRetryCount: number };
    readonly Init?: boolean | null;
    readonly CapAdd: Texts;
    readonly CapDrop: Texts;
    readonly Runtime: Text;
    readonly Mounts?: readonly InspectedMount[] | null;
    readonly Tmpfs?: TextMap;
    readonly ExtraHosts: Texts;
    readonly Ulimits?: readonly { readonly Name: string; readonly Soft: number; readonly Hard: number }[] | null;
    readonly Privileged: boolean;
    readonly Devices?:
        readonly { readonly PathOnHost: string; readonly PathInContainer: string; readonly CgroupPermissions: string }[] | null;
    readonly BlkioDeviceReadBps?: Throttles;
    readonly BlkioDeviceReadIOps?: Throttles;
    readonly BlkioDeviceWriteBps?: Throttles;
    readonly BlkioDeviceWriteIOps?: Throttles;
    readonly Memory: number;
    readonly MemoryReservation: number;
    readonly MemorySwap: number;
    readonly ShmSize: number;
    readonly NanoCpus: number;
    readonly CpuShares: number;
    readonly CpuPeriod: number;
    readonly CpuQuota: number;
    readonly CpusetCpus: string;
    readonly CgroupParent?: string;
    readonly CgroupnsMode?: string;
    readonly LogConfig: { readonly Type: string; readonly Config: TextMap };
    readonly StorageOpt?: TextMap;
    readonly NetworkMode: string;
    readonly PidMode: string;
    readonly UsernsMode: string;
    readonly Sysctls?: TextMap;
    readonly IpcMode: string;
    readonly GroupAdd: Texts;
}

/** The container with this id or name; undefined when there is none. */
export async function inspectContainer(engine: EngineClient, id: string): Promise<InspectedContainer | undefined> {
    try {
        return await engine.json<InspectedContainer>("GET", `/containers/${encodeURIComponent(id)}/json`);
    } catch (error) {
        if (isNotFound(error)) {
            return undefined;
        }
        throw error;
    }
}
