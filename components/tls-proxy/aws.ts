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
import type { CdnArgs } from "./cdn-aws";
import { cdnBefore, ORIGIN_HEADER, originSecret } from "./cdn-aws";
import { certificatesOnAws } from "./certificate-aws";
import { fileService } from "./files-aws";
import { globalFirewallLog } from "./firewall-log-aws";
import { maintenanceRule } from "./maintenance-aws";
import { balancerRules } from "./rules-aws";
import { sitesOf } from "./sites-aws";
import type { ProxySpec } from "./spec";
import { watchBalancer, watchCertificates } from "./watch-aws";

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
        // It refuses to be deleted, and so do its logs; without listeners it answers nobody, and comes back under the same address.
        if (target.protect) loadBalancer(self, name, spec, target);
        globalFirewallLog(self, name, target);
        return { switched: undefined, authorityPem: undefined };
    }
    const { cdn, sites: folders } = target.options;
    const sites = sitesOf(self, name, spec, target);
    // What is read from files needs no container, and no way through the balancer.
    const balanced = { ...spec, routes: spec.routes.filter(({ backend }) => folders[backend.name] === undefined) };
    const routes = args.routes.filter(({ to }) => "files" in to || folders[to.name] === undefined);
    for (const told of formerFilesMissed(balanced)) void pulumi.log.warn(told, self);
    const balancer = loadBalancer(self, name, spec, target);
    const certificates = certificatesOnAws(self, name, spec, target, args.tls);
    const listener = listeners(self, name, spec, target, balancer, certificates.regional);
    const { acl, ready: guards } = firewall(self, name, spec, target, balancer);
    const secret = cdn ? originSecret(self, name, target) : undefined;
    const files = routes.some(({ to }) => "files" in to) ? fileService(self, name, spec, target, routes) : undefined;
    const backends = [...servicesOf(routes), ...(files === undefined ? [] : [files])];
    const groups = new Map(backends.map((service) => [service.name, targetGroup(self, service, spec, target)]));
    const rules = listenerRules({ self, name, spec: balanced, target }, listener, { groups, files: files?.name, secret });
    // Behind CloudFront it is CloudFront that answers.
    const closed = spec.maintenance && secret === undefined ? [maintenanceRule(self, name, target, listener)] : [];
    for (const service of backends) {
        const ways = openTo(self, name, target, balancer, service);
        const targetGroup = groups.get(service.name);
        service.onAws?.open({
            targetGroups: targetGroup === undefined ? [] : [targetGroup.arn],
            requestLabel:
                targetGroup === undefined ? undefined : pulumi.interpolate`${balancer.resource.arnSuffix}/${targetGroup.arnSuffix}`,
            rules: [...rules.filter(({ backend }) => backend === service.name).map(({ resource }) => resource), ...closed, ...ways],
        });
    }
    const front = frontOf({ self, name, spec, target }, balancer, {
        secret,
        certificateArn: certificates.global,
        acl,
        sites,
        after: [...rules.map(({ resource }) => resource), ...[...sites.values()].flatMap(({ ready }) => ready)],
    });
    const records = publicNames(self, name, spec, target, front);
    watchBalancer(self, name, target, balancer, { groups: [...groups.values()], quiet: spec.maintenance });
    watchCertificates(self, name, target, certificates);
    return {
        switched: answers(self, name, balanced, target, front, backends, [...guards, ...closed, ...records]),
        authorityPem: undefined,
    };
}

/** What a Docker host keeps and a balancer can't: it has no files of its own, and the former release's tasks are gone. */
export function formerFilesMissed({ routes, keepAssets }: Pick<ProxySpec, "routes" | "keepAssets">): string[] {
    return routes
        .filter(({ assets }) => assets !== undefined && keepAssets > 0)
        .map(
            ({ assets, backend, path }) =>
                `assets of the route ${path}: on AWS, files of a former release in ${assets} don't outlive it where tasks serve them: name the built ` +
                `front end in quai:target.sites.${backend.name}, whose files stay, or set quai:proxy.keepAssets to "0s" if no page asks for them`,
        );
}

