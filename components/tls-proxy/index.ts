import * as pulumi from "@pulumi/pulumi";
import { lazily } from "../internal/lazily";
import { unreachable } from "../targets";
import type { TlsProxyArgs } from "./args";
import { describeCertificate, describeRoutes } from "./describe";
import { proxyOnDocker } from "./docker";
import { resolveProxy } from "./spec";

export type { RateLimit, Route, TlsMode, TlsProxyArgs } from "./args";

/** What a realization gives back, whatever the target. */
export interface ProxyContract {
    /** The routes lead to this release, and it has answered through the proxy. Undefined while the stack is stopped. */
    readonly switched: pulumi.Resource | undefined;
    /** The certificate of the local authority, PEM; undefined where a public one is used. */
    readonly authorityPem: pulumi.Output<string> | undefined;
}

/**
 * The one door to the outside: TLS, routes by host and path, limits, security headers, compression. Its routes are written, tested and
 * switched only after everything they lead to is healthy; if the new release doesn't answer through them, the former routes are put back.
 *
 * @throws Error listing every problem of the arguments.
 */
export class TlsProxy extends pulumi.ComponentResource {
    readonly urls: readonly string[];
    readonly switched: pulumi.Resource | undefined;
    readonly authorityPem: pulumi.Output<string> | undefined;

    constructor(name: string, args: TlsProxyArgs, opts?: pulumi.ComponentResourceOptions) {
        super("quai:index:TlsProxy", name, {}, opts);
        const spec = resolveProxy(args);
        // A load balancer is on the usual port.
        const port = args.target.kind === "aws" || args.ports.https === 443 ? "" : `:${args.ports.https}`;
        this.urls = spec.names.map((host) => `https://${host}${port}`);
        switch (args.target.kind) {
            case "docker":
                ({ switched: this.switched, authorityPem: this.authorityPem } = proxyOnDocker(this, name, spec, args.target, args));
                break;
            case "aws":
                ({ switched: this.switched, authorityPem: this.authorityPem } = lazily<typeof import("./aws")>(module, "./aws").proxyOnAws(
                    this,
                    name,
                    spec,
                    args.target,
                    args,
                ));
                break;
            default:
                unreachable(args.target);
        }
        // What stands in the configuration is handed to the host as a secret, with the key: this is what previews and pictures show of it.
        this.registerOutputs({ names: spec.names, routes: describeRoutes(spec), certificate: describeCertificate(args.tls) });
    }
}
