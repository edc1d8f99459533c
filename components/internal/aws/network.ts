import * as ec2 from "@pulumi/aws/ec2";
import * as vpc from "@pulumi/aws/vpc";
import type * as pulumi from "@pulumi/pulumi";
import type { AwsTarget } from "../../targets/aws-target";
import { subnetBlocks } from "./cidr";
import { zoneNames } from "./names";

/** Where things of a stack are placed: balancer and NAT in public subnets, containers and files in private ones, databases in isolated ones. */
export interface Network {
    readonly vpcId: pulumi.Input<string>;
    readonly public: readonly pulumi.Input<string>[];
    readonly private: readonly pulumi.Input<string>[];
    /** Neither a way in nor a way out. */
    readonly isolated: readonly pulumi.Input<string>[];
    /** The ways out are there: containers can fetch their images. */
    readonly ready: readonly pulumi.Resource[];
}

const tagged = (target: AwsTarget, name: string) => ({ tags: { Name: target.name(name) } });

/** The stack's own network, or the existing one that the settings name. */
export function makeNetwork(target: AwsTarget): Network {
    const { vpc: existing } = target.options;
    if (existing !== undefined) {
        const { id, ...subnets } = existing;
        return { vpcId: id, ...subnets, ready: [] };
    }
    const opts = target.opts();
    const { cidr, region } = target.options;
    const zones = zonesOf(target);
    const blocks = subnetBlocks(cidr, zones.length);
    const network = new ec2.Vpc(
        "network",
        { cidrBlock: cidr, enableDnsSupport: true, enableDnsHostnames: true, ...tagged(target, "network") },
        opts,
    );
    // Nothing is meant to use it, so it allows nothing.
    new ec2.DefaultSecurityGroup("default-group", { vpcId: network.id, ...tagged(target, "unused") }, opts);
    const subnets = (tier: "public" | "private" | "isolated") =>
        zones.map(
            (zone, index) =>
                new ec2.Subnet(
                    `${tier}-${index + 1}`,
                    {
                        vpcId: network.id,
                        availabilityZone: zone,
                        cidrBlock: blocks[tier][index],
                        mapPublicIpOnLaunch: false,
                        ...tagged(target, `${tier}-${index + 1}`),
                    },
                    opts,
                ),
        );
    const tiers = { public: subnets("public"), private: subnets("private"), isolated: subnets("isolated") };
    const ways = waysOut(target, network, tiers, region);
    if (target.options.flowLogs) {
        flowLogs(target, network);
    }
    const ids = (list: readonly ec2.Subnet[]) => list.map(({ id }) => id);
    return { vpcId: network.id, public: ids(tiers.public), private: ids(tiers.private), isolated: ids(tiers.isolated), ready: ways };
}

export function zonesOf(target: AwsTarget): readonly string[] {
    const { zones, region } = target.options;
    return typeof zones === "number" ? zoneNames(region, zones) : zones;
}

type Tiers = Readonly<Record<"public" | "private" | "isolated", readonly ec2.Subnet[]>>;

function waysOut(target: AwsTarget, network: ec2.Vpc, tiers: Tiers, region: string): pulumi.Resource[] {
    const opts = target.opts();
    const anywhere = { destinationCidrBlock: "0.0.0.0/0" };
    const gateway = new ec2.InternetGateway("internet", { vpcId: network.id, ...tagged(target, "internet") }, opts);
    const table = (name: string) => new ec2.RouteTable(name, { vpcId: network.id, ...tagged(target, name) }, opts);
    const join = (routes: ec2.RouteTable, name: string, subnet: ec2.Subnet) =>
        new ec2.RouteTableAssociation(name, { routeTableId: routes.id, subnetId: subnet.id }, opts);
    const open = table("public");
    const route = new ec2.Route("public-out", { routeTableId: open.id, ...anywhere, gatewayId: gateway.id }, opts);
    tiers.public.forEach((subnet, index) => join(open, `public-${index + 1}`, subnet));
    const closed = table("isolated");
    tiers.isolated.forEach((subnet, index) => join(closed, `isolated-${index + 1}`, subnet));

    const nats = target.running ? natGateways(target, tiers.public, route) : [];
    const tables = tiers.private.map((subnet, index) => {
        const routes = table(`private-${index + 1}`);
        const association = join(routes, `private-${index + 1}`, subnet);
        const nat = nats[index] ?? nats[0];
        const out =
            nat === undefined
                ? []
                : [new ec2.Route(`private-out-${index + 1}`, { routeTableId: routes.id, ...anywhere, natGatewayId: nat.id }, opts)];
        return { routes, ready: [association, ...out] };
    });
    const endpoints = privateWays(
        target,
        network,
        tables.map(({ routes }) => routes),
        tiers.private,
        region,
    );
    return [...tables.flatMap(({ ready }) => ready), ...endpoints];
}

