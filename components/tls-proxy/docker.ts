import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { localCertificate } from "../internal/certificates";
import { volumeTool } from "../internal/docker/file-volume";
import { hardened, memoryLimit, NEW_CONTAINER_ON, MEBIBYTE } from "../internal/docker/hardening";
import type { Health } from "../internal/health";
import { healthcheck, waitTimeout } from "../internal/health";
import { officialImage } from "../internal/images";
import { labelArguments, labelList } from "../internal/labels";
import { releaseOf } from "../internal/release";
import { script, sh } from "../internal/shell";
import type { DockerTarget } from "../targets";
import { hostCommand } from "../targets/host-command";
import type { ProxyContract, TlsProxy } from ".";
import type { AcmeFiles } from "./acme-docker";
import { acmeFiles, acmeService, RELOADING_NGINX } from "./acme-docker";
import type { Route, TlsProxyArgs } from "./args";
import { ACME_FOLDER, CONFIG_FOLDER, FILES_FOLDER, HTTP_PORT, HTTPS_PORT, nginxConfig, STATUS_PORT } from "./nginx";
import type { ProxySpec } from "./spec";
import { firstConfiguration, switchConfiguration } from "./switch-docker";

/** The user of the official image. */
const UID = 101;

interface Certificate {
    /** What comes with the configuration; undefined where an ACME server gives it. */
    readonly pem: { readonly certificate: pulumi.Output<string>; readonly key: pulumi.Output<string> } | undefined;
    readonly authorityPem: pulumi.Output<string> | undefined;
    readonly acme: AcmeFiles | undefined;
}

export function proxyOnDocker(
    self: TlsProxy,
    name: string,
    spec: ProxySpec,
    target: DockerTarget,
    args: Pick<TlsProxyArgs, "tls" | "routes">,
): ProxyContract {
    const certificate = certificateOf(self, name, spec, target, args.tls);
    if (!target.running || target.networks === undefined) {
        return { switched: undefined, authorityPem: certificate.authorityPem };
    }
    const volume = target.name(name, "config");
    const first = hostCommand(
        target,
        `${name}-config`,
        {
            create: script(
                `${sh("docker", "volume", "create", ...labelArguments(target.stack, { role: "volume", service: name }), volume)} >/dev/null`,
                volumeTool(target, volume, firstConfiguration(UID)),
            ),
            delete: `${sh("docker", "volume", "rm", "-f", volume)} >/dev/null`,
            fills: [volume],
            stdin: nginxConfig(undefined, "starting"),
        },
        { parent: self, deleteBeforeReplace: true, dependsOn: [target.toolboxImage()] },
    );
    const server = serverContainer(self, name, spec, target, {
        volume,
        config: first.resource,
        routes: args.routes,
        acme: certificate.acme,
    });
    const configuration = (version: string) => nginxConfig(spec, version);
    // The certificate's text isn't part of the version: it may only be known later, and it's switched all the same.
    const version = releaseOf(configuration(""));
    const line = (file: string, text: string) => `${file} ${Buffer.from(text).toString("base64")}\n`;
    const files =
        certificate.pem === undefined
            ? ""
            : pulumi
                  .all([certificate.pem.certificate, certificate.pem.key])
                  .apply(([certificatePem, keyPem]) => line("certificate.pem", certificatePem) + line("key.pem", keyPem));
    const acmeVolume = certificate.acme?.volume;
    const switched = hostCommand(
        target,
        `${name}-routes`,
        {
            create: server.name.apply((container) =>
                switchConfiguration(target, { volume, container, uid: UID, version, spec, acmeVolume }),
            ),
            fills: [volume],
            stdin: pulumi.interpolate`${line("nginx.conf", configuration(version))}${files}`,
        },
        { parent: self, dependsOn: [server, ...args.routes.flatMap((route) => ("files" in route.to ? [] : route.to.ready))] },
    );
    if (args.tls.mode === "acme" && certificate.acme !== undefined) {
        acmeService(self, spec, target, { tls: args.tls, files: certificate.acme, uid: UID, after: switched.resource });
    }
    return { switched: switched.resource, authorityPem: certificate.authorityPem };
}

