import { readFileSync } from "node:fs";
import type { RouteDescription } from "../../../components/tls-proxy/describe";
import { formatSize } from "../../../infra/settings";
import type { Check } from "../../engine/checks";
import { messageOf } from "../../engine/types";
import { type HostContainer, logsShow } from "./docker";
import { doorChecks } from "./front-door";
import { saveAuthority } from "./public-check";
import type { Session } from "./session";
import { stackWord } from "./stack-file";
import { outputsOf, readState, type StackState } from "./state";
import { serviceProblems, stackStatus, type StackStatus } from "./status";

/**
 * The deployed application (R128), as `./quai doctor <stack>` tells it: from its names in DNS to the room on its disk, each fault with what
 * to do about it. Asks, and changes nothing.
 */
export async function stackChecks(session: Session): Promise<Check[]> {
    const state = await readState(session.engine, session.stack);
    const status = await stackStatus(session);
    const outputs = state === undefined ? {} : outputsOf(state);
    if (state === undefined || status.urls.length === 0) {
        const fix = status.problems[0] ?? `./quai up${stackWord(session.stack)} deploys it`;
        return [{ name: session.settings.stackId, state: "missing", from: "doesn't run", fix }];
    }
    const authority = saveAuthority(session, outputs["localAuthority"]);
    const containers = await session.host.containers();
    const told = serviceProblems(status.services, session.stack);
    return [
        ...(await doorChecks(session, {
            urls: status.urls,
            routes: routesIn(state),
            authority: authority === undefined ? undefined : readFileSync(authority, "utf8"),
            certificate: status.certificate,
        })),
        ...serviceChecks(session, status),
        ...(await jobChecks(session, containers)),
        ...(await databaseChecks(session, containers)),
        ...keptChecks(status),
        ...status.problems.filter((problem) => !told.includes(problem)).map((fix): Check => ({ name: "status", state: "missing", fix })),
    ];
}

function routesIn({ resources }: StackState): readonly RouteDescription[] {
    return resources
        .filter(({ type }) => type === "quai:index:TlsProxy")
        .flatMap(({ outputs }) => (outputs?.["routes"] ?? []) as readonly RouteDescription[]);
}

function serviceChecks({ stack }: Session, { services }: StackStatus): Check[] {
    return services.map(({ name, release, health, restarts = 0 }) => {
        const from = [health, release === "" ? "" : `release ${release}`, restarts === 0 ? "" : `restarted ${restarts} times`];
        const found = { name: `service ${name}`, from: from.filter((text) => text !== "").join(", ") };
        if (health === "healthy") return { ...found, state: "ok" };
        const missing = health === "missing" || health === "exited";
        return {
            ...found,
            state: "missing",
            fix: `${logsShow(stack, name)}${missing ? `; ./quai up ${stack} brings it back` : ""}`,
        };
    });
}

/** The last run of each job: that of a release that failed is there until the next one. */
async function jobChecks({ host, stack }: Session, containers: readonly HostContainer[]): Promise<Check[]> {
    const jobs = containers.filter(({ role, state }) => role === "job" && state === "exited");
    if (jobs.length === 0) return [];
    const codes = (await host.docker(["inspect", "--format", "{{.State.ExitCode}}", ...jobs.map(({ id }) => id)])).trim().split("\n");
    return jobs.map(({ service, release }, index): Check => {
        const found = { name: `job ${service}`, from: `ended with ${codes[index] ?? "?"}, release ${release}` };
        return codes[index] === "0"
            ? { ...found, state: "ok" }
            : { ...found, state: "missing", fix: `${logsShow(stack, service)}; then ./quai up ${stack}` };
    });
}

/** Clients of it, the most there may be, and its bytes. */
const ASK = `SELECT count(*) FILTER (WHERE backend_type = 'client backend'), current_setting('max_connections'), (SELECT sum(pg_database_size(oid)) FROM pg_database) FROM pg_stat_activity`;
const NEARLY = 0.8;

export async function databaseChecks(
    { host, stack }: Pick<Session, "host" | "stack">,
    containers: readonly HostContainer[],
): Promise<Check[]> {
    const server = containers.find(({ role, state }) => role === "postgres" && state === "running");
    if (server === undefined) return []; // There is none, or it stands among the services as missing.
    const name = "database";
    try {
        const asked = ["exec", server.id, "psql", "-XAtF", " ", "-U", "postgres", "-d", "postgres", "-c", ASK];
        const [clients = 0, most = 0, bytes = 0] = (await host.docker(asked)).trim().split(" ").map(Number);
        const from = `${clients} of ${most} connections, ${formatSize(Math.ceil(bytes / 1024 ** 2) * 1024 ** 2)}`;
        return clients < NEARLY * most
            ? [{ name, state: "ok", from }]
            : [{ name, state: "warning", from, fix: "raise quai:postgres.maxConnections, or have the application keep fewer" }];
    } catch (error) {
        return [{ name, state: "missing", from: messageOf(error), fix: logsShow(stack, server.service) }];
    }
}

/** What is kept: snapshots, and room for more. Whether that is enough is among the status's problems. */
function keptChecks({ backups, disk }: StackStatus): Check[] {
    const drill = backups.lastDrill === null ? "not restored for practice yet" : `restored for practice ${backups.lastDrill}`;
    return [
        ...(backups.repository === null
            ? []
            : [{ name: "backups", state: "note", from: backups.last === null ? "none yet" : `last ${backups.last}, ${drill}` } as const]),
        ...(disk === null ? [] : [{ name: "disk", state: "note", from: `${disk.usedPercent} % used` } as const]),
    ];
}
