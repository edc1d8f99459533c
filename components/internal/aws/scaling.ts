import * as appautoscaling from "@pulumi/aws/appautoscaling";
import type { types } from "@pulumi/aws";
import type * as ecs from "@pulumi/aws/ecs";
import * as pulumi from "@pulumi/pulumi";
import type { AwsTarget } from "../../targets/aws-target";

/** In percent: room for a peak until a new task is there (about a minute). */
const SCALE_AT = { cpu: 60, memory: 75 };

export interface ScalingBounds {
    readonly least: number;
    readonly most: number;
    /** Known once the front door has been described; undefined where no route leads to the service. */
    readonly requestLabel: Promise<pulumi.Input<string> | undefined>;
}

type Following = Omit<types.input.appautoscaling.PolicyTargetTrackingScalingPolicyConfiguration, "scaleInCooldown" | "scaleOutCooldown">;

/** The number of a service's tasks follows its load: up within a minute, down after five. */
export function scaling(target: AwsTarget, name: string, service: ecs.Service, bounds: ScalingBounds, parent: pulumi.Resource): void {
    const place = {
        serviceNamespace: "ecs",
        scalableDimension: "ecs:service:DesiredCount",
        resourceId: pulumi.interpolate`service/${target.cluster.name}/${service.name}`,
    };
    const scalable = new appautoscaling.Target(
        `${name}-scale`,
        { ...place, minCapacity: bounds.least, maxCapacity: bounds.most },
        target.opts({ parent }),
    );
    const follow = (what: string, targetTrackingScalingPolicyConfiguration: Following) =>
        new appautoscaling.Policy(
            `${name}-scale-${what}`,
            {
                ...place,
                name: target.name(name, what),
                policyType: "TargetTrackingScaling",
                targetTrackingScalingPolicyConfiguration: {
                    ...targetTrackingScalingPolicyConfiguration,
                    scaleInCooldown: 300,
                    scaleOutCooldown: 60,
                },
            },
            target.opts({ parent, dependsOn: [scalable] }),
        );
    const predefined = (predefinedMetricType: string, targetValue: number, label?: ScalingBounds["requestLabel"]) => ({
        predefinedMetricSpecification: {
            predefinedMetricType,
            ...(label === undefined ? {} : { resourceLabel: pulumi.output(label).apply((known) => known ?? "") }),
        },
        targetValue,
    });
    const { cpu, memory, requests, queue } = { ...SCALE_AT, requests: undefined, queue: undefined, ...target.options.scaleOn[name] };
    follow("cpu", predefined("ECSServiceAverageCPUUtilization", cpu));
    follow("memory", predefined("ECSServiceAverageMemoryUtilization", memory));
    if (requests !== undefined) {
        follow("requests", predefined("ALBRequestCountPerTarget", requests, bounds.requestLabel));
    }
    if (queue !== undefined) {
        const { namespace, metric, each } = queue;
        follow("queue", {
            customizedMetricSpecification: { namespace, metricName: metric, statistic: "Average" },
            targetValue: each,
        });
    }
}
