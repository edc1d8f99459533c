import { type Compose, type ComposeService, serviceOf } from "./compose";
import { commandOf, healthOf, type ImageFacts, limitsOf, mountsOf } from "./container";
import { type Around, environmentOf, type SecretEntry } from "./environment";
import { clean, type Fields, some } from "./fields";
import type { Notes } from "./notes";
import { kindOf } from "./roles";
import { literal, plainName } from "./words";

/** The services of a compose file that a stack runs itself. */
export interface Application {
    readonly compose: Compose;
    /** Those that run until they are stopped. */
    readonly lasting: readonly string[];
    /** Those that run to their end. */
    readonly jobs: readonly string[];
    readonly facts: (name: string) => ImageFacts;
    /** Where a service listens. */
    readonly open: (name: string) => number | undefined;
    /** The image of each in `quai:images`. */
    readonly images: Readonly<Record<string, string>>;
}

/** What all of them are written with, and add to. */
export interface Shared {
    readonly around: Around;
    readonly secrets: Map<string, SecretEntry>;
    readonly files: Map<string, Fields>;
    readonly notes: Notes;
}

export function serviceFields(application: Application, name: string, shared: Shared): Fields {
    const { compose, lasting, facts, open } = application;
    const service = serviceOf(compose, name);
    const port = open(name);
    const kind = kindOf(name, service, commandOf(service, facts(name)), port);
    if (kind === "scheduler")
        shared.notes.check.push(`${name}: it looks like a scheduler, of which one at most may run; make it a worker if two may`);
    const after = Object.keys(service.depends_on).filter(
        (other) => lasting.includes(other) && kindOf(other, serviceOf(compose, other), undefined) !== "scheduler",
    );
    const { replicas, stopGrace, logs } = limitsOf(service);
    return clean({
        kind: kind === "service" ? undefined : kind,
        port: kind === "service" ? port : undefined,
        health: some(healthOf(service, port)),
        replicas: kind === "scheduler" ? undefined : replicas,
        stopGrace,
        logs,
        after: after.length === 0 ? undefined : after.map(plainName),
        ...container(application, name, shared),
    });
}

/** Jobs make tables, and those belong to the login of migrations. */
export function jobFields(application: Application, name: string, shared: Shared): Fields {
    const { compose, jobs } = application;
    const job = container(application, name, shared);
    const env = Object.entries((job["env"] ?? {}) as Readonly<Record<string, string>>).map(([variable, value]): [string, string] => [
        variable,
        value.replace(/\$\{database\.(url|user|password)\}/g, "$${migration.$1}"),
    ]);
    const after = Object.keys(serviceOf(compose, name).depends_on).filter((other) => jobs.includes(other));
    return clean({ ...job, env: some(Object.fromEntries(env)), after: after.length === 0 ? undefined : after.map(plainName) });
}

function container({ compose, facts, images }: Application, name: string, { around, secrets, files, notes }: Shared): Fields {
    const service = serviceOf(compose, name);
    const user = userOf(name, service, facts(name), notes);
    const { mounts, files: used, temporary } = mountsOf(compose, name, service, notes);
    for (const key of used) {
        if (!files.has(key)) files.set(key, clean({ user, backup: /static|cache|tmp|log/.test(key) ? false : undefined }));
    }
    const env = environmentOf(compose, name, around, secrets, notes);
    const command = commandOf(service, facts(name))?.map((word) => word.replaceAll("\uE000", ""));
    if (command === undefined && Object.values(env).some((value) => /\$\{(secrets|database|redis)\./.test(value))) {
        const asked = `docker image inspect --format '{{json .Config.Entrypoint}} {{json .Config.Cmd}}' ${service.image ?? name}`;
        notes.check.push(`${name}: command: what the image starts isn't known: \`${asked}\` prints it`);
    }
    const { memory, cpus } = limitsOf(service);
    return clean({
        image: images[name] === plainName(name) ? undefined : images[name],
        user,
        command: command?.map((word) => literal(word)),
        env: some(env),
        files: some(mounts),
        temporary: temporary.length === 0 ? undefined : ["/tmp", ...temporary.filter((folder) => folder !== "/tmp")],
        readOnlyRoot: service.read_only === true ? undefined : false,
        memory,
        cpus,
    });
}

function userOf(name: string, { user }: ComposeService, facts: ImageFacts, notes: Notes): string {
    const written = /^\d+(:\d+)?$/.test(user ?? "") && !/^0/.test(user ?? "") ? user : facts.user;
    if (written === undefined)
        notes.check.push(`${name}: which user it runs as isn't known; 1000 is a guess (\`id -u\` in the image tells; root is refused)`);
    return written ?? "1000:1000";
}
