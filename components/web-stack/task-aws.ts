import type { Called } from "../internal/aws/discovery";
import { calledServices } from "../internal/aws/discovery";
import { fargateSize } from "../internal/aws/fargate-size";
import type { TaskImage } from "../internal/aws/image";
import type { Task } from "../internal/aws/task";
import { fargateTask } from "../internal/aws/task";
import type { AwsTarget, Grant } from "../targets/aws-target";
import type { WebStack } from ".";
import type { ContainerSpec, WebStackSpec } from "./spec";

/** What the realization hands around. */
export interface Build {
    readonly self: WebStack;
    readonly target: AwsTarget;
    readonly images: Readonly<Record<string, TaskImage>>;
    /** Services that others call. */
    readonly called: ReadonlyMap<string, Called>;
}

/** Services that the containers of the stack call. @throws Error where one of them is no container */
export function calledOf(self: WebStack, target: AwsTarget, { services, jobs }: WebStackSpec): ReadonlyMap<string, Called> {
    const calls = [...services, ...jobs].flatMap(({ name, args }) => (args.calls ?? []).map((to) => ({ name, to })));
    const sites = calls.filter(({ to }) => target.options.sites[to] !== undefined);
    if (sites.length > 0) {
        const lines = sites.map(({ name, to }) => `quai:target.sites.${to}: a folder of files has no address inside, and ${name} calls it`);
        throw new Error(lines.join("\n"));
    }
    return calledServices(
        target,
        self,
        services.flatMap(({ name, port }) =>
            port !== undefined && calls.some(({ to }) => to === name) ? [{ name, port, description: descriptionOf(name) }] : [],
        ),
    );
}

export const descriptionOf = (service: string): string => `Containers of ${service}`;

export function sizeOf(spec: ContainerSpec) {
    return fargateSize(spec.args.cpus, spec.memory, `quai:services.${spec.name}`);
}

export function taskOf(
    build: Build,
    spec: ContainerSpec,
    description: string,
    more: Pick<Parameters<typeof fargateTask>[2]["main"], "port" | "health" | "stopTimeout">,
): Task {
    const image = build.images[spec.args.image];
    if (image === undefined) {
        throw new Error(`quai:images.${spec.args.image}: missing`);
    }
    return fargateTask(build.target, build.self, {
        logical: spec.name,
        description,
        size: sizeOf(spec),
        image,
        main: {
            name: spec.name,
            entryPoint: spec.args.entry,
            command: spec.args.command,
            env: { RELEASE: spec.release, ...spec.args.env },
            secretFiles: spec.args.secrets ?? {},
            secretEnv: spec.args.secretEnv ?? {},
            user: spec.args.user,
            readOnlyRoot: spec.readOnlyRoot,
            temporary: spec.temporary,
            ...more,
        },
        files: spec.args.files ?? {},
        group: build.called.get(spec.name)?.group,
        calls: (spec.args.calls ?? []).flatMap((name) => (name === spec.name ? [] : (build.called.get(name)?.place ?? []))),
        exec: build.target.options.exec,
        grants: queueGrants(build.target, spec.name),
    });
}

/** A service whose number follows a queue tells CloudWatch how long that is. */
function queueGrants(target: AwsTarget, name: string): Grant[] {
    const queue = target.options.scaleTo[name] === undefined ? undefined : target.options.scaleOn[name]?.queue;
    return queue === undefined
        ? []
        : [
              {
                  actions: ["cloudwatch:PutMetricData"],
                  resources: ["*"],
                  condition: { StringEquals: { "cloudwatch:namespace": queue.namespace } },
              },
          ];
}
