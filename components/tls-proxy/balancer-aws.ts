import * as lb from "@pulumi/aws/lb";
import type * as s3 from "@pulumi/aws/s3";
import * as vpc from "@pulumi/aws/vpc";
import * as wafv2 from "@pulumi/aws/wafv2";
import type * as ec2 from "@pulumi/aws/ec2";
import { getManagedPrefixListOutput } from "@pulumi/aws/ec2/getManagedPrefixList";
import * as pulumi from "@pulumi/pulumi";
import { privateBucket } from "../internal/aws/bucket";
import { fitting, LONGEST } from "../internal/aws/names";
import { securityGroup } from "../internal/aws/security-groups";
import type { AwsTarget } from "../targets/aws-target";
import type { TlsProxy } from ".";
import { GLOBAL } from "./certificate-aws";
import { firewallRules } from "./firewall-aws";
import { firewallLog } from "./firewall-log-aws";
import type { ProxySpec } from "./spec";
import { hstsOf } from "./spec";

/** The longest that a load balancer waits, in seconds. */
const LONGEST_IDLE = 4000;
/** A WebSocket may be silent for an hour (R75). */
const WEBSOCKET_IDLE = 3600;
const ANYWHERE = { cidrIpv4: "0.0.0.0/0", description: "from anywhere" };
/** Days that access logs are kept. */
const ACCESS_LOG_DAYS = 90;
/** TLS 1.2 and 1.3, forward secrecy and authenticated ciphers only: what nginx offers on a Docker host (R68). */
const TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06";

export interface Balancer {
    readonly resource: lb.LoadBalancer;
    readonly group: ec2.SecurityGroup;
}

/** The balancer itself, open to the world on 80 and 443. */
export function loadBalancer(self: TlsProxy, name: string, spec: ProxySpec, target: AwsTarget): Balancer {
    const group = securityGroup(target, name, "The way in from the internet", self);
    waysIn(self, name, target, group);
    const logs = accessLogs(self, name, target);
    const idle = spec.routes.some(({ websocket }) => websocket) ? WEBSOCKET_IDLE : spec.timeouts.read;
    target.costs.add("Load balancer", 1);
    target.costs.add("Public IPv4 address", target.network.public.length);
    const resource = new lb.LoadBalancer(
        name,
        {
            name: fitting(target.name(name), LONGEST.loadBalancer),
            loadBalancerType: "application",
            internal: false,
            subnets: [...target.network.public],
            securityGroups: [group.id],
            idleTimeout: Math.min(LONGEST_IDLE, idle),
            enableDeletionProtection: target.protect,
            dropInvalidHeaderFields: true,
            preserveHostHeader: true,
            accessLogs: { bucket: logs.bucket.bucket, enabled: true },
        },
        // Refused by AWS in the midst of an update; the engine says so before it begins.
        target.opts({ parent: self, dependsOn: [logs.ready], protect: target.protect }),
    );
    return { resource, group };
}

/** The whole world, or CloudFront alone. */
function waysIn(self: TlsProxy, name: string, target: AwsTarget, group: ec2.SecurityGroup): void {
    const { cdn } = target.options;
    const from = cdn ? { prefixListId: cloudFrontAddresses(target), description: "from CloudFront" } : ANYWHERE;
    for (const port of cdn ? [443] : [80, 443]) {
        new vpc.SecurityGroupIngressRule(
            `${name}-in-${port}`,
            { securityGroupId: group.id, ...from, ipProtocol: "tcp", fromPort: port, toPort: port },
            target.opts({ parent: self }),
        );
    }
}

/** AWS's own list of the addresses that CloudFront comes from. */
function cloudFrontAddresses(target: AwsTarget): pulumi.Output<string> {
    return getManagedPrefixListOutput(
        { name: "com.amazonaws.global.cloudfront.origin-facing" },
        { parent: target, provider: target.provider },
    ).id;
}

function accessLogs(self: TlsProxy, name: string, target: AwsTarget): { bucket: s3.Bucket; ready: pulumi.Resource } {
    // The balancer can only write where S3's own key encrypts.
    return privateBucket(target, self, `${name}-logs`, {
        days: ACCESS_LOG_DAYS,
        disposable: !target.protect,
        allowed: (bucket) => [
            {
                Effect: "Allow",
                Principal: { Service: "logdelivery.elasticloadbalancing.amazonaws.com" },
                Action: "s3:PutObject",
                Resource: pulumi.interpolate`${bucket.arn}/AWSLogs/${target.account.id}/*`,
            },
        ],
    });
}

/** http goes to https of the same host and path (R69); https answers names and paths that are ours, and sends the headers it can. */
export function listeners(
    self: TlsProxy,
    name: string,
    spec: ProxySpec,
    target: AwsTarget,
    balancer: Balancer,
    certificateArn: pulumi.Output<string>,
): lb.Listener {
    // CloudFront redirects by itself, and asks over TLS only.
    if (!target.options.cdn) {
        new lb.Listener(
            `${name}-http`,
            {
                loadBalancerArn: balancer.resource.arn,
                port: 80,
                protocol: "HTTP",
                defaultActions: [{ type: "redirect", redirect: { protocol: "HTTPS", port: "443", statusCode: "HTTP_301" } }],
            },
            target.opts({ parent: self }),
        );
    }
    const hsts = hstsOf(spec);
    return new lb.Listener(
        `${name}-https`,
        {
            loadBalancerArn: balancer.resource.arn,
            port: 443,
            protocol: "HTTPS",
            sslPolicy: TLS_POLICY,
            certificateArn,
            // A name that isn't ours gets no page (R71).
            defaultActions: [{ type: "fixed-response", fixedResponse: { statusCode: "404", contentType: "text/plain", messageBody: "" } }],
            ...(hsts === undefined ? {} : { routingHttpResponseStrictTransportSecurityHeaderValue: hsts }),
            routingHttpResponseXContentTypeOptionsHeaderValue: "nosniff",
            routingHttpResponseXFrameOptionsHeaderValue: "DENY",
            routingHttpResponseServerEnabled: false,
        },
        target.opts({ parent: self }),
    );
}

/** The web firewall: the stack's limits, and AWS's rules against what is known to be bad (R120). It stands where visitors' addresses are seen. */
export function firewall(
    self: TlsProxy,
    name: string,
    spec: ProxySpec,
    target: AwsTarget,
    balancer: Balancer,
): { readonly acl: wafv2.WebAcl | undefined; readonly ready: readonly pulumi.Resource[] } {
    if (!target.options.firewall) {
        return { acl: undefined, ready: [] };
    }
    const { cdn } = target.options;
    const rules = firewallRules(spec);
    target.costs.add("Firewall", 1);
    target.costs.add("Firewall rule", rules.length);
    const acl = new wafv2.WebAcl(
        // Where it stands can't be changed, so it is another one.
        cdn ? `${name}-global` : name,
        {
            name: target.name(name),
            ...(cdn ? { scope: "CLOUDFRONT", region: GLOBAL } : { scope: "REGIONAL" }),
            defaultAction: { allow: {} },
            ruleJson: JSON.stringify(rules),
            visibilityConfig: { cloudwatchMetricsEnabled: true, metricName: target.name(name), sampledRequestsEnabled: true },
        },
        target.opts({ parent: self }),
    );
    firewallLog(self, name, target, acl);
    if (cdn) {
        return { acl, ready: [acl] };
    }
    const association = new wafv2.WebAclAssociation(
        name,
        { resourceArn: balancer.resource.arn, webAclArn: acl.arn },
        target.opts({ parent: self }),
    );
    return { acl, ready: [association] };
}
