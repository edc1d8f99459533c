import type * as ec2 from "@pulumi/aws/ec2";
import * as servicediscovery from "@pulumi/aws/servicediscovery";
import type * as pulumi from "@pulumi/pulumi";
import type { AwsTarget } from "../../targets/aws-target";
import { zoneOf } from "../../web-stack/calls";
import type { Place } from "./security-groups";
import { securityGroup } from "./security-groups";

/** Seconds that callers may keep an address: so long a task that has ended may still be asked after a release. */
const ADDRESS_SECONDS = 10;

/** A service that others of the stack call by its name. */
export interface Called {
    readonly group: ec2.SecurityGroup;
    readonly place: Place;
    /** Where ECS writes down the addresses of its tasks. */
    readonly registry: servicediscovery.Service;
}

/** Names in a private zone of the network, whose addresses ECS keeps (Cloud Map). Only what is called has one. */
export function calledServices(
    target: AwsTarget,
    parent: pulumi.Resource,
    services: readonly { readonly name: string; readonly port: number; readonly description: string }[],
): ReadonlyMap<string, Called> {
    if (services.length === 0) return new Map();
    target.costs.add("Private DNS zone", 1);
    const zone = new servicediscovery.PrivateDnsNamespace(
        "services",
        { name: zoneOf(target.stack), description: `Services of ${target.stack} for each other`, vpc: target.network.vpcId },
        target.opts({ parent }),
    );
    return new Map(
        services.map(({ name, port, description }): [string, Called] => {
            const group = securityGroup(target, name, description, parent);
            const registry = new servicediscovery.Service(
                name,
                {
                    name,
                    dnsConfig: {
                        namespaceId: zone.id,
                        routingPolicy: "MULTIVALUE",
                        dnsRecords: [{ type: "A", ttl: ADDRESS_SECONDS }],
                    },
                    // ECS tells which tasks are well; it has nothing to set.
                    healthCheckCustomConfig: {},
                    // Addresses of tasks that ended badly don't hold it.
                    forceDestroy: true,
                },
                target.opts({ parent }),
            );
            return [name, { group, place: { name, port, group: group.id }, registry }];
        }),
    );
}
