import * as pulumi from "@pulumi/pulumi";
import type { PostgresWithBackup } from "../components/postgres-with-backup";
import type { Redis } from "../components/redis";
import type { SecretRef, SecretsBundle } from "../components/secrets-bundle";
import { derivedSecret } from "../components/secrets-bundle";
import type { ContainerArgs } from "../components/web-stack";
import { hostOfService } from "../components/web-stack/calls";
import type { Settings } from "../infra/settings";
import type { ApplicationSettings } from "../infra/settings";
import { callable, formerNames, partsOf, partsOfSecret } from "../infra/settings/placeholders";

const SECRETS = "/run/secrets";

/** What the placeholders of an application stand for. */
export interface Values {
    readonly open: Readonly<Record<string, string>>;
    readonly secret: Readonly<Record<string, SecretRef>>;
    /** Placeholders of given secrets that may be missing, and of former ones, where there are none. */
    readonly absent: readonly string[];
    /** What must be beside a value for it to be of use: the certificate that a connection string names. */
    readonly beside: Readonly<Record<string, SecretRef>>;
}

/** What is known of the addresses alone. */
export function addressValues(settings: Settings, { hosts }: ApplicationSettings): Record<string, string> {
    const port = settings.ports.https === 443 ? "" : `:${settings.ports.https}`;
    const own = Object.entries(hosts).map(([name, text]): [string, string] => [
        name,
        settings.hosts[name] ?? openText(text, { domain: settings.domain }),
    ]);
    const names = [settings.domain, ...settings.aliases, ...own.map(([, host]) => host)];
    const url = (host: string) => `https://${host}${port}`;
    return {
        domain: settings.domain,
        names: [...new Set(names)].join(","),
        url: url(settings.domain),
        origins: [...new Set(names)].map(url).join(","),
        environment: settings.environment,
        stack: settings.stackId,
        ...Object.fromEntries(
            own.flatMap(([name, host]) => [
                [`hosts.${name}`, host],
                [`urls.${name}`, url(host)],
            ]),
        ),
    };
}

export function placeholderValues(
    settings: Settings,
    application: ApplicationSettings,
    parts: { readonly secrets: SecretsBundle; readonly database: PostgresWithBackup | undefined; readonly redis: Redis | undefined },
): Values {
    const { secrets, database, redis } = parts;
    const own = Object.entries(application.secrets).flatMap(([name, { kind }]) => partsOfSecret(name, kind));
    const elsewhere = settings.target.kind === "aws" ? settings.target.stored : {};
    const absent = own.filter(
        (name) => application.secrets[name]?.kind === "given" && settings.secrets[name] === undefined && elsewhere[name] === undefined,
    );
    const authority = database?.authority();
    const former = formerNames(application.secrets).map((name) => ({ key: `former.${name}`, secret: secrets.former(name) }));
    return {
        open: {
            ...addressValues(settings, application),
            ...serviceValues(settings, application),
            ...databaseValues(database),
            ...redisValues(redis),
        },
        secret: {
            ...Object.fromEntries(own.filter((name) => !absent.includes(name)).map((name) => [`secrets.${name}`, secrets.get(name)])),
            ...Object.fromEntries(former.flatMap(({ key, secret }) => (secret === undefined ? [] : [[key, secret]]))),
            ...(database === undefined || authority === undefined
                ? {}
                : {
                      ...hostLater("database.host", database.endpoint.host, database.url()),
                      "database.authority": authority,
                      "database.url": database.url(),
                      "database.password": { ...secrets.get("databasePassword"), opens: database.url().opens },
                      "migration.url": database.url({ as: "migration" }),
                      "migration.password": { ...secrets.get("migrationPassword"), opens: database.url().opens },
                  }),
            ...(redis === undefined
                ? {}
                : {
                      ...hostLater("redis.host", redis.host, redis.url()),
                      // Without the number of a database, so that one can be added.
                      "redis.url": derivedSecret("redisUrl", [redis.url()], ([url]) => (url ?? "").replace(/\/0$/, "")),
                      "redis.password": { ...secrets.get("redisPassword"), opens: redis.url().opens },
                  }),
        },
        absent: [...absent.map((name) => `secrets.${name}`), ...former.flatMap(({ key, secret }) => (secret === undefined ? [key] : []))],
        beside:
            authority === undefined ? {} : { "database.url": authority, "migration.url": authority, "database.authorityFile": authority },
    };
}

