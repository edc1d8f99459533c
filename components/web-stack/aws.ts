import type * as pulumi from "@pulumi/pulumi";
import { fargateSize } from "../internal/aws/fargate-size";
import type { TaskImage } from "../internal/aws/image";
import { imageIdentity, taskImage } from "../internal/aws/image";
import type { Door } from "../internal/aws/service";
import { fargateService, NO_DOOR } from "../internal/aws/service";
import type { Task } from "../internal/aws/task";
import { fargateTask } from "../internal/aws/task";
import type { AwsTarget, Grant } from "../targets/aws-target";
import type { WebStack, WebStackContract } from ".";
import type { JobArgs, ReleasedService, ServiceEndpoint, WebStackArgs } from "./args";
import type { ContainerSpec, ServiceSpec } from "./spec";
import { resolveWebStack } from "./spec";

/** What the realization hands around. */
interface Build {
    readonly self: WebStack;
    readonly target: AwsTarget;
    readonly images: Readonly<Record<string, TaskImage>>;
}

/** A service waits for the balancer's rules, which are described after it. */
interface Waiting {
    readonly door: Promise<Door>;
    readonly open: (door: Door) => void;
    readonly isOpen: () => boolean;
}

export function webStackOnAws(self: WebStack, target: AwsTarget, args: WebStackArgs): WebStackContract {
    const identities = Object.fromEntries(Object.entries(args.images).map(([name, source]) => [name, imageIdentity(target, name, source)]));
    const spec = resolveWebStack(args, identities);
    const isSite = ({ name }: ServiceSpec) => target.options.sites[name] !== undefined;
    const all = spec.services.filter((service) => service.kind !== "scheduler");
    // A site is files and no container; routes lead to it all the same.
    const overlapping = all.filter((service) => !isSite(service));
    const sites = Object.fromEntries(all.filter(isSite).flatMap((service) => endpointOf(service, [], undefined)));
    if (!target.running) {
        const endpoints = Object.fromEntries(all.flatMap((service) => endpointOf(service, [], undefined)));
        return { endpoints, released: [], ready: [], startSchedulers: () => undefined };
    }
    const used = new Set([...spec.services.filter((service) => !isSite(service)), ...spec.jobs].map((each) => each.args.image));
    const images = Object.fromEntries(
        Object.entries(args.images)
            .filter(([name]) => used.has(name))
            .map(([name, source]) => [name, taskImage(target, name, source, self)]),
    );
    const build: Build = { self, target, images };
    let before = (args.after ?? []).filter((resource) => resource !== undefined);
    for (const job of spec.jobs) {
        before = [...before, jobOnAws(build, job, before)];
    }
    const waiting = new Map(overlapping.map((service) => [service.name, waitForDoor()]));
    const running = new Map<string, ReturnType<typeof serviceOnAws>>();
    for (const service of overlapping) {
        const others = service.after.flatMap((name) => running.get(name)?.serves ?? []);
        running.set(service.name, serviceOnAws(build, service, waiting.get(service.name), [...before, ...others]));
    }
    const ready = [...running.values()].map(({ serves }) => serves);
    return {
        endpoints: {
            ...sites,
            ...Object.fromEntries(
                overlapping.flatMap((service) => {
                    const made = running.get(service.name);
                    const open = waiting.get(service.name)?.open;
                    const onAws =
                        made === undefined || open === undefined
                            ? undefined
                            : { group: made.task.group.id, startPeriod: service.health.startPeriod, open };
                    return endpointOf(service, made === undefined ? [] : [made.serves], onAws);
                }),
            ),
        },
        released: spec.services.filter((service) => !isSite(service)).map((service) => releasedOf(target, service)),
        ready,
        startSchedulers: (after) => {
            // What no route leads to serves its own purpose.
            const unrouted = [...waiting].filter(([, { isOpen }]) => !isOpen()).map(([name]) => name);
            for (const { open } of waiting.values()) open(NO_DOOR);
            refuseCounting(target, unrouted);
            for (const service of spec.services.filter((each) => each.kind === "scheduler")) {
                serviceOnAws(build, service, undefined, [...ready, ...after]);
            }
        },
    };
}

function waitForDoor(): Waiting {
    let settle: (door: Door) => void = () => undefined;
    let opened = false;
    const door = new Promise<Door>((resolve) => (settle = resolve));
    const open = (known: Door) => {
        opened = true;
        settle(known);
    };
    return { door, open, isOpen: () => opened };
}

/** @throws Error that lists the services whose requests nobody can count */
function refuseCounting({ options }: AwsTarget, unrouted: readonly string[]): void {
    const problems = unrouted
        .filter((name) => options.scaleOn[name]?.requests !== undefined)
        .map((name) => `quai:target.scaleOn.${name}.requests: no route leads to ${name}; remove it`);
    if (problems.length > 0) throw new Error(problems.join("\n"));
}

/** A service, and the proof that its release is the one that serves. */
function serviceOnAws(build: Build, service: ServiceSpec, waiting: Waiting | undefined, after: readonly pulumi.Resource[]) {
    const { self, target } = build;
    target.costs.add(
        target.options.architecture === "arm64" ? "Fargate processor, arm64" : "Fargate processor, x86_64",
        (sizeOf(service).cpu / 1024) * service.replicas,
    );
    target.costs.add(
        target.options.architecture === "arm64" ? "Fargate memory, GB, arm64" : "Fargate memory, GB, x86_64",
        (sizeOf(service).memory / 1024) * service.replicas,
    );
    const task = taskOf(build, service, `Containers of ${service.name}`, {
        port: service.port,
        health: service.health,
        stopTimeout: service.stopGrace,
    });
    const made = fargateService(target, self, {
        name: service.name,
        kind: service.kind,
        // Locks of a file that machines share can't be relied on: of what writes to such a database, two never run.
        alone: service.kind === "scheduler" || writesAlone(service),
        replicas: service.replicas,
        container: service.name,
        port: service.port,
        startPeriod: service.health.startPeriod,
        task,
        door: waiting?.door ?? Promise.resolve(NO_DOOR),
        after,
    });
    const serves = target.runner.verify(`${service.name}-${service.release}`, made, task.definition, self, [made]);
    return { task, serves };
}

function writesAlone({ args }: ServiceSpec): boolean {
    return Object.values(args.files ?? {}).some(({ files, readOnly }) => files.oneWriter && readOnly !== true);
}

/** Runs to its end before the release starts; once per release, and again if it failed. */
function jobOnAws(build: Build, job: ContainerSpec, after: readonly pulumi.Resource[]): pulumi.Resource {
    const task = taskOf(build, job, `Job ${job.name}`, {});
    return build.target.runner.run(
        `${job.name}-${job.release}`,
        {
            name: job.name,
            task: task.definition,
            container: job.name,
            logGroup: task.logs.name,
            securityGroup: task.group.id,
            again: (job.args as JobArgs).data,
        },
        build.self,
        [...after, ...task.ready],
    );
}

function sizeOf(spec: ContainerSpec) {
    return fargateSize(spec.args.cpus, spec.memory, `quai:services.${spec.name}`);
}

function taskOf(
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

function endpointOf(service: ServiceSpec, ready: readonly pulumi.Resource[], onAws: ServiceEndpoint["onAws"]): [string, ServiceEndpoint][] {
    const { name, release, port, healthPath } = service;
    return port === undefined ? [] : [[name, { name, release, address: name, port, healthPath, ready, onAws }]];
}

function releasedOf(target: AwsTarget, { name, kind, release }: ServiceSpec): ReleasedService {
    return { name, kind, release, containers: [`${target.stack}/${name}`] };
}