function natGateways(target: AwsTarget, subnets: readonly ec2.Subnet[], route: pulumi.Resource): ec2.NatGateway[] {
    const { nat } = target.options;
    const where = nat === "none" ? [] : nat === "one" ? subnets.slice(0, 1) : subnets;
    return where.map((subnet, index) => {
        const name = `nat-${index + 1}`;
        target.costs.add("NAT gateway", 1);
        const address = new ec2.Eip(name, { domain: "vpc", ...tagged(target, name) }, target.opts({ dependsOn: [route] }));
        return new ec2.NatGateway(
            name,
            { allocationId: address.id, subnetId: subnet.id, ...tagged(target, name) },
            target.opts({ dependsOn: [route] }),
        );
    });
}

/** Ways to AWS's own services that don't leave the network. */
const INTERFACES = ["ecr.api", "ecr.dkr", "logs", "secretsmanager", "kms", "ssmmessages"];

function privateWays(
    target: AwsTarget,
    network: ec2.Vpc,
    tables: readonly ec2.RouteTable[],
    subnets: readonly ec2.Subnet[],
    region: string,
): pulumi.Resource[] {
    const service = (name: string) => `com.amazonaws.${region}.${name}`;
    const storage = new ec2.VpcEndpoint(
        "way-s3",
        {
            vpcId: network.id,
            serviceName: service("s3"),
            vpcEndpointType: "Gateway",
            routeTableIds: tables.map(({ id }) => id),
            ...tagged(target, "s3"),
        },
        target.opts(),
    );
    if (!target.options.endpoints || !target.running) {
        return [storage];
    }
    const group = new ec2.SecurityGroup(
        "ways",
        { vpcId: network.id, description: "Private ways to services of AWS", ...tagged(target, "ways") },
        target.opts(),
    );
    new vpc.SecurityGroupIngressRule(
        "ways-in",
        {
            securityGroupId: group.id,
            cidrIpv4: target.options.cidr,
            ipProtocol: "tcp",
            fromPort: 443,
            toPort: 443,
            description: "from this network",
        },
        target.opts(),
    );
    const others = INTERFACES.map((name) => {
        target.costs.add("Interface endpoint and zone", subnets.length);
        return new ec2.VpcEndpoint(
            `way-${name.replace(".", "-")}`,
            {
                vpcId: network.id,
                serviceName: service(name),
                vpcEndpointType: "Interface",
                privateDnsEnabled: true,
                subnetIds: subnets.map(({ id }) => id),
                securityGroupIds: [group.id],
                ...tagged(target, name.replace(".", "-")),
            },
            target.opts(),
        );
    });
    return [storage, ...others];
}

function flowLogs(target: AwsTarget, network: ec2.Vpc): void {
    const group = target.logGroup("network", `/quai/${target.stack}/network`);
    const role = target.role("flow-logs", "vpc-flow-logs.amazonaws.com", [
        {
            actions: ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
            resources: [group.arn.apply((arn) => `${arn}:*`)],
        },
    ]);
    new ec2.FlowLog(
        "network",
        {
            vpcId: network.id,
            trafficType: "ALL",
            logDestinationType: "cloud-watch-logs",
            logDestination: group.arn,
            iamRoleArn: role.arn,
            maxAggregationInterval: 600,
        },
        target.opts(),
    );
}