/** Inside of the stack's network, in plain http: whoever is told an address may call it. */
function serviceValues({ target, stackId }: Settings, { services }: ApplicationSettings): Record<string, string> {
    return Object.fromEntries(
        callable(services).flatMap(([name, port]) => {
            const host = hostOfService(target.kind, stackId, name);
            return [
                [`services.${name}.host`, host],
                [`services.${name}.port`, String(port)],
                [`services.${name}.url`, `http://${host}:${port}`],
            ];
        }),
    );
}

/** On AWS a server's name is known only when it's made, and who has it may reach it: it goes the way of secrets. */
function hostLater(name: string, host: pulumi.Input<string>, { reaches, opens }: SecretRef): Record<string, SecretRef> {
    const secret = name.replace(".host", "Host");
    return typeof host === "string" ? {} : { [name]: { name: secret, version: "1", value: pulumi.output(host), reaches, opens } };
}

function databaseValues(database: PostgresWithBackup | undefined): Record<string, string> {
    if (database === undefined) return {};
    const { host, port, logins } = database.endpoint;
    return {
        ...(typeof host === "string" ? { "database.host": host } : {}),
        "database.port": String(port),
        "database.name": database.database,
        "database.user": logins.application,
        "database.authorityFile": `${SECRETS}/databaseAuthority`,
        "migration.user": logins.migration,
    };
}

function redisValues(redis: Redis | undefined): Record<string, string> {
    if (redis === undefined) return {};
    return { ...(typeof redis.host === "string" ? { "redis.host": redis.host } : {}), "redis.port": String(redis.port) };
}

/** A text whose placeholders may all be shown; the settings were checked for that. */
export function openText(text: string, open: Values["open"]): string {
    return partsOf(text)
        .map((part) => ("text" in part ? part.text : (open[part.name] ?? "")))
        .join("");
}

/** Environment variables as a container takes them: open ones, files that they name, and those that hold a secret. */
export function environment(env: Readonly<Record<string, string>>, values: Values): Pick<ContainerArgs, "env" | "secrets" | "secretEnv"> {
    const open: Record<string, string> = {};
    const secrets: Record<string, SecretRef> = {};
    const secretEnv: Record<string, SecretRef> = {};
    for (const [variable, text] of Object.entries(env)) {
        const parts = partsOf(text);
        const names = parts.flatMap((part) => ("name" in part ? [part] : []));
        if (names.some(({ name }) => values.absent.includes(name))) continue;
        for (const { name, file } of names) {
            const needed = [values.beside[name], file ? values.secret[name] : undefined].filter((secret) => secret !== undefined);
            for (const secret of needed) secrets[secret.name] = secret;
        }
        const hidden = names.filter(({ name, file }) => !file && values.secret[name] !== undefined);
        const shown = (each: (typeof parts)[number]) =>
            "text" in each ? each.text : each.file ? `${SECRETS}/${values.secret[each.name]?.name ?? ""}` : values.open[each.name];
        if (hidden.length === 0) open[variable] = parts.map(shown).join("");
        else secretEnv[variable] = composed(parts.map((part) => shown(part) ?? values.secret["name" in part ? part.name : ""] ?? ""));
    }
    return { env: open, secrets, ...(Object.keys(secretEnv).length === 0 ? {} : { secretEnv }) };
}

/** A secret made of texts and secrets. Its name tells how, so that another text makes another release. */
function composed(parts: readonly (string | SecretRef)[]): SecretRef {
    const secrets = parts.filter((part): part is SecretRef => typeof part !== "string");
    const [only] = secrets;
    if (parts.length === 1 && only !== undefined) return only;
    const name = parts.map((part) => (typeof part === "string" ? part : `\${${part.name}}`)).join("");
    return derivedSecret(name, secrets, (values) => {
        const rest = [...values];
        return parts.map((part) => (typeof part === "string" ? part : rest.shift())).join("");
    });
}
