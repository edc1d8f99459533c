import * as pulumi from "@pulumi/pulumi";
import type { JobSpec } from "./spec";

/** Of a stopped stack: the jobs that have run once and for all, which are kept so that they don't run again when it starts. */
export function keptOf(jobs: readonly JobSpec[], ranOnce: readonly string[] = []): JobSpec[] {
    return jobs.filter(({ name, once }) => once && ranOnce.includes(name));
}

/**
 * Names of the jobs that have run once and for all, when they have: an engine notes a stack's outputs as soon as they are known, also of an
 * update that fails afterwards, and a job that failed must run again. Undefined where there is none.
 */
export function ranOf(made: readonly (readonly [job: JobSpec, resource: pulumi.Resource])[]): pulumi.Output<string[]> | undefined {
    const once = made.filter(([job]) => job.once);
    return once.length === 0 ? undefined : pulumi.all(once.map(([, { urn }]) => urn)).apply(() => once.map(([{ name }]) => name));
}
