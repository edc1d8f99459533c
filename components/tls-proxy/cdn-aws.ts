import * as cloudfront from "@pulumi/aws/cloudfront";
import type { types } from "@pulumi/aws";
import type * as wafv2 from "@pulumi/aws/wafv2";
import type * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { releaseOf } from "../internal/release";
import type { AwsTarget } from "../targets/aws-target";
import type { TlsProxy } from ".";
import type { Balancer } from "./balancer-aws";
import { maintenanceAtEdge } from "./maintenance-aws";
import { mostSpecialFirst, pathsOf } from "./rules-aws";
import type { Site } from "./sites-aws";
import type { ProxySpec, RouteSpec } from "./spec";

/** Header by which the load balancer knows CloudFront's requests from those of somebody else's distribution. */
export const ORIGIN_HEADER = "X-Origin-Verify";
/** AWS's own policies (CloudFront developer guide, "Use managed cache policies"). */
const CACHE = {
    /** Nothing is cached: what an API answers, and WebSockets (R116). */
    never: "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
    /** What the service's own Cache-Control allows, each address, query and cookie apart; nothing where it says nothing. */
    asTold: "4cc15a8a-d715-48a4-82b8-cc0b614638fe",
    /** Everything, by its path. */
    always: "658327ea-f89d-4fab-a63d-7e88639e58f6",
} as const;
/** All that visitors send reaches the service, the name they asked included. */
const ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3";
/** The longest that CloudFront waits for an answer, in seconds, without asking AWS for more. */
const LONGEST_WAIT = 60;
/** Behaviours of a distribution beside its default, without asking AWS for more. */
const MOST_BEHAVIORS = 24;

/** The value of the header; whoever may read the balancer's rules sees it, and could do nothing with it but knock at CloudFront's addresses. */
export function originSecret(self: TlsProxy, name: string, target: AwsTarget): pulumi.Output<string> {
    return new random.RandomPassword(`${name}-origin`, { length: 40, special: false }, { parent: self, provider: target.generators.random })
        .result;
}

export interface CdnArgs {
    readonly balancer: Balancer;
    readonly secret: pulumi.Output<string>;
    readonly certificateArn: pulumi.Output<string>;
    readonly acl: wafv2.WebAcl | undefined;
    readonly sites: ReadonlyMap<string, Site>;
    readonly after: readonly pulumi.Resource[];
}

/** CloudFront with the names, the certificate and the firewall; the balancer behind it answers nobody else. */
export function cdnBefore(self: TlsProxy, name: string, spec: ProxySpec, target: AwsTarget, args: CdnArgs): cloudfront.Distribution {
    const headers = responseHeaders(self, name, spec, target);
    const closed = spec.maintenance ? maintenanceAtEdge(self, name, spec, target) : undefined;
    const behavior = (route: RouteSpec | undefined) => ({
        ...behaviorOf(route, args.sites, headers(route?.cache)),
        ...(closed === undefined ? {} : { functionAssociations: [{ eventType: "viewer-request", functionArn: closed }] }),
    });
    const root = spec.routes.find(({ path, exact, host }) => path === "/" && !exact && host === undefined);
    return new cloudfront.Distribution(
        name,
        {
            comment: target.stack,
            enabled: true,
            aliases: [...spec.names],
            httpVersion: "http2and3",
            isIpv6Enabled: true,
            priceClass: "PriceClass_100",
            webAclId: args.acl?.arn,
            origins: [balancerOrigin(spec, args), ...[...args.sites.values()].map(({ origin }) => origin)],
            defaultCacheBehavior: behavior(root),
            orderedCacheBehaviors: patterns(spec).map(({ pattern, route }) => ({ pathPattern: pattern, ...behavior(route) })),
            viewerCertificate: {
                acmCertificateArn: args.certificateArn,
                minimumProtocolVersion: "TLSv1.2_2021",
                sslSupportMethod: "sni-only",
            },
            restrictions: { geoRestriction: { restrictionType: "none" } },
            waitForDeployment: true,
        },
        target.opts({ parent: self, dependsOn: [...args.after], customTimeouts: { create: "60m", update: "60m", delete: "60m" } }),
    );
}

