import type { Health } from "../internal/health";
import { httpProbe } from "../internal/health";
import type { LogLimits } from "../targets/docker-target";
import { inOrder } from "../internal/order";
import type { Plain } from "../internal/release";
import { releaseOf } from "../internal/release";
import type { ContainerArgs, HealthArgs, ServiceArgs, WebStackArgs } from "./args";
import { openedBy } from "./describe";

/** How an image is named and found, decided before anything runs. */
export interface ImageSpec {
    /** What makes it another image. */
    readonly identity: string;
}

export interface ContainerSpec {
    readonly name: string;
    readonly release: string;
    readonly args: ContainerArgs;
    readonly memory: number;
    readonly readOnlyRoot: boolean;
    readonly temporary: readonly string[];
    /** Whether it is told how to reach a database or the like: nobody else is on their network. */
    readonly usesData: boolean;
}

export interface ServiceSpec extends ContainerSpec {
    readonly args: ServiceArgs;
    readonly kind: "service" | "worker" | "scheduler";
    readonly port: number | undefined;
    readonly health: Health;
    readonly healthPath: string | undefined;
    readonly replicas: number;
    readonly stopGrace: number;
    readonly logs: LogLimits | undefined;
    readonly after: readonly string[];
}

export interface JobSpec extends ContainerSpec {
    readonly once: boolean;
}

export interface WebStackSpec {
    /** Each after those that it waits for. */
    readonly services: readonly ServiceSpec[];
    readonly jobs: readonly JobSpec[];
}

const DEFAULT_MEMORY = 512 * 1024 * 1024;
/** Writable folders in memory, where a container names none. */
const TEMPORARY: readonly string[] = ["/tmp"];

/**
 * Everything decided: defaults, health, releases. `identities` says for each image what makes it another one, `logs` what a service keeps
 * that says nothing of it (AWS keeps logs elsewhere, and has none).
 *
 * @throws Error that lists every problem, each beginning with the setting's path.
 */
export function resolveWebStack(
    args: Omit<WebStackArgs, "target" | "after">,
    identities: Readonly<Record<string, string>>,
    logs?: LogLimits,
): WebStackSpec {
    const problems = [
        ...Object.entries(args.services).flatMap(([name, service]) => serviceProblems(name, service)),
        ...[...Object.entries(args.services), ...Object.entries(args.jobs ?? {})].flatMap(([name, container]) =>
            containerProblems(name, container, args.images),
        ),
        ...Object.keys(args.jobs ?? {})
            .filter((name) => args.services[name] !== undefined)
            .map((name) => `quai:services.${name}: a job has this name, too; give it another one`),
    ];
    if (problems.length > 0) {
        throw new Error(problems.join("\n"));
    }
    return {
        services: inOrder(args.services).map(([name, service]) =>
            resolveService(name, { ...service, logs: service.logs ?? logs }, args.host, identities),
        ),
        jobs: Object.entries(args.jobs ?? {}).map(([name, job]) => ({
            ...resolveContainer(name, job, identities, undefined),
            once: job.once ?? false,
        })),
    };
}

function resolveService(name: string, service: ServiceArgs, host: string, identities: Readonly<Record<string, string>>): ServiceSpec {
    const writable = service.readOnlyRoot === false || (service.temporary ?? TEMPORARY).includes("/tmp");
    const { shell, ...asked } = resolveHealth(service.health, service.port, host);
    const health = shell === true && writable ? { ...asked, shell } : asked;
    const stopGrace = service.stopGrace ?? 30;
    const extra: Plain = { kind: service.kind, port: service.port, health: { ...health }, stopGrace, logs: service.logs };
    return {
        ...resolveContainer(name, service, identities, extra),
        args: service,
        kind: service.kind ?? "service",
        port: service.port,
        health,
        healthPath: "http" in service.health ? service.health.http : undefined,
        replicas: service.replicas ?? 1,
        stopGrace,
        logs: service.logs,
        after: service.after ?? [],
    };
}

function resolveContainer(name: string, args: ContainerArgs, identities: Readonly<Record<string, string>>, extra: Plain): ContainerSpec {
    const memory = args.memory ?? DEFAULT_MEMORY;
    const readOnlyRoot = args.readOnlyRoot ?? true;
    const temporary = args.temporary ?? TEMPORARY;
    const usesData = openedBy(args).length > 0;
    const versions = (secrets: ContainerArgs["secrets"]) =>
        Object.fromEntries(Object.entries(secrets ?? {}).map(([key, secret]) => [key, `${secret.name} ${secret.version}`]));
    const release = releaseOf({
        image: identities[args.image],
        command: args.entry === undefined ? args.command : [...args.entry, ...(args.command ?? [])],
        env: args.env,
        secrets: versions(args.secrets),
        secretEnv: versions(args.secretEnv),
        files: Object.entries(args.files ?? {}).map(([path, mount]) => ({
            path,
            volume: mount.files.mount.volume,
            readOnly: mount.readOnly,
        })),
        user: args.user,
        memory,
        cpus: args.cpus,
        readOnlyRoot,
        temporary,
        // What every container gets (components/internal/docker/hardening.ts, and how files are mounted), counted: another of it is another release.
        hardening: 3,
        // Not counted where it is on both networks, as all were before: those needn't be released anew.
        ...(usesData ? {} : { networks: "app" }),
        extra,
    });
    return { name, release, args, memory, readOnlyRoot, temporary, usesData };
}

export function resolveHealth(args: HealthArgs, port: number | undefined, host: string): Health {
    const command = "http" in args ? httpProbe(port ?? 0, args.http, host) : args.command;
    return {
        command,
        interval: args.interval ?? 10,
        timeout: args.timeout ?? 5,
        retries: args.retries ?? 5,
        startPeriod: args.startPeriod ?? 30,
        ...("http" in args || args.shell === true ? { shell: true } : {}),
    };
}

function serviceProblems(name: string, service: ServiceArgs): string[] {
    const path = `quai:services.${name}`;
    const problems: string[] = [];
    if (service.kind === "scheduler" && (service.replicas ?? 1) !== 1) {
        problems.push(`${path}.replicas: a scheduler runs once (got ${service.replicas}); use a worker for work that may run twice`);
    }
    if ((service.replicas ?? 1) < 1 || !Number.isInteger(service.replicas ?? 1)) {
        problems.push(`${path}.replicas: must be a whole number, at least 1 (got ${service.replicas})`);
    }
    if ("http" in service.health && service.port === undefined) {
        problems.push(`${path}.health.http: needs the service's port; set ${path}.port`);
    }
    return problems;
}

function containerProblems(name: string, container: ContainerArgs, images: WebStackArgs["images"]): string[] {
    const path = `quai:services.${name}`;
    const problems: string[] = [];
    if (images[container.image] === undefined) {
        problems.push(`quai:images.${container.image}: missing; ${name} needs it. Give a reference or { build: folder }`);
    }
    if (container.secretEnv !== undefined && container.command === undefined) {
        problems.push(`${path}.secretEnv: needs ${path}.command, because a shell sets the variables before it starts the command`);
    }
    if (container.user.uid === 0) {
        problems.push(`${path}.user: must not be root (got uid 0)`);
    }
    return problems;
}
