import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { hardened, memoryLimit, containerOptions, MEBIBYTE } from "../internal/docker/hardening";
import type { Health } from "../internal/health";
import { healthcheck, waitTimeout } from "../internal/health";
import { officialImage } from "../internal/images";
import { labelList } from "../internal/labels";
import { releaseOf } from "../internal/release";
import { script } from "../internal/shell";
import type { DockerTarget } from "../targets";
import type { TlsProxy } from ".";
import type { AcmeFiles } from "./acme-docker";
import { RELOAD_FOR_CERTIFICATE } from "./acme-docker";
import type { Route } from "./args";
import { pruneAssets } from "./assets-docker";
import { FIND_SERVICES } from "./known-docker";
import { ACME_FOLDER, ASSETS_FOLDER, CONFIG_FOLDER, FAREWELL, FILES_FOLDER, STATUS_PORT } from "./nginx";
import type { HeldPorts } from "./ports-docker";
import { takePorts } from "./ports-docker";
import type { ProxySpec } from "./spec";

interface ServerParts {
    readonly volume: string;
    readonly config: pulumi.Resource;
    readonly ports: HeldPorts;
    readonly routes: readonly Route[];
    readonly acme: AcmeFiles | undefined;
    readonly assets: { readonly volume: string; readonly ready: pulumi.Resource } | undefined;
    readonly uid: number;
}

/**
 * nginx. It has no ports of its own but is handed those that are held, so it is released as a service is: whatever makes the container
 * another one is in its name, the new one begins beside the old one, and the switch tells the old one to finish.
 */
export function serverContainer(self: TlsProxy, name: string, spec: ProxySpec, target: DockerTarget, parts: ServerParts): docker.Container {
    const served = [...new Set(parts.routes.flatMap((route) => ("files" in route.to ? [route.to.files] : [])))];
    const health: Health = {
        command: ["curl", "-fsS", "-o", "/dev/null", `http://127.0.0.1:${STATUS_PORT}/healthz`],
        interval: 15,
        timeout: 3,
        retries: 5,
        startPeriod: 5,
        shell: true,
    };
    const beside = [
        ...(parts.acme === undefined ? [] : [RELOAD_FOR_CERTIFICATE]),
        ...(parts.assets === undefined ? [] : [pruneAssets(spec.keepAssets)]),
    ];
    const settings = {
        entrypoints: [
            // They begin before the sockets come: as long as one of them had a socket, it would listen on, for nobody, after nginx has let go.
            ...(beside.length === 0 ? [] : ["/bin/sh", "-euc", script(...beside, 'exec "$@"'), "beside"]),
            ...takePorts(spec, parts.uid),
            ...["/bin/sh", "-euc", script(FIND_SERVICES, 'exec nginx "$@"'), "nginx"],
        ],
        command: ["-p", `${CONFIG_FOLDER}/current/`, "-c", "nginx.conf", "-g", "daemon off;"],
        user: `${parts.uid}:${parts.uid}`,
        groupAdds: [...new Set(served.map((files) => String(files.gid)))],
        readOnly: true,
        ...hardened({ ...target.logs, ...spec.logs }),
        ...memoryLimit(256 * MEBIBYTE),
        mounts: [
            { type: "volume", source: parts.volume, target: CONFIG_FOLDER, readOnly: true },
            parts.ports.mount,
            ...(parts.acme === undefined ? [] : [{ type: "volume", source: parts.acme.volume, target: ACME_FOLDER, readOnly: true }]),
            ...(parts.assets === undefined ? [] : [{ type: "volume", source: parts.assets.volume, target: ASSETS_FOLDER }]),
            ...served.map((files) => ({
                type: "volume",
                source: files.mount.volume,
                target: `${FILES_FOLDER}/${files.name}`,
                readOnly: true,
            })),
        ],
        tmpfs: { "/tmp": "rw,noexec,nosuid,size=256m" },
        // SIGQUIT lets requests under way finish; WebSockets have their farewell.
        stopSignal: "SIGQUIT",
        stopTimeout: spec.drain + FAREWELL,
        destroyGraceSeconds: spec.drain + FAREWELL,
    };
    const image = officialImage("nginx");
    const release = releaseOf([target.reference(image), JSON.stringify(settings), health.command]);
    return new docker.Container(
        `${name}-${release}`,
        {
            ...settings,
            name: target.name(name, release),
            image: target.image(image).imageId,
            networksAdvanced: target.networks === undefined ? [] : [{ name: target.networks.app.name }],
            healthcheck: healthcheck(health),
            wait: true,
            waitTimeout: waitTimeout(health),
            labels: labelList(target.stack, { role: "proxy", service: name, release }),
        },
        containerOptions(self, target, [
            parts.config,
            ...parts.ports.containers,
            ...(parts.acme?.ready === undefined ? [] : [parts.acme.ready]),
            ...(parts.assets === undefined ? [] : [parts.assets.ready]),
            ...served.flatMap((files) => files.mount.ready ?? []),
        ]),
    );
}
