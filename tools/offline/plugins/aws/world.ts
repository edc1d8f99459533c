import { overlap } from "../../../../components/internal/aws/cidr";
import type { Properties } from "../kit/types";

/**
 * What exists, as far as this run of the plugin has heard of it: what it made, and what the engine asked about. The engine goes through a
 * program in the order of dependencies, so that whatever something refers to has been heard of before.
 */
export class World {
    private readonly known = new Map<string, { readonly type: string; readonly inputs: Properties }>();

    learn(type: string, id: string, inputs: Properties, outputs: Properties): void {
        const entry = { type, inputs };
        this.known.set(`${type} ${id}`, entry);
        for (const name of [id, outputs["arn"], outputs["versionId"]]) {
            if (typeof name === "string") this.known.set(name, entry);
        }
    }

    forget(type: string, id: string): void {
        this.known.delete(`${type} ${id}`);
    }

    /** What of a resource's inputs isn't there. @throws Error in the service's manner */
    mustHold(type: string, id: string | undefined, inputs: Properties): void {
        for (const reference of references(inputs)) {
            if (!this.known.has(reference)) throw new Error(`InvalidParameterValue: ${reference} does not exist (${type})`);
        }
        if (type === "ec2/subnet") this.subnet(id, inputs);
        if (type === "lb/listenerRule") this.priority(id, inputs);
        if (type === "ecs/service") this.ports(inputs);
    }

    private others(type: string, id: string | undefined): Properties[] {
        return [...this.known]
            .filter(([key]) => key.startsWith(`${type} `) && key !== `${type} ${id ?? ""}`)
            .map(([, { inputs }]) => inputs);
    }

    private subnet(id: string | undefined, inputs: Properties): void {
        const network = this.known.get(String(inputs["vpcId"]))?.inputs["cidrBlock"];
        const own = String(inputs["cidrBlock"]);
        if (typeof network === "string" && !overlap(network, own)) throw new Error(`InvalidSubnet.Range: ${own} is not within ${network}`);
        const taken = this.others("ec2/subnet", id).find(
            (other) => other["vpcId"] === inputs["vpcId"] && overlap(String(other["cidrBlock"]), own),
        );
        if (taken !== undefined) throw new Error(`InvalidSubnet.Conflict: ${own} conflicts with ${String(taken["cidrBlock"])}`);
    }

    private priority(id: string | undefined, inputs: Properties): void {
        const same = this.others("lb/listenerRule", id).some(
            (other) => other["listenerArn"] === inputs["listenerArn"] && other["priority"] === inputs["priority"],
        );
        if (same) throw new Error(`PriorityInUse: priority ${String(inputs["priority"])} is taken on this listener`);
    }

    /** A service registers a container and a port that its task has. */
    private ports(inputs: Properties): void {
        const definitions = this.known.get(String(inputs["taskDefinition"]))?.inputs["containerDefinitions"];
        const containers = JSON.parse(typeof definitions === "string" ? definitions : "[]") as readonly {
            readonly name: string;
            readonly portMappings?: readonly { readonly containerPort: number }[];
        }[];
        for (const { containerName, containerPort, targetGroupArn } of (inputs["loadBalancers"] ?? []) as readonly Properties[]) {
            const open = containers.find(({ name }) => name === containerName)?.portMappings ?? [];
            if (!open.some((mapping) => mapping.containerPort === containerPort)) {
                throw new Error(
                    `InvalidParameterException: container ${String(containerName)} does not listen on ${String(containerPort)}`,
                );
            }
            const group = this.known.get(String(targetGroupArn))?.inputs;
            const led = this.others("lb/listenerRule", undefined).some((rule) =>
                JSON.stringify(rule["actions"]).includes(String(targetGroupArn)),
            );
            if (group !== undefined && !led)
                throw new Error("InvalidParameterException: the target group does not have an associated load balancer");
        }
    }
}

const ID = /^(?:(?:vpc|subnet|sg|rtb|igw|nat|eipalloc|fs|fsap)-[0-9a-f]{17}|(?:ns|srv)-[0-9a-f]{16})$/;
/** Whole ARNs of this account; with a `*` they are patterns, and streams, objects and revisions of others aren't resources of their own. */
const ARN = /^arn:aws:[a-z0-9-]+:[a-z0-9-]*:123456789012:[^*]+$/;

/** Everything in the inputs that names another resource. */
function references(value: unknown): string[] {
    if (typeof value === "string") return ID.test(value) || ARN.test(value) ? [value] : [];
    if (Array.isArray(value)) return value.flatMap(references);
    return typeof value === "object" && value !== null ? Object.values(value).flatMap(references) : [];
}
