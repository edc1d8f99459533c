import * as pulumi from "@pulumi/pulumi";
import { localCertificate } from "../internal/certificates";
import { volumeTool } from "../internal/docker/file-volume";
import { labelArguments } from "../internal/labels";
import { releaseOf } from "../internal/release";
import { script, sh } from "../internal/shell";
import type { DockerTarget } from "../targets";
import { hostCommand } from "../targets/host-command";
import type { ProxyContract, TlsProxy } from ".";
import type { AcmeFiles } from "./acme-docker";
import { acmeFiles, acmeService } from "./acme-docker";
import type { TlsProxyArgs } from "./args";
import { assetsVolume } from "./assets-docker";
import { nginxConfig } from "./nginx";
import { heldPorts } from "./ports-docker";
import { serverContainer } from "./server-docker";
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
    const ports = heldPorts(self, name, spec, target, UID);
    const assets = assetsVolume(self, name, spec, target, UID);
    const server = serverContainer(self, name, spec, target, {
        volume,
        config: first.resource,
        ports,
        routes: args.routes,
        acme: certificate.acme,
        assets,
        uid: UID,
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
                switchConfiguration(target, {
                    volume,
                    container,
                    door: ports.door,
                    holders: ports.holders,
                    uid: UID,
                    version,
                    spec,
                    acmeVolume,
                    assetsVolume: assets?.volume,
                }),
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
                    authority: tls.authority,
                },
                self,
            );
            return { pem: { certificate: local.certificatePem, key: local.keyPem }, authorityPem: local.authorityPem, acme: undefined };
        }
    }
}