function balancerOrigin(spec: ProxySpec, { balancer, secret }: CdnArgs): types.input.cloudfront.DistributionOrigin {
    return {
        originId: "balancer",
        domainName: balancer.resource.dnsName,
        customHeaders: [{ name: ORIGIN_HEADER, value: secret }],
        customOriginConfig: {
            httpPort: 80,
            httpsPort: 443,
            originProtocolPolicy: "https-only",
            originSslProtocols: ["TLSv1.2"],
            originReadTimeout: Math.min(LONGEST_WAIT, spec.timeouts.read),
            originKeepaliveTimeout: 5,
        },
    };
}

/** A path leads the same way under every name; where names differ, the one that caches least counts. */
function patterns(spec: ProxySpec): { readonly pattern: string; readonly route: RouteSpec }[] {
    const found = new Map<string, RouteSpec>();
    for (const route of mostSpecialFirst(spec.routes.filter(({ path, exact }) => path !== "/" || exact))) {
        const [pattern = route.path] = pathsOf(route);
        const known = found.get(pattern);
        found.set(pattern, known === undefined || known.cache !== undefined ? route : known);
    }
    if (found.size > MOST_BEHAVIORS) {
        throw new Error(`quai:target.cdn: CloudFront takes ${MOST_BEHAVIORS} paths (got ${found.size})`);
    }
    return [...found].map(([pattern, route]) => ({ pattern, route }));
}

function cacheOf(route: RouteSpec | undefined): string {
    if (route === undefined || route.websocket) return CACHE.never;
    if (route.cache !== undefined) return CACHE.always;
    return route.path === "/" && !route.exact ? CACHE.asTold : CACHE.never;
}

function behaviorOf(
    route: RouteSpec | undefined,
    sites: ReadonlyMap<string, Site>,
    responseHeadersPolicyId: pulumi.Output<string>,
): types.input.cloudfront.DistributionDefaultCacheBehavior {
    const site = sites.get(route?.backend.name ?? "");
    const common = { viewerProtocolPolicy: "redirect-to-https", compress: true, responseHeadersPolicyId, cachedMethods: ["GET", "HEAD"] };
    if (site !== undefined) {
        return {
            ...common,
            targetOriginId: site.origin.originId,
            allowedMethods: ["GET", "HEAD"],
            cachePolicyId: CACHE.always,
            functionAssociations: [{ eventType: "viewer-request", functionArn: site.rewrite }],
        };
    }
    return {
        ...common,
        targetOriginId: "balancer",
        allowedMethods: ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"],
        cachePolicyId: cacheOf(route),
        originRequestPolicyId: ALL_VIEWER,
    };
}

type Cache = RouteSpec["cache"];

/** The security headers of the proxy on a Docker host (R82), and what the route says about caching. */
function responseHeaders(self: TlsProxy, name: string, spec: ProxySpec, target: AwsTarget): (cache: Cache) => pulumi.Output<string> {
    const made = new Map<string, pulumi.Output<string>>();
    return (cache) => {
        const value = cache === undefined ? undefined : `public, max-age=${cache.seconds}${cache.immutable === true ? ", immutable" : ""}`;
        const logical = value === undefined ? `${name}-headers` : `${name}-headers-${releaseOf(value).slice(0, 4)}`;
        const known = made.get(logical);
        if (known !== undefined) return known;
        const { maxAge, includeSubdomains, preload } = spec.hsts;
        const override = true;
        const policy = new cloudfront.ResponseHeadersPolicy(
            logical,
            {
                name: target.name(logical),
                securityHeadersConfig: {
                    ...(maxAge === 0
                        ? {}
                        : { strictTransportSecurity: { accessControlMaxAgeSec: maxAge, includeSubdomains, preload, override } }),
                    contentTypeOptions: { override },
                    frameOptions: { frameOption: "DENY", override },
                    referrerPolicy: { referrerPolicy: "strict-origin-when-cross-origin", override },
                    xssProtection: { protection: true, modeBlock: true, override },
                },
                ...(value === undefined ? {} : { customHeadersConfig: { items: [{ header: "Cache-Control", value, override }] } }),
            },
            target.opts({ parent: self }),
        );
        made.set(logical, policy.id);
        return policy.id;
    };
}
