import type { SecretRef } from "../secrets-bundle";
import type { ContainerArgs, WebStackArgs } from "./args";

/** A container for people and for pictures: nothing of it is secret. */
export interface ContainerDescription {
    readonly name: string;
    /** Names of the secrets that it is given. */
    readonly secrets: readonly string[];
    /** Names of the components that it is told how to reach. */
    readonly opens: readonly string[];
    /** Services that it calls. @default none */
    readonly calls?: readonly string[];
    readonly files: readonly { readonly name: string; readonly readOnly: boolean }[];
    /** Secrets that are also variables of its process, because the application can't read files. @default none */
    readonly variables?: readonly SecretVariable[];
}

export interface SecretVariable {
    /** `DATABASE_URL` */
    readonly name: string;
    /** Names of the secrets in it. */
    readonly holds: readonly string[];
}

export interface ServiceDescription extends ContainerDescription {
    readonly kind: "service" | "worker" | "scheduler";
    readonly replicas: number;
}

/** Services and jobs in the order of their names. Releases, limits and variables are left out: they make no other architecture. */
export function describeWebStack({ services, jobs }: Pick<WebStackArgs, "services" | "jobs">): {
    readonly services: readonly ServiceDescription[];
    readonly jobs: readonly (ContainerDescription & { /** Instead of before each release. */ readonly scheduled?: true })[];
} {
    const byName = <T>(entries: Readonly<Record<string, T>>) => Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1));
    return {
        services: byName(services).map(([name, service]) => ({
            ...describeContainer(name, service),
            kind: service.kind ?? "service",
            replicas: service.replicas ?? 1,
        })),
        jobs: byName(jobs ?? {}).map(([name, job]) => ({
            ...describeContainer(name, job),
            ...(job.schedule === undefined ? {} : { scheduled: true as const }),
        })),
    };
}

/** Names of the components that a container is told how to reach, by its secrets or in the open. */
export function openedBy({ secrets, secretEnv, opens }: ContainerArgs): string[] {
    return sorted([...(opens ?? []), ...refsOf({ secrets, secretEnv }).flatMap((ref) => ref.opens ?? [])]);
}

function refsOf({ secrets, secretEnv }: Pick<ContainerArgs, "secrets" | "secretEnv">): SecretRef[] {
    return [...Object.values(secrets ?? {}), ...Object.values(secretEnv ?? {})];
}

function describeContainer(name: string, args: ContainerArgs): ContainerDescription {
    const { secretEnv, files, calls = [] } = args;
    const mounts = Object.values(files ?? {}).map(({ files: of, readOnly }) => ({ name: of.name, readOnly: readOnly ?? false }));
    const variables = Object.entries(secretEnv ?? {}).map(([variable, ref]) => ({ name: variable, holds: sorted(partsOf(ref.name)) }));
    return {
        name,
        ...(variables.length === 0 ? {} : { variables: variables.sort((a, b) => (a.name < b.name ? -1 : 1)) }),
        secrets: sorted(refsOf(args).flatMap(({ name: secret }) => partsOf(secret))),
        opens: openedBy(args),
        ...(calls.length === 0 ? {} : { calls: sorted(calls) }),
        files: mounts.sort((a, b) => (a.name < b.name ? -1 : 1)),
    };
}

/** A text that is made of secrets is called like its template: `${redisUrl}/0`. */
function partsOf(name: string): string[] {
    const parts = [...name.matchAll(/\$\{([^}]+)\}/g)].map(([, part]) => part ?? "");
    return parts.length === 0 ? [name] : parts;
}

function sorted(names: readonly string[]): string[] {
    return [...new Set(names)].sort();
}
