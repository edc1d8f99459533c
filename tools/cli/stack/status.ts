import { type HostContainer, logsShow } from "./docker";
import { type CertificateStatus, type DiskStatus, doorStatus } from "./door-status";
import type { SecretAgeFact } from "../report/report";
import { ageFacts } from "./secret-ages";
import type { Session } from "./session";
import type { StackState } from "./state";
import { outputsOf, readState } from "./state";

/** `./quai status --json`: a contract, names and types stay. */
export interface StackStatus {
    readonly stack: string;
    readonly application: string;
    readonly target: string;
    readonly urls: readonly string[];
    readonly services: readonly {
        readonly name: string;
        readonly release: string;
        readonly health: string;
        /** When the container started; ISO 8601. */
        readonly since?: string;
        /** How often the engine has started it again after it ended by itself. */
        readonly restarts?: number;
    }[];
    /** What clients are shown; null while no proxy runs. */
    readonly certificate: CertificateStatus | null;
    /** Where the engine keeps images, volumes and logs; null while no proxy runs. */
    readonly disk: DiskStatus | null;
    readonly backups: {
        /** Time of the last good snapshot, ISO 8601. */
        readonly last: string | null;
        /** Time of the last restore that was tried and was good. */
        readonly lastDrill: string | null;
        readonly repository: string | null;
    };
    readonly secrets: readonly SecretAgeFact[];
    /** What somebody should look at; empty when all is well. */
    readonly problems: readonly string[];
}

interface BackupState {
    readonly last?: { readonly time?: string } | null;
    readonly lastDrill?: { readonly time?: string; readonly ok?: boolean } | null;
    readonly problems?: readonly string[];
}

export async function stackStatus(session: Session): Promise<StackStatus> {
    const state = await readState(session.engine, session.stack);
    const { stackId, application, target } = session.settings;
    if (state === undefined || state.resources.length === 0) {
        const nothing = { last: null, lastDrill: null, repository: null };
        const problems = [`not deployed: ./quai up ${session.stack}`];
        return {
            stack: stackId,
            application,
            target: target.kind,
            urls: [],
            services: [],
            certificate: null,
            disk: null,
            backups: nothing,
            secrets: [],
            problems,
        };
    }
    const outputs = outputsOf(state);
    const containers = await session.host.containers();
    const services = await servicesOf(session, containers, state);
    const backup = await backupState(session, containers);
    const door = await doorStatus(session, containers);
    return {
        stack: stackId,
        application,
        target: target.kind,
        urls: outputs["running"] === false ? [] : strings(outputs["urls"]),
        services,
        certificate: door.certificate,
        disk: door.disk,
        backups: {
            last: backup?.last?.time ?? null,
            lastDrill: backup?.lastDrill?.ok === true ? (backup.lastDrill.time ?? null) : null,
            repository: typeof outputs["repository"] === "string" ? outputs["repository"] : null,
        },
        secrets: ageFacts(state, new Date()),
        problems: [
            ...(outputs["running"] === false ? [`stopped: ./quai up ${session.stack} starts it`] : []),
            ...serviceProblems(services, session.stack),
            ...(backup?.problems ?? []),
            ...door.problems,
        ],
    };
}

/** One for each service, release and state; what is well beside a release that failed is named with it, so that nobody takes it for an outage. */
export function serviceProblems(services: StackStatus["services"], stack: string): string[] {
    const problems = services
        .filter(({ health }) => health !== "healthy")
        .map(({ name, release, health }) => {
            const well = services.find((other) => other.name === name && other.release !== release && other.health === "healthy");
            const beside = well === undefined ? "" : ` in release ${release}, and healthy in ${well.release}`;
            const hint = health === "missing" ? `./quai up ${stack} starts it again` : logsShow(stack, name);
            return `${name} is ${health}${beside}: ${hint}`;
        });
    return [...new Set(problems)];
}

/** Long-running containers that the state knows, and what the state knows but the host hasn't. */
async function servicesOf(session: Session, containers: readonly HostContainer[], state: StackState): Promise<StackStatus["services"]> {
    const wanted = state.resources.filter(({ type }) => type === "docker:index/container:Container");
    const byId = new Map(containers.map((container) => [container.id, container]));
    const started = await startTimes(
        session,
        wanted.flatMap(({ id }) => (id !== undefined && byId.has(id) ? [id] : [])),
    );
    return wanted
        .filter(({ id }) => !isHolding(byId.get(id ?? "")))
        .map(({ id, outputs }) => {
            const container = byId.get(id ?? "");
            const fallback =
                typeof outputs?.["name"] === "string" ? outputs["name"].replace(`${session.settings.stackId}-`, "") : "unknown";
            const health = container === undefined ? "missing" : container.state === "running" ? container.health : container.state;
            return { name: container?.service ?? fallback, release: container?.release ?? "", health, ...started.get(id ?? "") };
        })
        .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What holds a port does nothing that could be called healthy: it is of interest where it doesn't run. */
function isHolding(container: HostContainer | undefined): boolean {
    return container?.role === "port" && container.state === "running";
}

interface Started {
    readonly since: string;
    readonly restarts: number;
}

async function startTimes(session: Session, ids: readonly string[]): Promise<ReadonlyMap<string, Started>> {
    if (ids.length === 0) {
        return new Map();
    }
    const text = await session.host.docker(["inspect", "--format", "{{.Id}} {{.State.StartedAt}} {{.RestartCount}}", ...ids]);
    return new Map(
        text
            .trim()
            .split("\n")
            .map((line) => {
                const [id = "", since = "", restarts = "0"] = line.split(" ");
                return [id, { since, restarts: Number(restarts) }] as const;
            }),
    );
}

async function backupState(session: Session, containers: readonly HostContainer[]): Promise<BackupState | undefined> {
    const container = containers.find(({ role, state }) => role === "backup" && state === "running");
    if (container === undefined) {
        return undefined;
    }
    const lines: string[] = [];
    await session.host.exec(container.id, ["quai-backup", "status", "--json"], (line, stream) => {
        if (stream === "stdout") lines.push(line);
    });
    try {
        return JSON.parse(lines.join("\n")) as BackupState;
    } catch {
        return { problems: [`the backup service doesn't say how it is: ${logsShow(session.stack, container.service)}`] };
    }
}

function strings(value: unknown): string[] {
    return Array.isArray(value) ? value.map(String) : [];
}
