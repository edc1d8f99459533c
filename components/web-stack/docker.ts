import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { builtImage, builtReference } from "../internal/docker/built-image";
import type { FileVolume } from "../internal/docker/file-volume";
import { fileVolume } from "../internal/docker/file-volume";
import { cpuLimit, hardened, memoryLimit, containerOptions } from "../internal/docker/hardening";
import { healthcheck, waitTimeout } from "../internal/health";
import type { Role } from "../internal/labels";
import { labelList } from "../internal/labels";
import type { DockerTarget } from "../targets";
import type { WebStack, WebStackContract } from ".";
import type { ImageSource, ReleasedService, ServiceEndpoint, WebStackArgs } from "./args";
import { commandOf, environmentOf, healthOf, mountsOf, secretFilesOf, tmpfsOf } from "./container-docker";
import { jobOnDocker, keptOnDocker } from "./job-docker";
import { bySchedule, waitsForItsTime } from "./schedule";
import { keptOf, ranOf } from "./once";
import type { ContainerSpec, JobSpec, ServiceSpec } from "./spec";
import { resolveWebStack } from "./spec";

interface StackImage {
    readonly reference: string;
    readonly imageId: pulumi.Output<string>;
    readonly resource: pulumi.Resource;
}

/** What the realization hands around. */
interface Build {
    readonly self: WebStack;
    readonly target: DockerTarget;
    readonly images: Readonly<Record<string, StackImage>>;
}

export function webStackOnDocker(self: WebStack, target: DockerTarget, args: WebStackArgs): WebStackContract {
    const identities = Object.fromEntries(Object.entries(args.images).map(([name, source]) => [name, identityOf(target, name, source)]));
    const { scheduled, released: jobs } = bySchedule(args.jobs);
    const waiting = Object.fromEntries(scheduled.map(([name, job]) => [name, waitsForItsTime(job)]));
    const spec = resolveWebStack({ ...args, jobs, services: { ...args.services, ...waiting } }, identities, target.logs);
    const released = spec.services.map((service) => releasedOf(target, service));
    const overlapping = spec.services.filter((service) => service.kind !== "scheduler");
    if (!target.running) {
        const endpoints = Object.fromEntries(overlapping.flatMap((service) => endpointOf(target, service, [])));
        const once = ranOf(keptOf(spec.jobs, args.ranOnce).map((job) => [job, keptOnDocker(self, target, job)]));
        return { endpoints, released: [], once, ready: [], startSchedulers: () => [] };
    }
    const images = Object.fromEntries(Object.entries(args.images).map(([name, source]) => [name, stackImage(self, target, name, source)]));
    const build: Build = { self, target, images };

    let before = (args.after ?? []).filter((resource) => resource !== undefined);
    const ran: [JobSpec, pulumi.Resource][] = [];
    for (const job of spec.jobs) {
        const parts = { image: imageOf(build, job), files: secretVolume(build, job), data: args.jobs?.[job.name]?.data };
        const made = jobOnDocker(self, target, job, parts, before);
        ran.push([job, made]);
        before = [...before, made];
    }
    const containers = new Map<string, docker.Container[]>();
    for (const service of overlapping) {
        const others = service.after.flatMap((name) => containers.get(name) ?? []);
        containers.set(service.name, replicas(build, service, [...before, ...others]));
    }
    const ready = [...containers.values()].flat();
    return {
        endpoints: Object.fromEntries(overlapping.flatMap((service) => endpointOf(target, service, containers.get(service.name) ?? []))),
        released,
        once: ranOf(ran),
        ready,
        startSchedulers: (after) =>
            spec.services
                .filter((each) => each.kind === "scheduler")
                .map((service) => container(build, service, service.name, target.name(service.name), [...ready, ...after])),
    };
}

/** What makes an image another one, known before anything runs. */
function identityOf(target: DockerTarget, name: string, source: ImageSource): string {
    return "reference" in source ? target.reference(source.reference) : builtReference(target, name, buildOf(name, source)).reference;
}

function buildOf(name: string, source: Exclude<ImageSource, { reference: string }>) {
    return { ...source, context: source.build, setting: `quai:images.${name}` };
}