interface Proxy {
    readonly self: TlsProxy;
    readonly name: string;
    readonly spec: ProxySpec;
    readonly target: AwsTarget;
}

interface Rule {
    readonly backend: string;
    readonly resource: lb.ListenerRule;
}

/** Routes as the balancer's rules; behind CloudFront only for requests that come from there. */
function listenerRules(
    { self, name, spec, target }: Proxy,
    listener: lb.Listener,
    to: {
        readonly groups: ReadonlyMap<string, lb.TargetGroup>;
        readonly files: string | undefined;
        readonly secret: pulumi.Output<string> | undefined;
    },
): Rule[] {
    const { groups, files = "", secret } = to;
    const known = secret === undefined ? [] : [{ httpHeader: { httpHeaderName: ORIGIN_HEADER, values: [secret] } }];
    return balancerRules(spec, known.length).map(({ priority, hosts, paths, backend }) => ({
        backend: groups.has(backend) ? backend : files,
        resource: new lb.ListenerRule(
            `${name}-rule-${priority}`,
            {
                listenerArn: listener.arn,
                priority,
                conditions: [{ hostHeader: { values: [...hosts] } }, { pathPattern: { values: [...paths] } }, ...known],
                actions: [{ type: "forward", targetGroupArn: (groups.get(backend) ?? groups.get(files))?.arn }],
            },
            target.opts({ parent: self }),
        ),
    }));
}

/** What the public names lead to. */
interface Front {
    readonly address: pulumi.Output<string>;
    readonly zoneId: pulumi.Output<string>;
}

/** CloudFront where the settings ask for it, else the balancer. */
function frontOf(
    { self, name, spec, target }: Proxy,
    balancer: Balancer,
    args: Pick<CdnArgs, "acl" | "sites" | "after"> & { readonly [K in "secret" | "certificateArn"]: pulumi.Output<string> | undefined },
): Front {
    const { secret, certificateArn, ...rest } = args;
    if (secret === undefined || certificateArn === undefined) {
        return { address: balancer.resource.dnsName, zoneId: balancer.resource.zoneId };
    }
    const { domainName, hostedZoneId } = cdnBefore(self, name, spec, target, { ...rest, balancer, secret, certificateArn });
    return { address: domainName, zoneId: hostedZoneId };
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

/** The public names lead to the front door; without a hosted zone, somebody must see to that, and is told. */
function publicNames(self: TlsProxy, name: string, spec: ProxySpec, target: AwsTarget, front: Front): pulumi.Resource[] {
    const { hostedZone } = target.options;
    if (hostedZone === undefined) {
        front.address.apply((address) => {
            const lines = spec.names.map((host) => `${host}. CNAME ${address}.`);
            void pulumi.log.info(`DNS records that lead to the front door (ALIAS where a name can't have a CNAME):\n${lines.join("\n")}`);
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
                    // CloudFront's health can't be asked.
                    aliases: [{ name: front.address, zoneId: front.zoneId, evaluateTargetHealth: !target.options.cdn }],
                },
                target.opts({ parent: self }),
            ),
    );
}

/** Asked through the front door, by the public name, once everything serves; in maintenance it must say so, and ECS alone proves the release. */
function answers(
    self: TlsProxy,
    name: string,
    spec: ProxySpec,
    target: AwsTarget,
    front: Front,
    services: readonly ServiceEndpoint[],
    after: readonly pulumi.Resource[],
): pulumi.Resource {
    const paths = spec.routes
        .filter((route) => route.exact && route.limit?.name === "health" && route.backend.kind === "service")
        .map((route) => ({ host: route.host ?? spec.domain, path: route.path }));
    return target.runner.ask(
        `${name}-routes`,
        {
            address: front.address,
            paths,
            maintenance: spec.maintenance,
            releases: Object.fromEntries(services.map((each) => [each.name, each.release])),
        },
        self,
        [...services.flatMap(({ ready }) => ready), ...after],
    );
}
