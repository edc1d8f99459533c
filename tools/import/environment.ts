import type { Compose } from "./compose";
import type { Notes } from "./notes";
import { camel } from "./words";

/** What the variables of all services are understood with. */
export interface Around {
    /** Compose names of the servers that quai makes. */
    readonly postgres: string | undefined;
    readonly redis: string | undefined;
    /** Variables of the compose file's own PostgreSQL and Redis. */
    readonly database: { readonly user: string | undefined; readonly password: string | undefined; readonly name: string | undefined };
    readonly redisPassword: string | undefined;
    readonly domain: string | undefined;
}

export interface SecretEntry {
    readonly kind: "key" | "given";
    readonly optional?: true;
}

const SECRET_NAME =
    /(PASSWORD|PASSWD|_PASS|SECRET|TOKEN|CREDENTIALS|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY|SIGNING_?KEY|ENCRYPTION_?KEY|APP_KEY|_DSN|(SLACK|DISCORD|TEAMS)_WEBHOOK(_URL)?)($|_)/i;
/** Values that nothing outside needs to know: a new one only ends sessions. */
const SIGNING =
    /^((DJANGO|FLASK|APP|APPLICATION|RAILS|NEXTAUTH|AUTH|JWT|SESSION|COOKIE|ACCESS_TOKEN|REFRESH_TOKEN|JWT_ACCESS|JWT_REFRESH)_)*(SECRET|SECRET_KEY|SECRET_KEY_BASE|JWT_SECRET|JWT_SECRET_KEY|SESSION_SECRET|APP_SECRET)$/i;
const UNSET = /\uE000(\w+)\uE000/g;

/** Variables of one service: secrets and addresses by placeholders, everything else as it is. No value of a secret is copied. */
export function environmentOf(
    compose: Compose,
    service: string,
    around: Around,
    secrets: Map<string, SecretEntry>,
    notes: Notes,
): Record<string, string> {
    const found: Record<string, string> = {};
    for (const [name, value] of Object.entries(compose.variables[service] ?? {})) {
        if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
            notes.left.push(
                `${service}: the variable ${name}: its name has other than letters, digits and underscores; put it into a file of the image`,
            );
            continue;
        }
        const text = carried(name, value, around, secrets, (line) => notes.check.push(`${service}: ${line}`));
        if (text !== undefined) found[name] = text;
    }
    return found;
}

function carried(
    name: string,
    value: string | undefined,
    around: Around,
    secrets: Map<string, SecretEntry>,
    check: (line: string) => void,
): string | undefined {
    const known = address(value ?? "", around) ?? part(name, value, around);
    if (known !== undefined) return known;
    const names = [...(value ?? "").matchAll(UNSET)].map(([, variable]) => variable);
    const credentials = /^[a-z][a-z0-9+.-]*:\/\/[^\s/]*:[^\s/]+@/i.test(value ?? "");
    if (SECRET_NAME.test(name) || credentials) {
        if (value === "") return undefined;
        const key = camel(name);
        const kind = SIGNING.test(name) ? "key" : "given";
        if (!secrets.has(key)) secrets.set(key, { kind });
        return `\${secrets.${key}}`;
    }
    if (value === undefined || names.length > 0) {
        check(
            `${name} has no value in the compose file or its env files${names.length > 0 ? ` (\${${names.join("}, ${")}})` : ""}: write one`,
        );
        return undefined;
    }
    return domainIn(value.replaceAll("${", "$${"), around.domain);
}

/** A connection string to a server that quai makes. */
function address(value: string, { postgres, redis }: Around): string | undefined {
    const url = /^([a-z][a-z0-9+]*):\/\/(?:[^@/]*@)?([A-Za-z0-9_.-]+)(?::[^/?]+)?(\/[^?]*)?(\?.*)?$/s.exec(value);
    if (url === null) return undefined;
    const [, scheme = "", host, path = "", query = ""] = url;
    if (host === redis && redis !== undefined) return /^\/\d+$/.test(path) ? `\${redis.url}${path}` : "${redis.url}/0";
    if (host !== postgres || postgres === undefined) return undefined;
    const rest = query
        .replace(/([?&])(sslmode|ssl)=[^&]*/g, "$1")
        .replace(/[?&]+$/, "")
        .replace(/\?&/, "?");
    if (/^postgres(ql)?$/.test(scheme) && rest === "") return "${database.url}";
    const parts = `${scheme}://\${database.user}:\${database.password}@\${database.host}:\${database.port}/\${database.name}`;
    const tls = scheme.includes("asyncpg") ? "ssl=require" : "sslmode=require";
    return `${parts}${rest === "" ? "?" : `${rest}&`}${tls}`;
}

/** A part of such a connection: its host, user, name or password. */
function part(name: string, value: string | undefined, { postgres, redis, database, redisPassword }: Around): string | undefined {
    if (value === undefined || value === "") return undefined;
    const upper = name.toUpperCase();
    const hosts = [postgres, redis].filter((each) => each !== undefined);
    if (hosts.includes(value) && /HOST|SERVER|ADDR/.test(upper)) return value === postgres ? "${database.host}" : "${redis.host}";
    if (/REDIS|CACHE|BROKER/.test(upper)) return value === redisPassword && /PASS/.test(upper) ? "${redis.password}" : undefined;
    if (postgres === undefined || !/POSTGRES|PG|DB|DATABASE|SQL/.test(upper)) return undefined;
    if (/PASS/.test(upper) && value === database.password) return "${database.password}";
    if (/USER/.test(upper) && value === (database.user ?? "postgres")) return "${database.user}";
    return /NAME$|DB$|DATABASE$/.test(upper) && value === (database.name ?? database.user) ? "${database.name}" : undefined;
}

function domainIn(value: string, domain: string | undefined): string {
    if (domain === undefined || !domain.includes(".")) return value;
    const exact = value.split(domain).join("${domain}");
    return exact.replace(/https:\/\/\$\{domain\}(?![.\w])/g, "${url}");
}
