import type { HostSpec } from "../components/docker-host/spec";
import { resolveHost } from "../components/docker-host/spec";
import type { SshConnection } from "../components/targets/ssh";
import { sshConnection } from "../components/targets/ssh";
import type { Settings } from "./settings";

/** How the stack's host is reached; undefined: it's this machine, or none. */
export function sshOf({ target }: Settings): SshConnection | undefined {
    return target.kind === "docker" && target.host !== undefined
        ? sshConnection(target.host, target.hostKey, target.identityFile)
        : undefined;
}

/** How the stack's machine is prepared; undefined: it isn't by us. */
export function hostOf(settings: Settings): HostSpec | undefined {
    const { host, ports, stackId, logs } = settings;
    const ssh = sshOf(settings);
    if (host === undefined || ssh === undefined) return undefined;
    const { firewall, docker, ...rest } = host;
    const local = /^127\.|^::1$/.test(ports.address);
    const proxy = local ? [] : [`${ports.http}/tcp`, `${ports.https}/tcp`];
    return resolveHost({
        ...rest,
        ssh,
        appFolder: `/opt/${stackId}`,
        firewall: firewall === false ? false : { ...firewall, open: [...proxy, ...firewall.open] },
        proxyPorts: [ports.http, ports.https],
        docker: { ...docker, logs },
    });
}

/** A variable with which the program is the machine's preparation alone: `./quai up` needs a Docker there before anything else can be asked. */
export const HOST_ONLY = "QUAI_HOST_ONLY";
