import type { ContainerArgs, WebStackArgs } from "./args";

/** A container for people and for pictures: nothing of it is secret. */
export interface ContainerDescription {
    readonly name: string;
    /** Names of the secrets that it is given. */
    readonly secrets: readonly string[];
    /** Names of the components that these secrets open. */
    readonly opens: readonly string[];
    readonly files: readonly { readonly name: string; readonly readOnly: boolean }[];
}

export interface ServiceDescription extends ContainerDescription {
    readonly kind: "service" | "worker" | "scheduler";
    readonly replicas: number;
}

/** Services and jobs in the order of their names. Releases, limits and variables are left out: they make no other architecture. */
export function describeWebStack({ services, jobs }: Pick<WebStackArgs, "services" | "jobs">): {
    readonly services: readonly ServiceDescription[];
    readonly jobs: readonly ContainerDescription[];
} {
    const byName = <T>(entries: Readonly<Record<string, T>>) => Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1));
    return {
        services: byName(services).map(([name, service]) => ({
            ...describeContainer(name, service),
            kind: service.kind ?? "service",
            replicas: service.replicas ?? 1,
        })),
        jobs: byName(jobs ?? {}).map(([name, job]) => describeContainer(name, job)),
    };
}

function describeContainer(name: string, { secrets, secretEnv, files }: ContainerArgs): ContainerDescription {
    const refs = [...Object.values(secrets ?? {}), ...Object.values(secretEnv ?? {})];
    const mounts = Object.values(files ?? {}).map(({ files: of, readOnly }) => ({ name: of.name, readOnly: readOnly ?? false }));
    return {
        name,
        secrets: sorted(refs.flatMap(({ name: secret }) => partsOf(secret))),
        opens: sorted(refs.flatMap(({ opens }) => opens ?? [])),
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
