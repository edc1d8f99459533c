import * as docker from "@pulumi/docker";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { volumeTool } from "../internal/docker/file-volume";
import { hardened, memoryLimit, MEBIBYTE, containerOptions } from "../internal/docker/hardening";
import { officialImage } from "../internal/images";
import { LABEL, labelArguments, labelList } from "../internal/labels";
import { quote, script, sh } from "../internal/shell";
import type { DockerTarget } from "../targets";
import { hostCommand } from "../targets/host-command";
import type { TlsProxy } from ".";
import type { ProxySpec } from "./spec";

/** Where the volume is mounted in which a holder of a port and the proxies meet. */
const PORTS_FOLDER = "/run/quai-ports";
const PROGRAM = readFileSync(resolve(__dirname, "programs", "ports.pl"), "utf8");
/** What a port below 1024 takes: to listen there as root, and to be another user from then on. */
const TO_LISTEN = ["NET_BIND_SERVICE", "SETGID", "SETUID"];

/** How one gets in: a container, and an address and port that are the front door as seen from it. */
export interface FrontDoor {
    readonly container: string;
    readonly address: string;
    readonly port: number;
}

export interface HeldPorts {
    readonly mount: { readonly type: string; readonly source: string; readonly target: string };
    readonly containers: readonly docker.Container[];
    /** Their names. */
    readonly holders: readonly string[];
    readonly door: FrontDoor;
}

/** A port as it is held: by the host's own address, or by Docker, which leads it to one of the container's. */
interface Held {
    /** Of the setting, for errors. */
    readonly setting: "http" | "https";
    readonly external: number;
    readonly name: string;
    readonly address: string;
    readonly port: number;
    readonly path: string;
    readonly user: string;
    readonly capabilities: readonly string[];
}

function heldPort(setting: Held["setting"], spec: ProxySpec, uid: number): Held {
    const { address, published } = spec.ports;
    const external = spec.ports[setting];
    // Another address, or another way to hold it, is another holder, which begins beside the former one.
    const name = `${published ? "published" : "port"}-${external}-on-${address.replaceAll(":", ".")}`;
    const reserved = !published && external < 1024;
    return {
        ...{ setting, external, name, path: `${PORTS_FOLDER}/${name}` },
        ...(published ? { address: "0.0.0.0", port: setting === "http" ? 8080 : 8443 } : { address, port: external }),
        user: reserved ? "0:0" : `${uid}:${uid}`,
        capabilities: reserved ? TO_LISTEN : [],
    };
}

const bothPorts = (spec: ProxySpec, uid: number) => [heldPort("http", spec, uid), heldPort("https", spec, uid)] as const;

/**
 * A container for each port, which holds the listening socket and does nothing else. Proxies are handed the socket and accept from it, so a new
 * one can begin while an old one still serves, and what comes while none accepts waits in the socket's queue. A socket belongs to the network
 * that it was made in, so it is the host's own, though nginx isn't: Docker forwards nothing, and may be restarted.
 */
export function heldPorts(self: TlsProxy, name: string, spec: ProxySpec, target: DockerTarget, uid: number): HeldPorts {
    const volume = target.name(name, "ports");
    const ports = bothPorts(spec, uid);
    const place = hostCommand(
        target,
        `${name}-ports`,
        {
            create: script(
                `${sh("docker", "volume", "create", ...labelArguments(target.stack, { role: "volume", service: name }), volume)} >/dev/null`,
                // Root without capabilities is a user like others, who listens for low ports.
                volumeTool(target, volume, 'chown "$1:$1" /files; chmod 0755 /files', uid),
                !spec.ports.published && HAS_HOST_NETWORK,
                ...ports.flatMap((port) => makeRoom(target, port, volume, spec)),
            ),
            delete: `${sh("docker", "volume", "rm", "-f", volume)} >/dev/null`,
            fills: [volume],
        },
        { parent: self, deleteBeforeReplace: true, dependsOn: [target.toolboxImage()] },
    );
    const mount = { type: "volume", source: volume, target: PORTS_FOLDER };
    const containers = ports.map(
        (port) =>
            new docker.Container(
                port.name,
                {
                    name: target.name(port.name),
                    image: target.image(officialImage("nginx")).imageId,
                    entrypoints: ["perl", "-e", PROGRAM, "--", "hold", port.address, String(port.port), port.path, String(uid)],
                    command: [],
                    user: port.user,
                    readOnly: true,
                    ...hardened(target.logs),
                    capabilities: { drops: ["ALL"], ...(port.capabilities.length === 0 ? {} : { adds: [...port.capabilities] }) },
                    ...memoryLimit(32 * MEBIBYTE),
                    ...(spec.ports.published
                        ? {
                              networksAdvanced: target.networks === undefined ? [] : [{ name: target.networks.app.name }],
                              ports: [{ internal: port.port, external: port.external, ip: spec.ports.address, protocol: "tcp" }],
                          }
                        : { networkMode: "host" }),
                    mounts: [mount],
                    labels: labelList(target.stack, { role: "port", service: `port-${port.external}` }),
                },
                {
                    ...containerOptions(self, target, [place.resource]),
                    // It lasts as long as the port: nothing of nginx runs in it, so no other version of nginx is worth letting go of the port.
                    ignoreChanges: ["image", "entrypoints", "logOpts", "ulimits"],
                },
            ),
    );
    const [, https] = ports;
    const anywhere: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };
    const door = { container: target.name(https.name), address: anywhere[https.address] ?? https.address, port: https.port };
    return { mount, containers, holders: ports.map((port) => target.name(port.name)), door };
}

