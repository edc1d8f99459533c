import * as ecs from "@pulumi/aws/ecs";
import type * as pulumi from "@pulumi/pulumi";
import type { AwsTarget } from "../../targets/aws-target";
import { scaling } from "./scaling";
import type { Task } from "./task";

/** What the front door gives a service: the target groups it registers with, and the rules that must be there first. */
export interface Door {
    readonly targetGroups: readonly pulumi.Input<string>[];
    readonly rules: readonly pulumi.Resource[];
    /** By which requests to it are counted. */
    readonly requestLabel?: pulumi.Input<string>;
}

export const NO_DOOR: Door = { targetGroups: [], rules: [] };

/** A service waits for the balancer's rules, which are described after it. */
export interface Waiting {
    readonly door: Promise<Door>;
    readonly open: (door: Door) => void;
    readonly isOpen: () => boolean;
}

export function waitForDoor(): Waiting {
    let settle: (door: Door) => void = () => undefined;
    let opened = false;
    const door = new Promise<Door>((resolve) => (settle = resolve));
    const open = (known: Door) => {
        opened = true;
        settle(known);
    };
    return { door, open, isOpen: () => opened };
}

export interface ServiceOptions {
    readonly name: string;
    readonly kind: "service" | "worker" | "scheduler";
    /** The old task ends before its successor starts. */
    readonly alone: boolean;
    readonly replicas: number;
    /** The container that answers, and where. */
    readonly container: string;
    readonly port: number | undefined;
    /** Seconds in which the balancer's verdict doesn't count. */
    readonly startPeriod: number;
    readonly task: Task;
    /** Known once the front door has been described. */
    readonly door: Promise<Door>;
    /** Where its tasks' addresses are written down, if others call it. @default nowhere */
    readonly registry?: pulumi.Output<string>;
    readonly after: readonly pulumi.Resource[];
}

/**
 * A service of ECS. Its new tasks start beside the old ones and take over when healthy; if they don't get healthy, ECS goes back by itself, and
 * the update fails. Of one that must never run twice, the old task ends first.
 */
export function fargateService(target: AwsTarget, parent: pulumi.Resource, options: ServiceOptions): ecs.Service {
    const { name, kind, task, alone } = options;
    const most = target.options.scaleTo[name];
    const spot = kind === "worker" && target.options.spotWorkers;
    const loadBalancers = options.door.then(({ targetGroups }) =>
        targetGroups.map((targetGroupArn) => ({ targetGroupArn, containerName: options.container, containerPort: options.port ?? 0 })),
    );
    const ready = options.door.then(({ rules }) => [...options.after, ...task.ready, ...target.network.ready, ...rules]);
    const service = new ecs.Service(
        name,
        {
            name,
            cluster: target.cluster.arn,
            taskDefinition: task.definition.arn,
            desiredCount: options.replicas,
            ...(spot ? { capacityProviderStrategies: [{ capacityProvider: "FARGATE_SPOT", weight: 1 }] } : { launchType: "FARGATE" }),
            networkConfiguration: { subnets: [...target.network.private], securityGroups: [task.group.id], assignPublicIp: false },
            loadBalancers,
            ...(options.registry === undefined ? {} : { serviceRegistries: { registryArn: options.registry } }),
            // Only who is asked by a balancer has one.
            healthCheckGracePeriodSeconds: options.door.then(({ targetGroups }) =>
                targetGroups.length > 0 ? options.startPeriod : undefined,
            ),
            deploymentCircuitBreaker: { enable: true, rollback: true },
            deploymentMinimumHealthyPercent: alone ? 0 : 100,
            deploymentMaximumPercent: alone ? 100 : 200,
            availabilityZoneRebalancing: alone ? "DISABLED" : "ENABLED",
            enableExecuteCommand: target.options.exec,
            enableEcsManagedTags: true,
            propagateTags: "SERVICE",
            waitForSteadyState: true,
        },
        target.opts({
            parent,
            dependsOn: ready,
            customTimeouts: { create: "20m", update: "20m", delete: "20m" },
            // How many there are is then the load's business.
            ignoreChanges: most === undefined ? [] : ["desiredCount"],
        }),
    );
    if (most !== undefined) {
        const requestLabel = options.door.then((door) => door.requestLabel);
        scaling(target, name, service, { least: options.replicas, most, requestLabel }, parent);
    }
    watchService(target, name, service, parent);
    return service;
}

function watchService(target: AwsTarget, name: string, service: ecs.Service, parent: pulumi.Resource): void {
    const dimensions = { ClusterName: target.cluster.name, ServiceName: service.name };
    const metric = { namespace: "AWS/ECS", dimensions, statistic: "Average" as const };
    const raise = `raise quai:services.${name}`;
    target.watch.alarm(
        `${name}-cpu`,
        {
            ...metric,
            metric: "CPUUtilization",
            above: 85,
            periods: 3,
            description: `${name} computes without a pause: ${raise}.cpus or .replicas`,
        },
        parent,
    );
    target.watch.alarm(
        `${name}-memory`,
        {
            ...metric,
            metric: "MemoryUtilization",
            above: 90,
            description: `${name}'s memory is almost full, it will be killed: ${raise}.memory`,
        },
        parent,
    );
    target.watch.graph("performance", `${name} CPU`, { ...metric, metric: "CPUUtilization" });
    target.watch.graph("resources", `${name} memory`, { ...metric, metric: "MemoryUtilization" });
}