function certificateOf(self: TlsProxy, name: string, spec: ProxySpec, target: DockerTarget, tls: TlsProxyArgs["tls"]): Certificate {
    switch (tls.mode) {
        case "files":
            return {
                pem: { certificate: pulumi.output(tls.certificate), key: pulumi.secret(tls.key) },
                authorityPem: undefined,
                acme: undefined,
            };
        case "acme":
            return { pem: undefined, authorityPem: undefined, acme: acmeFiles(self, target, UID) };
        case "local": {
            const local = localCertificate(
                name,
                target,
                {
                    authorityName: `${target.stack} local authority`,
                    commonName: spec.domain,
                    dnsNames: [...new Set([...spec.names, "localhost"])],
                    ipAddresses: ["127.0.0.1", "::1"],
                },
                self,
            );
            return { pem: { certificate: local.certificatePem, key: local.keyPem }, authorityPem: local.authorityPem, acme: undefined };
        }
    }
}

function serverContainer(
    self: TlsProxy,
    name: string,
    spec: ProxySpec,
    target: DockerTarget,
    parts: {
        readonly volume: string;
        readonly config: pulumi.Resource;
        readonly routes: readonly Route[];
        readonly acme: AcmeFiles | undefined;
    },
): docker.Container {
    const served = parts.routes.flatMap((route) => ("files" in route.to ? [route.to.files] : []));
    const health: Health = {
        command: ["curl", "-fsS", "-o", "/dev/null", `http://127.0.0.1:${STATUS_PORT}/healthz`],
        interval: 15,
        timeout: 3,
        retries: 5,
        startPeriod: 5,
        shell: true,
    };
    const publish = (internal: number, external: number) => ({ internal, external, ip: spec.ports.address, protocol: "tcp" });
    return new docker.Container(
        name,
        {
            name: target.name(name),
            image: target.image(officialImage("nginx")).imageId,
            entrypoints: parts.acme === undefined ? ["nginx"] : ["/bin/sh", "-euc", RELOADING_NGINX, "nginx"],
            command: ["-p", `${CONFIG_FOLDER}/current/`, "-c", "nginx.conf", "-g", "daemon off;"],
            user: `${UID}:${UID}`,
            groupAdds: [...new Set(served.map((files) => String(files.gid)))],
            readOnly: true,
            ...hardened(target.logs),
            ...memoryLimit(256 * MEBIBYTE),
            networksAdvanced: target.networks === undefined ? [] : [{ name: target.networks.app.name }],
            ports: [publish(HTTP_PORT, spec.ports.http), publish(HTTPS_PORT, spec.ports.https)],
            mounts: [
                { type: "volume", source: parts.volume, target: CONFIG_FOLDER, readOnly: true },
                ...(parts.acme === undefined ? [] : [{ type: "volume", source: parts.acme.volume, target: ACME_FOLDER, readOnly: true }]),
                ...[...new Set(served)].map((files) => ({
                    type: "volume",
                    source: files.mount.volume,
                    target: `${FILES_FOLDER}/${files.name}`,
                    readOnly: true,
                })),
            ],
            tmpfs: { "/tmp": "rw,noexec,nosuid,size=256m" },
            healthcheck: healthcheck(health),
            wait: true,
            waitTimeout: waitTimeout(health),
            labels: labelList(target.stack, { role: "proxy", service: name }),
            // SIGQUIT lets requests under way finish.
            stopSignal: "SIGQUIT",
            stopTimeout: spec.drain,
            destroyGraceSeconds: spec.drain,
        },
        {
            parent: self,
            provider: target.provider,
            replaceOnChanges: NEW_CONTAINER_ON,
            deleteBeforeReplace: true,
            dependsOn: [
                parts.config,
                ...(parts.acme?.ready === undefined ? [] : [parts.acme.ready]),
                ...served.flatMap((files) => files.mount.ready ?? []),
            ],
        },
    );
}