/** What a proxy's container begins with: it becomes the command that follows, once it has been handed the ports. */
export function takePorts(spec: ProxySpec, uid: number): string[] {
    const words = bothPorts(spec, uid).map(({ setting, path }) => `${setting}=${path}`);
    return ["perl", "-e", PROGRAM, "--", "take", ...words, "--"];
}

/** Elsewhere a container in the host's network is in that of a virtual machine, or of a user's own. */
const HAS_HOST_NETWORK = script(
    `case "$(docker info --format '{{.OperatingSystem}} {{.SecurityOptions}}')" in`,
    `*"Docker Desktop"*|*name=rootless*|*name=userns*)`,
    `  echo "quai:ports.published: must be true with this Docker engine (Docker Desktop, rootless, or user namespaces): its containers can't listen on the machine's own addresses" >&2; exit 1 ;;`,
    "esac",
);

/**
 * Before ports were held on the host's own addresses, Docker published them: whoever has one so, or holds it in the other way, has to let go of it,
 * once; the engine removes it at the end of the update. Then it must be free.
 */
function makeRoom(target: DockerTarget, port: Held, volume: string, spec: ProxySpec): string[] {
    const wanted = target.name(port.name);
    const own = `--filter ${quote(`label=${LABEL.stack}=${target.stack}`)}`;
    const other = target.name(`${spec.ports.published ? "port" : "published"}-${port.external}-on-`);
    return [
        `former=$({ docker ps ${own} --filter publish=${port.external} --format '{{.Names}}'; docker ps ${own} --filter ${quote(`name=^${other}`)} --format '{{.Names}}'; } | grep -vxF ${quote(wanted)} || true)`,
        'if [ -n "$former" ]; then docker stop $former >/dev/null; fi',
        ...(spec.ports.published
            ? []
            : [
                  `if [ -z "$(docker ps --quiet --filter ${quote(`name=^${wanted}$`)})" ] && ! said=$(${tryToListen(target, port, volume)} 2>&1); then`,
                  `  echo "quai:ports.${port.setting}: $said; stop what listens there, or set another port or address" >&2`,
                  `  docker ps --filter label=${LABEL.role}=port --format '{{.Names}}' | sed -n ${quote(`s/.*-port-${port.external}-on-.*/a quai stack holds it: container &/p`)} >&2`,
                  "  exit 1",
                  "fi",
              ]),
    ];
}

function tryToListen(target: DockerTarget, port: Held, volume: string): string {
    return sh(
        ...["docker", "run", "--rm", "--network", "host", "--read-only", "--user", port.user, "--cap-drop", "ALL"],
        ...port.capabilities.flatMap((each) => ["--cap-add", each]),
        ...["--security-opt", "no-new-privileges:true", ...labelArguments(target.stack, { role: "tool" })],
        ...["--volume", `${volume}:${PORTS_FOLDER}`, "--entrypoint", "perl", target.toolbox, "-e", PROGRAM, "--"],
        ...["try", port.address, String(port.port), port.path],
    );
}