function stackImage(self: WebStack, target: DockerTarget, name: string, source: ImageSource): StackImage {
    if ("reference" in source) {
        const resource = target.image(source.reference);
        return { reference: target.reference(source.reference), imageId: resource.imageId, resource };
    }
    return builtImage(target, name, { ...buildOf(name, source), parent: self });
}

function imageOf(build: Build, spec: ContainerSpec): StackImage {
    const image = build.images[spec.args.image];
    if (image === undefined) {
        throw new Error(`quai:images.${spec.args.image}: missing`);
    }
    return image;
}

/** Nothing of the old release is touched: name and logical name carry the release, and no port of the host is published (R15). */
function replicas(build: Build, service: ServiceSpec, after: readonly pulumi.Resource[]): docker.Container[] {
    const files = secretVolume(build, service);
    return Array.from({ length: service.replicas }, (_, index) => {
        const suffix = index === 0 ? [] : [String(index + 1)];
        const logical = [service.name, service.release, ...suffix].join("-");
        return container(build, service, logical, build.target.name(logical), after, files);
    });
}

function container(
    build: Build,
    service: ServiceSpec,
    logicalName: string,
    name: string,
    after: readonly pulumi.Resource[],
    files: FileVolume | undefined = secretVolume(build, service),
): docker.Container {
    const { self, target } = build;
    const { networks } = target;
    const mounts = Object.values(service.args.files ?? {}).flatMap((mount) => mount.files.mount.ready ?? []);
    return new docker.Container(
        logicalName,
        {
            name,
            image: imageOf(build, service).imageId,
            ...commandOf(service.args),
            envs: environmentOf(service.args, service.release),
            user: `${service.args.user.uid}:${service.args.user.gid}`,
            readOnly: service.readOnlyRoot,
            ...hardened(service.logs ?? target.logs),
            ...memoryLimit(service.memory),
            ...(service.args.cpus === undefined ? {} : { cpus: cpuLimit(service.args.cpus) }),
            networksAdvanced:
                networks === undefined
                    ? []
                    : [
                          { name: networks.app.name, aliases: [service.name, addressOf(service)] },
                          ...(service.usesData ? [{ name: networks.data.name }] : []),
                      ],
            mounts: mountsOf(service.args, files),
            tmpfs: tmpfsOf(service),
            healthcheck: healthcheck(healthOf(service.args, service.health)),
            wait: true,
            waitTimeout: waitTimeout(service.health),
            labels: labelList(target.stack, { role: roleOf(service), service: service.name, release: service.release }),
            stopTimeout: service.stopGrace,
            destroyGraceSeconds: service.stopGrace,
        },
        containerOptions(self, target, [...after, ...mounts, ...(files === undefined ? [] : [files.resource])]),
    );
}

function secretVolume(build: Build, spec: ContainerSpec): FileVolume | undefined {
    const files = secretFilesOf(spec.args);
    if (Object.keys(files).length === 0) {
        return undefined;
    }
    const name = `${spec.name}-secrets-${spec.release}`;
    return fileVolume(build.target, name, { name, ...spec.args.user, files }, { parent: build.self });
}

function roleOf(service: ServiceSpec): Role {
    return service.kind;
}

/** One name for all replicas of a release, where one is enough: it leads to every one of them, and never to another release. */
function addressOf(service: ServiceSpec): string {
    return `${service.name}-${service.release}`;
}

function endpointOf(target: DockerTarget, service: ServiceSpec, ready: readonly pulumi.Resource[]): [string, ServiceEndpoint][] {
    const { name, release, port, healthPath } = service;
    const { containers } = releasedOf(target, service);
    // Docker's resolver knows them by their names, unless those are longer than a name in DNS can be (RFC 1035, 2.3.4).
    const replicas = containers.every((each) => each.length <= LONGEST_LABEL) ? containers : undefined;
    return port === undefined ? [] : [[name, { name, release, address: addressOf(service), replicas, port, healthPath, ready }]];
}

const LONGEST_LABEL = 63;

function releasedOf(target: DockerTarget, service: ServiceSpec): ReleasedService {
    const { name, kind, release } = service;
    const containers =
        kind === "scheduler"
            ? [target.name(name)]
            : Array.from({ length: service.replicas }, (_, index) =>
                  target.name(name, release, ...(index === 0 ? [] : [String(index + 1)])),
              );
    return { name, kind, release, containers };
}
