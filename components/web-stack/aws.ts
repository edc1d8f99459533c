import type * as pulumi from "@pulumi/pulumi";
import { imageIdentity, imageRepository, taskImage } from "../internal/aws/image";
import { runsAtTimes } from "../internal/aws/schedule";
import type { Waiting } from "../internal/aws/service";
import { fargateService, NO_DOOR, waitForDoor } from "../internal/aws/service";
import type { AwsTarget } from "../targets/aws-target";
import type { WebStack, WebStackContract } from ".";
import type { JobArgs, ReleasedService, ServiceEndpoint, WebStackArgs } from "./args";
import { keptOf, ranOf } from "./once";
import { bySchedule, runsOnce } from "./schedule";
import type { JobSpec, ServiceSpec } from "./spec";
import { resolveWebStack } from "./spec";
import type { Build } from "./task-aws";
import { calledOf, descriptionOf, sizeOf, taskOf } from "./task-aws";

export function webStackOnAws(self: WebStack, target: AwsTarget, args: WebStackArgs): WebStackContract {
    const identities = Object.fromEntries(Object.entries(args.images).map(([name, source]) => [name, imageIdentity(target, name, source)]));
    const { scheduled, released } = bySchedule(args.jobs);
    const times = new Map(scheduled.map(([name, { schedule }]) => [name, schedule.at]));
    const atTimes = Object.fromEntries(scheduled.map(([name, job]) => [name, runsOnce(job)]));
    const spec = resolveWebStack({ ...args, jobs: { ...released, ...atTimes } }, identities);
    const isSite = ({ name }: ServiceSpec) => target.options.sites[name] !== undefined;
    const all = spec.services.filter((service) => service.kind !== "scheduler");
    // A site is files and no container; routes lead to it all the same.
    const overlapping = all.filter((service) => !isSite(service));
    const sites = Object.fromEntries(all.filter(isSite).flatMap((service) => endpointOf(service, [], undefined)));
    const used = new Set([...spec.services.filter((service) => !isSite(service)), ...spec.jobs].map((each) => each.args.image));
    const sources = Object.entries(args.images).filter(([name]) => used.has(name));
    if (!target.running) {
        // Images are kept like data.
        for (const [name, source] of sources) if ("build" in source) imageRepository(target, name, self);
        const endpoints = Object.fromEntries(all.flatMap((service) => endpointOf(service, [], undefined)));
        const once = ranOf(keptOf(spec.jobs, args.ranOnce).map((job) => [job, target.runner.keep(job.name, self)]));
        return { endpoints, released: [], once, ready: [], startSchedulers: () => [] };
    }
    const images = Object.fromEntries(sources.map(([name, source]) => [name, taskImage(target, name, source, self)]));
    const build: Build = { self, target, images, called: calledOf(self, target, spec) };
    let before = (args.after ?? []).filter((resource) => resource !== undefined);
    const ran: [JobSpec, pulumi.Resource][] = [];
    for (const job of spec.jobs.filter(({ name }) => !times.has(name))) {
        const made = jobOnAws(build, job, before);
        ran.push([job, made]);
        before = [...before, made];
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
        released: [
            ...spec.services.filter((service) => !isSite(service)),
            ...spec.jobs.filter(({ name }) => times.has(name)).map((job) => ({ ...job, kind: "scheduler" as const })),
        ].map((each) => releasedOf(target, each)),
        once: ranOf(ran),
        ready,
        startSchedulers: (after) => {
            // What no route leads to serves its own purpose.
            const unrouted = [...waiting].filter(([, { isOpen }]) => !isOpen()).map(([name]) => name);
            for (const { open } of waiting.values()) open(NO_DOOR);
            refuseCounting(target, unrouted);
            const schedulers = spec.services.filter((each) => each.kind === "scheduler");
            const started = schedulers.map((service) => serviceOnAws(build, service, undefined, [...ready, ...after]).serves);
            runsAtTimes(
                target,
                self,
                spec.jobs.flatMap((job) => {
                    const at = times.get(job.name);
                    return at === undefined ? [] : [{ name: job.name, at, task: taskOf(build, job, `Job ${job.name}, on a schedule`, {}) }];
                }),
                [...ready, ...after],
            );
            return started;
        },
    };
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
    const task = taskOf(build, service, descriptionOf(service.name), {
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
        registry: build.called.get(service.name)?.registry.arn,
        after,
    });
    const serves = target.runner.verify(`${service.name}-${service.release}`, made, task.definition, self, [made]);
    return { task, serves };
}

function writesAlone({ args }: ServiceSpec): boolean {
    return Object.values(args.files ?? {}).some(({ files, readOnly }) => files.oneWriter && readOnly !== true);
}

/** Runs to its end before the release starts, once per release or once and for all; again if it failed. */
function jobOnAws(build: Build, job: JobSpec, after: readonly pulumi.Resource[]): pulumi.Resource {
    const task = taskOf(build, job, `Job ${job.name}`, {});
    return build.target.runner.run(
        job.once ? job.name : `${job.name}-${job.release}`,
        {
            name: job.name,
            task: task.definition,
            container: job.name,
            logGroup: task.logs.name,
            securityGroup: task.group.id,
            again: (job.args as JobArgs).data,
            once: job.once,
        },
        build.self,
        [...after, ...task.ready],
    );
}

function endpointOf(service: ServiceSpec, ready: readonly pulumi.Resource[], onAws: ServiceEndpoint["onAws"]): [string, ServiceEndpoint][] {
    const { name, release, port, healthPath } = service;
    return port === undefined ? [] : [[name, { name, release, address: name, port, healthPath, ready, onAws }]];
}

function releasedOf(target: AwsTarget, { name, kind, release }: Pick<ServiceSpec, "name" | "kind" | "release">): ReleasedService {
    return { name, kind, release, containers: [`${target.stack}/${name}`] };
}
