import * as ec2 from "@pulumi/aws/ec2";
import * as vpc from "@pulumi/aws/vpc";
import type * as pulumi from "@pulumi/pulumi";
import type { AwsTarget } from "../../targets/aws-target";

/** Something that listens in the stack's network: whoever holds its address may reach this port, and nobody else. */
export interface Place {
    readonly name: string;
    readonly port: number;
    readonly group: pulumi.Output<string>;
}

/** A group that allows nothing by itself. */
export function securityGroup(target: AwsTarget, logical: string, description: string, parent: pulumi.Resource): ec2.SecurityGroup {
    return new ec2.SecurityGroup(
        `${logical}-group`,
        {
            name: target.name(logical),
            description,
            vpcId: target.network.vpcId,
            // A group that is in use can't be deleted: the rules that name it go first.
            revokeRulesOnDelete: true,
            tags: { Name: target.name(logical) },
        },
        target.opts({ parent }),
    );
}

/** One way from a group to a place: out of the one and into the other. */
export function way(
    target: AwsTarget,
    from: { readonly name: string; readonly group: pulumi.Input<string> },
    to: Place,
    parent: pulumi.Resource,
): pulumi.Resource[] {
    const port = { ipProtocol: "tcp", fromPort: to.port, toPort: to.port };
    const opts = target.opts({ parent });
    return [
        new vpc.SecurityGroupEgressRule(
            `${from.name}-to-${to.name}`,
            { securityGroupId: from.group, referencedSecurityGroupId: to.group, ...port, description: `${from.name} to ${to.name}` },
            opts,
        ),
        new vpc.SecurityGroupIngressRule(
            `${to.name}-from-${from.name}`,
            { securityGroupId: to.group, referencedSecurityGroupId: from.group, ...port, description: `${from.name} to ${to.name}` },
            opts,
        ),
    ];
}

/** The ports of the internet that containers may reach: images, secrets and logs need 443, too. */
export function waysOut(
    target: AwsTarget,
    from: { readonly name: string; readonly group: pulumi.Input<string> },
    parent: pulumi.Resource,
): pulumi.Resource[] {
    return [...new Set([443, ...target.options.egress])].map(
        (port) =>
            new vpc.SecurityGroupEgressRule(
                `${from.name}-out-${port}`,
                {
                    securityGroupId: from.group,
                    cidrIpv4: "0.0.0.0/0",
                    ipProtocol: "tcp",
                    fromPort: port,
                    toPort: port,
                    description: `to port ${port} anywhere`,
                },
                target.opts({ parent }),
            ),
    );
}
