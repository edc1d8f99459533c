import * as pulumi from "@pulumi/pulumi";
import { backupSecrets, FilesBackup } from "../components/backup";
import { Files } from "../components/files";
import { listening, running } from "../components/internal/health";
import { inOrder } from "../components/internal/order";
import { PostgresWithBackup, postgresSecrets } from "../components/postgres-with-backup";
import { Redis } from "../components/redis";
import type { Generated } from "../components/secrets-bundle";
import { SecretsBundle } from "../components/secrets-bundle";
import { TlsProxy } from "../components/tls-proxy";
import type { ContainerArgs, HealthArgs, ImageSource, ServiceArgs } from "../components/web-stack";
import { WebStack } from "../components/web-stack";
import type { ApplicationSettings, Settings } from "../infra/settings";
import { refuseUnknownNames, SettingsError } from "../infra/settings";
import type { DeployedStack, StackContext } from ".";
import { calledBy, openedIn, partsOfSecret } from "../infra/settings/placeholders";
import { addressValues, environment, openText, placeholderValues, type Values } from "./placeholders";
import { routesOf } from "./routes";
import { authoritySecret, imageSources, signedLocally, tlsMode, withSettings } from "./shared";

type Container = ApplicationSettings["services"][string] | ApplicationSettings["jobs"][string];

/** Seconds that a run on a schedule may take. */
const DEADLINE = 3600;

/** What was made so far, for what comes next. */
interface Parts {
    readonly settings: Settings;
    readonly application: ApplicationSettings;
    readonly values: Values;
    readonly files: Readonly<Record<string, Files>>;
}

/** An application that is described in settings (quai:custom, stacks/*.yaml) and not programmed. */
export function describedApplication({ settings, target, given, ranOnce }: StackContext): DeployedStack {
    const application = settings.custom;
    if (application === undefined) {
        throw new SettingsError(settings.stack, ["quai:custom: is required with quai:application: custom"]);
    }
    const generate = generated(settings, application);
    const names = imageNames(application);
    refuseUnknownNames(settings, { services: Object.keys(application.services), images: names, secrets: Object.keys(generate) });
    const images = withAddresses(imageSources(settings, ownImages(settings, names)), addressValues(settings, application));
    const tls = tlsMode(settings, servedNames(settings, application));
    const secrets = new SecretsBundle("secrets", { target, generate, given, rotation: settings.rotation, overlap: settings.overlap });
    const files = Object.fromEntries(
        Object.entries(application.files).map(([name, { user, backup, oneWriter }]) => [
            name,
            new Files(name, { target, ...user, critical: backup, oneWriter }),
        ]),
    );
    const database = application.databases.includes("postgres")
        ? new PostgresWithBackup("postgres", {
              target,
              secrets,
              ...settings.postgres,
              database: settings.postgres.database ?? settings.name.replaceAll("-", "_"),
              backup: settings.backup,
              files: Object.values(files),
          })
        : undefined;
    const critical = Object.values(files).filter((each) => each.critical);
    const filesBackup =
        database === undefined && settings.backup !== false && critical.length > 0
            ? new FilesBackup("backup", { target, secrets, backup: settings.backup, files: critical })
            : undefined;
    const redis = application.databases.includes("redis") ? new Redis("redis", { target, secrets, ...settings.redis }) : undefined;
    const parts = { settings, application, values: placeholderValues(settings, application, { secrets, database, redis }), files };
    const stack = new WebStack("application", {
        target,
        host: settings.domain,
        images,
        ranOnce,
        services: Object.fromEntries(Object.entries(application.services).map(([name, each]) => [name, service(parts, name, each)])),
        jobs: Object.fromEntries(
            inOrder(application.jobs).map(([name, job]) => [
                name,
                {
                    ...container(parts, name, job),
                    once: job.once,
                    data: database?.endpoint.data,
                    schedule: job.cron === undefined ? undefined : { at: job.cron, deadline: job.deadline ?? DEADLINE },
                },
            ]),
        ),
        after: [database?.endpoint.ready, redis?.ready, ...Object.values(files).map((each) => each.mount.ready)],
    });
    const proxy = new TlsProxy("proxy", {
        target,
        domain: settings.domain,
        aliases: settings.aliases,
        tls: signedLocally(tls, secrets),
        ports: settings.ports,
        ...pick(settings.proxy),
        maintenance: settings.maintenance,
        routes: routesOf(parts, stack),
    });
    const runs = stack.startSchedulers(proxy.switched === undefined ? [] : [proxy.switched]);
    redis?.settle(runs);
    return {
        urls: proxy.urls,
        services: stack.released,
        once: stack.once,
        secrets: secrets.ages,
        repository: database?.endpoint.repository ?? filesBackup?.repository,
        backupPassword: backedUp(settings, application) ? secrets.get("backupPassword").value : undefined,
        authorityPem: proxy.authorityPem,
        passwords: shownPasswords(application, secrets),
    };
}

/** Names that a route answers under: not the main one where every route has its own. */
function servedNames(settings: Settings, application: ApplicationSettings): string[] {
    const addresses = addressValues(settings, application);
    const all = application.routes.flatMap(({ host }) =>
        host === undefined ? [settings.domain, ...settings.aliases] : (addresses[`hosts.${host}`] ?? []),
    );
    return [...new Set(all)];
}

function pick({ bodyLimit, timeouts, hsts, compression, drain, trusted, keepAssets, logs }: Settings["proxy"]) {
    return { bodyLimit, timeouts, hsts, compression, drain, trusted, keepAssets, logs };
}

