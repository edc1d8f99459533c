import type { Compose } from "./compose";
import type { Notes } from "./notes";
import { camel, literal } from "./words";

/** What the variables of all services are understood with. */
export interface Around {
    /** Compose names of the servers that quai makes. */
    readonly postgres: string | undefined;
    readonly redis: string | undefined;
    /** Variables of the compose file's own PostgreSQL and Redis. */
    readonly database: { readonly user: string | undefined; readonly password: string | undefined; readonly name: string | undefined };
    readonly redisPassword: string | undefined;
    readonly domain: string | undefined;
    /** Services that aren't carried over. */
    readonly left: readonly string[];
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

/** Whether a variable holds a secret, by its name, or an address with a password in it. */
export const looksSecret = (name: string, value: string) =>
    SECRET_NAME.test(name) || /^[a-z][a-z0-9+.-]*:\/\/[^\s/]*:[^\s/]+@/i.test(value);

/** Variables of one service: secrets and addresses by placeholders, everything else as it is. No value of a secret is copied. */
export function environmentOf(
    compose: Compose,
    service: string,
    around: Around,
    secrets: Map<string, SecretEntry>,
    notes: Notes,
): Record<string, string> {
    const found: Record<string, string> = {};
    const variables = Object.entries(compose.variables[service] ?? {});
    const families = variables.flatMap(([name, value]) => familyOf(name, value, around));
    for (const [name, value] of variables) {
        if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
            notes.left.push(
                `${service}: the variable ${name}: its name has other than letters, digits and underscores; put it into a file of the image`,
            );
            continue;
        }
        const check = (line: string) => notes.check.push(`${service}: ${line}`);
        const text = relative(name, families) ?? carried(name, value, around, secrets, check);
        if (text !== undefined) found[name] = text;
        const gone = around.left.find((other) => new RegExp(`(^|[/@,])${other}(:|/|,|$)`).test(value ?? ""));
        if (gone !== undefined) check(`${name} names ${gone}, which isn't carried over: write where that is`);
        else if (/^https?:\/\/(localhost|127\.0\.0\.1|0\.0\.0\.0)(:|\/|$)/.test(value ?? ""))
            check(`${name} is ${value}: that is this container; people's address is \${url}`);
    }
    for (const { prefix, server } of families) {
        if (!Object.values(found).some((text) => text.includes(`\${${server}.password}`) || text.includes(`\${${server}.url}`)))
            notes.check.push(
                `${service}: ${prefix}*: nothing hands over the server's password, and it lets nobody in without: add the application's variable for it, with \${${server}.password}`,
            );
    }
    return found;
}

/** Variables that begin alike and tell of one server, such as DB_HOST, DB_USER and DB_PASS. */
interface Family {
    readonly prefix: string;
    readonly server: "database" | "redis";
}

function familyOf(name: string, value: string | undefined, { postgres, redis }: Around): Family[] {
    const prefix = /^(.+_)(HOST|HOSTNAME|SERVER|ADDR|ADDRESS)$/i.exec(name)?.[1];
    if (prefix === undefined || value === undefined || value === "") return [];
    return value === postgres ? [{ prefix, server: "database" }] : value === redis ? [{ prefix, server: "redis" }] : [];
}

const RELATIVES: readonly (readonly [RegExp, string])[] = [
    [/^(PASS|PASSWORD|PASSWD|PWD)$/i, "password"],
    [/^(USER|USERNAME|LOGIN)$/i, "user"],
    [/^(NAME|DB|DBNAME|DATABASE)$/i, "name"],
];

/** What stands beside a server's host is of that server, whatever its value was; Redis has no users or names. */
function relative(name: string, families: readonly Family[]): string | undefined {
    for (const { prefix, server } of families) {
        const rest = name.startsWith(prefix) ? name.slice(prefix.length) : undefined;
        const word = RELATIVES.find(([pattern]) => rest !== undefined && pattern.test(rest))?.[1];
        if (word !== undefined && (server === "database" || word === "password")) return `\${${server}.${word}}`;
    }
    return undefined;
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
    const file = /^\/run\/secrets\/([\w.-]+)$/.exec(value ?? "")?.[1];
    if (file !== undefined) {
        secrets.set(camel(file), { kind: "given" });
        return `\${file:secrets.${camel(file)}}`;
    }
    if (looksSecret(name, value ?? "")) {
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
    return domainIn(literal(value), around.domain);
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
