/** `${name}` in a text: a value that the program knows. `${file:name}` is the path of a file that holds it; `$${` stands for `${` itself. */
export type Part =
    { readonly text: string } | { readonly name: string; /** The path of a file instead of the value. */ readonly file: boolean };

const PLACEHOLDER = /\$\$\{|\$\{(file:)?([^{}]*)\}/g;

/** Takes a text apart. */
export function partsOf(text: string): readonly Part[] {
    const parts: Part[] = [];
    let end = 0;
    for (const match of text.matchAll(PLACEHOLDER)) {
        parts.push({ text: text.slice(end, match.index) });
        parts.push(match[2] === undefined ? { text: "${" } : { name: match[2], file: match[1] !== undefined });
        end = match.index + match[0].length;
    }
    return [...parts, { text: text.slice(end) }].filter((part) => !("text" in part) || part.text !== "");
}

/** Names that a text mentions. */
export function placeholders(text: string): readonly Extract<Part, { readonly name: string }>[] {
    return partsOf(text).flatMap((part) => ("name" in part ? [part] : []));
}

/** What a placeholder may stand for. */
export interface Known {
    /** May be shown: in commands, addresses, settings. */
    readonly open: readonly string[];
    /** Are secrets, hold one, or are only of use as a file: in environment variables only. */
    readonly secret: readonly string[];
}

/** The part of a description that says what there is. */
interface Described {
    readonly hosts?: Readonly<Record<string, unknown>>;
    readonly databases?: readonly string[];
    readonly secrets?: Readonly<Record<string, { readonly kind: string; readonly overlap?: number }>>;
    readonly services?: Readonly<Record<string, { readonly kind: string; readonly port?: number }>>;
}

/** A pair is two secrets, a certificate three. */
export function partsOfSecret(name: string, kind: string): readonly string[] {
    if (kind === "certificate") return [`${name}Certificate`, `${name}Key`, `${name}Authority`];
    return isPair(kind) ? [`${name}Private`, `${name}Public`] : [name];
}

/** Secrets whose former values may count for a while after a rotation: what verifies, of a pair. */
export function formerNames(secrets: NonNullable<Described["secrets"]>): readonly string[] {
    return Object.entries(secrets).flatMap(([name, { kind, overlap }]) =>
        isPair(kind) ? [`${name}Public`] : kind === "given" || overlap !== undefined ? [name] : [],
    );
}

const isPair = (kind: string) => kind === "rsa" || kind === "ed25519";

/** Services that others may call. */
export function callable(services: NonNullable<Described["services"]>): readonly (readonly [name: string, port: number])[] {
    return Object.entries(services).flatMap(([name, { kind, port }]) =>
        port === undefined || kind === "scheduler" ? [] : [[name, port] as const],
    );
}

/** The services that texts mention by their addresses. */
export function calledBy(texts: readonly string[]): readonly string[] {
    const names = texts.flatMap((text) => placeholders(text).flatMap(({ name }) => /^services\.([^.]+)\./.exec(name)?.[1] ?? []));
    return [...new Set(names)].sort();
}

const DATABASE_HOSTS: Readonly<Record<string, string>> = { "database.host": "postgres", "redis.host": "redis" };

/** The databases that texts lead to by their addresses alone; secrets say for themselves what they open. */
export function openedIn(texts: readonly string[]): readonly string[] {
    const names = texts.flatMap((text) => databaseHosts(text).flatMap((name) => DATABASE_HOSTS[name] ?? []));
    return [...new Set(names)].sort();
}

/** Placeholders of a text that are the addresses of databases. */
export function databaseHosts(text: string): readonly string[] {
    return placeholders(text).flatMap(({ name }) => (name in DATABASE_HOSTS ? [name] : []));
}

/** Every name that the texts of an application may mention. */
export function knownPlaceholders({ hosts = {}, databases = [], secrets = {}, services = {} }: Described): Known {
    const database = databases.includes("postgres");
    const redis = databases.includes("redis");
    const each = ["host", "port", "name", "user"];
    return {
        open: [
            ...["domain", "names", "url", "origins", "environment", "stack"],
            ...Object.keys(hosts).flatMap((name) => [`hosts.${name}`, `urls.${name}`]),
            ...(database ? [...each.map((part) => `database.${part}`), "database.authorityFile", "migration.user"] : []),
            ...(redis ? ["redis.host", "redis.port"] : []),
            ...callable(services).flatMap(([name]) => ["host", "port", "url"].map((part) => `services.${name}.${part}`)),
        ],
        secret: [
            ...Object.entries(secrets).flatMap(([name, { kind }]) => partsOfSecret(name, kind).map((part) => `secrets.${part}`)),
            ...formerNames(secrets).map((name) => `former.${name}`),
            ...(database ? ["database.url", "database.password", "database.authority", "migration.url", "migration.password"] : []),
            ...(redis ? ["redis.url", "redis.password"] : []),
        ],
    };
}