/** Whether there is anything that snapshots are made of. */
function backedUp({ backup }: Settings, { databases, files }: ApplicationSettings): boolean {
    return backup !== false && (databases.includes("postgres") || Object.values(files).some((each) => each.backup));
}

function generated(settings: Settings, application: ApplicationSettings): Record<string, Generated> {
    const { databases, secrets } = application;
    const own = Object.entries(secrets).flatMap(([name, secret]): [string, Generated][] => {
        const { kind, length, bytes, encoding, bits, overlap, names = [], days } = secret;
        switch (kind) {
            case "password":
                return [[name, { kind, length, overlap }]];
            case "key":
                return [[name, { kind, bytes, encoding, overlap }]];
            case "rsa":
                return [[name, { kind, bits, overlap }]];
            case "ed25519":
                return [[name, { kind, overlap }]];
            case "certificate":
                return [[name, { kind, names, days }]];
            case "given":
                return [];
        }
    });
    const certificates = own.some(([, { kind }]) => kind === "certificate");
    return {
        ...authoritySecret(settings, { database: databases.includes("postgres"), certificates }),
        ...(databases.includes("postgres") ? postgresSecrets : {}),
        ...(databases.includes("redis") ? { redisPassword: { kind: "password" as const } } : {}),
        ...(backedUp(settings, application) ? backupSecrets : {}),
        ...Object.fromEntries(own),
    };
}

/** What people have to be told once, such as the first administrator's password. */
function shownPasswords({ secrets }: ApplicationSettings, bundle: SecretsBundle): DeployedStack["passwords"] {
    const shown = Object.entries(secrets).filter(([, { output }]) => output === true);
    return shown.length === 0
        ? undefined
        : pulumi.secret(
              Object.fromEntries(
                  shown.flatMap(([name, { kind }]) => partsOfSecret(name, kind).slice(-1)).map((name) => [name, bundle.get(name).value]),
              ),
          );
}

function imageOf({ services }: ApplicationSettings, name: string, { image, like }: Container): string {
    return image ?? (like === undefined ? name : (services[like]?.image ?? like));
}

function imageNames(application: ApplicationSettings): string[] {
    const all = [...Object.entries(application.services), ...Object.entries(application.jobs)];
    return [...new Set(all.map(([name, each]) => imageOf(application, name, each)))];
}

/** @throws SettingsError that lists every image that the settings don't name: the applications come without any. */
function ownImages(settings: Settings, names: readonly string[]): Record<string, ImageSource> {
    const missing = names.filter((name) => settings.images[name] === undefined);
    if (missing.length > 0) {
        const example = (name: string) => `a reference such as registry.example.com/${name}:1.0.0@sha256:…, or { build: <folder> }`;
        throw new SettingsError(
            settings.stack,
            missing.map((name) => `quai:images.${name}: is required: ${example(name)}`),
        );
    }
    return Object.fromEntries(names.map((name) => [name, { reference: "" }]));
}

/** Front ends are built for an address: it may stand in a build argument, as a placeholder. */
function withAddresses(images: Readonly<Record<string, ImageSource>>, addresses: Values["open"]): Record<string, ImageSource> {
    return Object.fromEntries(
        Object.entries(images).map(([name, source]): [string, ImageSource] => {
            if ("reference" in source) return [name, source];
            const args = Object.entries(source.args ?? {}).map(([arg, text]) => [arg, openText(text, addresses)]);
            return [name, { ...source, args: Object.fromEntries(args) as Record<string, string> }];
        }),
    );
}

/** What a service or job runs as, completed by the service that it is like. */
function container({ settings, application, values, files }: Parts, name: string, each: Container): ContainerArgs {
    const model = each.like === undefined ? undefined : application.services[each.like];
    const changes = [each.like, name].map((of) => settings.services[of ?? ""]?.env);
    const variables = Object.assign({}, model?.env, changes[0], each.env, changes[1]) as Record<string, string>;
    const user = each.user ?? model?.user;
    if (user === undefined) throw new Error(`quai:custom: ${name} has no user`);
    const texts = [...Object.values(variables), ...(each.command ?? [])];
    return {
        image: imageOf(application, name, each),
        command: each.command?.map((word) => openText(word, values.open)),
        user,
        ...environment(variables, values),
        calls: calledBy(texts),
        opens: openedIn(texts),
        files: Object.fromEntries(
            Object.entries({ ...model?.files, ...each.files }).flatMap(([folder, mount]) => {
                const mounted = files[mount.files];
                return mounted === undefined ? [] : [[folder, { files: mounted, readOnly: mount.readOnly }]];
            }),
        ),
        memory: each.memory ?? model?.memory,
        cpus: each.cpus,
        readOnlyRoot: each.readOnlyRoot ?? model?.readOnlyRoot,
        temporary: each.temporary ?? model?.temporary,
    };
}

function service(parts: Parts, name: string, each: ApplicationSettings["services"][string]): ServiceArgs {
    const args = container(parts, name, each);
    const { kind, port, replicas, stopGrace, after } = each;
    const logs = each.logs === undefined ? undefined : { ...parts.settings.logs, ...each.logs };
    const described: ServiceArgs = { ...args, kind, port, health: health(each), replicas, stopGrace, logs, after };
    // Its variables are in `args` already, with their placeholders filled in.
    return { ...withSettings(parts.settings, name, described), env: args.env };
}

function health({ health: { http, command, ...times }, port }: ApplicationSettings["services"][string]): HealthArgs {
    if (http !== undefined) return { ...times, http };
    return { ...times, command: command ?? (port === undefined ? running() : listening(port)) };
}
