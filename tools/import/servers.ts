import { type Compose, type ComposeService, serviceOf } from "./compose";
import type { Around } from "./environment";
import { clean, type Fields } from "./fields";
import type { Notes } from "./notes";
import type { Role } from "./roles";

/** The first of each kind becomes the stack's own; another one is told. */
export function surroundings(compose: Compose, roles: Readonly<Record<string, Role>>, domain: string | undefined): Around {
    const first = (kind: Role["role"]) => Object.keys(roles).find((name) => roles[name]?.role === kind);
    const [postgres, redis] = [first("postgres"), first("redis")];
    const database = compose.variables[postgres ?? ""] ?? {};
    const command = redis === undefined ? "" : [serviceOf(compose, redis).command ?? []].flat().join(" ");
    return {
        postgres,
        redis,
        database: { user: database["POSTGRES_USER"], password: database["POSTGRES_PASSWORD"], name: database["POSTGRES_DB"] },
        redisPassword: /--requirepass[ =]+["']?([^\s"']+)/.exec(command)?.[1] ?? compose.variables[redis ?? ""]?.["REDIS_PASSWORD"],
        domain,
        left: Object.keys(roles).filter((name) => roles[name]?.role === "left"),
    };
}

/** Figures of the servers that quai makes in place of the compose file's. */
export function servers(compose: Compose, roles: Readonly<Record<string, Role>>, development: boolean, notes: Notes): Fields {
    const entries = Object.entries(roles);
    const fields: Fields = {};
    for (const kind of ["postgres", "redis"] as const) {
        const [main, ...others] = entries.filter(([, { role }]) => role === kind);
        for (const [name] of others) notes.left.push(`${name}: a second ${kind}: a stack has one; let services share it`);
        if (main === undefined) continue;
        const [name, role] = main;
        const service = serviceOf(compose, name);
        notes.check.push(`${name}: it is the stack's own ${kind} now, and empty: docs/import.md says how data move`);
        const version = role.role === kind ? role.version : undefined;
        const line = [service.command ?? []].flat().join(" ");
        fields[`quai:${kind}`] =
            kind === "postgres" ? postgres(version, compose.variables[name] ?? {}, service.image ?? "", notes) : redis(version, line);
        const [port] = service.ports.flatMap(publishedAs);
        if (port !== undefined && kind === "postgres" && development) Object.assign(fields["quai:postgres"] as Fields, { localPort: port });
        else if (port !== undefined)
            notes.left.push(`${name}: its published port ${port}: the stack alone reaches it; \`docker exec\` gets there`);
        if (Object.values(fields[`quai:${kind}`] as Fields).length === 0) delete fields[`quai:${kind}`];
    }
    return fields;
}

/** The host's port of `127.0.0.1:5433:5432`; none where the engine chooses one. */
function publishedAs(port: ComposeService["ports"][number]): number[] {
    const text = typeof port === "string" ? port.split("/")[0]?.split(":").at(-2) : port.published;
    const number = Number(text);
    return number > 0 && number < 65536 ? [number] : [];
}

function postgres(tag: string | undefined, variables: Readonly<Record<string, string | undefined>>, image: string, notes: Notes): Fields {
    const major = Number(/^(?:pg)?(\d+)/.exec(tag ?? "")?.[1]);
    const version = [15, 16, 17, 18].includes(major) ? major : undefined;
    if (major > 0 && version === undefined)
        notes.check.push(`postgres ${tag}: quai has 15 to 18; a dump of an older one can be restored there`);
    if (/postgis|timescale|pgvector|supabase/.test(image)) notes.left.push(`${image}: its extensions aren't in the official image`);
    const name = variables["POSTGRES_DB"] ?? variables["POSTGRES_USER"];
    const database = /^[a-z][a-z0-9_]{0,39}$/.test(name ?? "") ? name : undefined;
    return clean({ version, database });
}

function redis(tag: string | undefined, command: string): Fields {
    const version = /^7\.4/.test(tag ?? "") ? "7.4" : /^7/.test(tag ?? "") ? "7" : undefined;
    const memory = /--maxmemory[ =]+(\d+)(k|m|g)b?/i.exec(command);
    return clean({
        version,
        memory: memory === null ? undefined : `${memory[1]}${memory[2]?.toLowerCase()}`,
        eviction: /--maxmemory-policy[ =]+([a-z-]+)/.exec(command)?.[1],
    });
}
