import * as lb from "@pulumi/aws/lb";
import * as route53 from "@pulumi/aws/route53";
import * as pulumi from "@pulumi/pulumi";
import { fitting, LONGEST } from "../internal/aws/names";
import { way } from "../internal/aws/security-groups";
import { releaseOf } from "../internal/release";
import type { AwsTarget } from "../targets/aws-target";
import type { ServiceEndpoint } from "../web-stack";
import type { ProxyContract, TlsProxy } from ".";
import type { Route, TlsProxyArgs } from "./args";
import type { Balancer } from "./balancer-aws";
import { firewall, listeners, loadBalancer } from "./balancer-aws";
import { certificateOnAws } from "./certificate-aws";
import { fileService } from "./files-aws";
import { balancerRules } from "./rules-aws";
import type { ProxySpec } from "./spec";
import { watchBalancer } from "./watch-aws";

/** Between two checks, and how many decide: a new task serves after 20 seconds, a dead one is out after 30. */
const CHECK = { interval: 10, timeout: 5, healthyThreshold: 2, unhealthyThreshold: 3 };

/**
 * The one door to the outside: a load balancer with a certificate that renews itself, behind a firewall with the stack's limits. Services register
 * with it when they are healthy; the update ends well only if the public name answers.
 */
export function proxyOnAws(
    self: TlsProxy,
    name: string,
    spec: ProxySpec,
    target: AwsTarget,
    args: Pick<TlsProxyArgs, "tls" | "routes">,
): ProxyContract {
    if (!target.running) {
        return { switched: undefined, authorityPem: undefined };
    }
    const balancer = loadBalancer(self, name, spec, target);
    const listener = listeners(self, name, spec, target, balancer, certificateOnAws(self, name, spec, target, args.tls));
    const guards = firewall(self, name, spec, target, balancer);
    const files = args.routes.some(({ to }) => "files" in to) ? fileService(self, name, spec, target, args.routes) : undefined;
    const backends = [...servicesOf(args.routes), ...(files === undefined ? [] : [files])];
    const groups = new Map(backends.map((service) => [service.name, targetGroup(self, service, spec, target)]));
    const group = (backend: string) => groups.get(backend) ?? groups.get(files?.name ?? "");
    const rules = balancerRules(spec).map(({ priority, hosts, paths, backend }) => ({
        backend: groups.has(backend) ? backend : (files?.name ?? backend),
        resource: new lb.ListenerRule(
            `${name}-rule-${priority}`,
            {
                listenerArn: listener.arn,
                priority,
                conditions: [{ hostHeader: { values: [...hosts] } }, { pathPattern: { values: [...paths] } }],
                actions: [{ type: "forward", targetGroupArn: group(backend)?.arn }],
            },
            target.opts({ parent: self }),
        ),
    }));
    for (const service of backends) {
        const ways = openTo(self, name, target, balancer, service);
        const targetGroup = groups.get(service.name);
        service.onAws?.open({
            targetGroups: targetGroup === undefined ? [] : [targetGroup.arn],
            rules: [...rules.filter(({ backend }) => backend === service.name).map(({ resource }) => resource), ...ways],
        });
    }
    const records = publicNames(self, name, spec, target, balancer);
    watchBalancer(self, name, target, balancer, [...groups.values()]);
    return { switched: answers(self, name, spec, target, balancer, backends, [...guards, ...records]), authorityPem: undefined };
}

function servicesOf(routes: readonly Route[]): ServiceEndpoint[] {
    const services = routes.flatMap(({ to }) => ("files" in to ? [] : [to]));
    return [...new Map(services.map((service) => [service.name, service])).values()];
}

function targetGroup(self: TlsProxy, service: ServiceEndpoint, spec: ProxySpec, target: AwsTarget): lb.TargetGroup {
    const sticky = spec.routes.some(({ websocket, backend }) => websocket && backend.name === service.name);
    // What can't be changed is part of the name, so that a new group is made beside the old one.
    const version = releaseOf({ port: service.port }).slice(0, 4);
    return new lb.TargetGroup(
        `${service.name}-targets`,
        {
            name: fitting(target.name(service.name, version), LONGEST.targetGroup),
            vpcId: target.network.vpcId,
            port: service.port,
            protocol: "HTTP",
            targetType: "ip",
            deregistrationDelay: spec.drain,
            loadBalancingAlgorithmType: "least_outstanding_requests",
            healthCheck: {
                ...CHECK,
                path: service.healthPath ?? "/",
                matcher: service.healthPath === undefined ? "200-499" : "200-399",
                protocol: "HTTP",
                port: "traffic-port",
            },
            // A client of Socket.IO must come back to the task that knows it.
            stickiness: { type: "lb_cookie", enabled: sticky, cookieDuration: 86400 },
        },
        target.opts({ parent: self }),
    );
}

function openTo(self: TlsProxy, name: string, target: AwsTarget, balancer: Balancer, service: ServiceEndpoint): pulumi.Resource[] {
    if (service.onAws === undefined) {
        return [];
    }
    return way(target, { name, group: balancer.group.id }, { name: service.name, port: service.port, group: service.onAws.group }, self);
}

/** The public names lead to the balancer; without a hosted zone, somebody must see to that, and is told. */
function publicNames(self: TlsProxy, name: string, spec: ProxySpec, target: AwsTarget, balancer: Balancer): pulumi.Resource[] {
    const { hostedZone } = target.options;
    if (hostedZone === undefined) {
        balancer.resource.dnsName.apply((address) => {
            const lines = spec.names.map((host) => `${host}. CNAME ${address}.`);
            void pulumi.log.info(
                `DNS records that lead to the load balancer (ALIAS where a name can't have a CNAME):\n${lines.join("\n")}`,
            );
        });
        return [];
    }
    return spec.names.map(
        (host) =>
            new route53.Record(
                `${name}-${host}`,
                {
                    zoneId: hostedZone,
                    name: host,
                    type: "A",
                    aliases: [{ name: balancer.resource.dnsName, zoneId: balancer.resource.zoneId, evaluateTargetHealth: true }],
                },
                target.opts({ parent: self }),
            ),
    );
}

/** Asked through the front door, by the public name, once everything serves. */
function answers(
    self: TlsProxy,
    name: string,
    spec: ProxySpec,
    target: AwsTarget,
    balancer: Balancer,
    services: readonly ServiceEndpoint[],
    after: readonly pulumi.Resource[],
): pulumi.Resource {
    const paths = spec.routes
        .filter((route) => route.exact && route.limit?.name === "health" && route.backend.kind === "service")
        .map((route) => ({ host: route.host ?? spec.domain, path: route.path }));
    return target.runner.ask(
        `${name}-routes`,
        { address: balancer.resource.dnsName, paths, releases: Object.fromEntries(services.map((each) => [each.name, each.release])) },
        self,
        [...services.flatMap(({ ready }) => ready), ...after],
    );
}
