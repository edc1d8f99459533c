import * as docker from "@pulumi/docker";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { volumeTool } from "../internal/docker/file-volume";
import { hardened, memoryLimit, MEBIBYTE, NEW_CONTAINER_ON } from "../internal/docker/hardening";
import { officialImage } from "../internal/images";
import { LABEL, labelArguments, labelList } from "../internal/labels";
import { quote, script, sh } from "../internal/shell";
import type { DockerTarget } from "../targets";
import { hostCommand } from "../targets/host-command";
import type { TlsProxy } from ".";
import { HTTP_PORT, HTTPS_PORT } from "./nginx";
import type { ProxySpec } from "./spec";

/** Where the volume is mounted in which a holder of a port and the proxies meet. */
const PORTS_FOLDER = "/run/quai-ports";

const program = (name: string) => readFileSync(resolve(__dirname, "programs", name), "utf8");
const HOLD = program("hold-port.pl");
const TAKE = program("take-ports.pl");

export interface HeldPorts {
    readonly mount: { readonly type: string; readonly source: string; readonly target: string };
    readonly holders: readonly docker.Container[];
    /** Container that holds the port for https. */
    readonly https: string;
}

const holderName = (target: DockerTarget, external: number) => target.name("port", String(external));

/**
 * A container for each published port, which holds the listening socket and does nothing else. Proxies are handed the socket and accept from
 * it, so a new one can begin while an old one still serves, and what comes while none accepts waits in the socket's queue.
 */
export function heldPorts(self: TlsProxy, name: string, spec: ProxySpec, target: DockerTarget, uid: number): HeldPorts {
    const volume = target.name(name, "ports");
    const place = hostCommand(
        target,
        `${name}-ports`,
        {
            create: script(
                `${sh("docker", "volume", "create", ...labelArguments(target.stack, { role: "volume", service: name }), volume)} >/dev/null`,
                volumeTool(target, volume, 'chown "$1:$1" /files; chmod 0700 /files', uid),
                stopPublishing(target),
            ),
            delete: `${sh("docker", "volume", "rm", "-f", volume)} >/dev/null`,
            fills: [volume],
        },
        { parent: self, deleteBeforeReplace: true, dependsOn: [target.toolboxImage()] },
    );
    const mount = { type: "volume", source: volume, target: PORTS_FOLDER };
    const holder = (internal: number, external: number) =>
        new docker.Container(
            `port-${external}`,
            {
                name: holderName(target, external),
                image: target.image(officialImage("nginx")).imageId,
                entrypoints: ["perl", "-e", HOLD, "--", String(internal), `${PORTS_FOLDER}/${external}`],
                command: [],
                user: `${uid}:${uid}`,
                readOnly: true,
                ...hardened(target.logs),
                ...memoryLimit(32 * MEBIBYTE),
                networksAdvanced: target.networks === undefined ? [] : [{ name: target.networks.app.name }],
                ports: [{ internal, external, ip: spec.ports.address, protocol: "tcp" }],
                mounts: [mount],
                labels: labelList(target.stack, { role: "port", service: `port-${external}` }),
            },
            {
                parent: self,
                provider: target.provider,
                replaceOnChanges: NEW_CONTAINER_ON,
                deleteBeforeReplace: true,
                // It lasts as long as the port: nothing of nginx runs in it, so no other version of nginx is worth letting go of the port.
                ignoreChanges: ["image", "entrypoints", "logOpts"],
                dependsOn: [place.resource],
            },
        );
    const { http, https } = spec.ports;
    return { mount, holders: [holder(HTTP_PORT, http), holder(HTTPS_PORT, https)], https: holderName(target, https) };
}

/** What a proxy's container begins with: it becomes the command that follows, once it has been handed the ports. */
export function takePorts(spec: ProxySpec): string[] {
    const paths = [spec.ports.http, spec.ports.https].map((external) => `${PORTS_FOLDER}/${external}`);
    return ["perl", "-e", TAKE, "--", ...paths, "--"];
}

/** Before ports were held, the proxy published them itself; it has to let go of them, once. The engine removes it at the end of the update. */
function stopPublishing(target: DockerTarget): string {
    const filters = [`label=${LABEL.stack}=${target.stack}`, `label=${LABEL.role}=proxy`].flatMap((filter) => ["--filter", quote(filter)]);
    return script(
        `for proxy in $(docker ps --quiet ${filters.join(" ")}); do`,
        '  if [ -n "$(docker port "$proxy")" ]; then docker stop "$proxy" >/dev/null; fi',
        "done",
    );
}
