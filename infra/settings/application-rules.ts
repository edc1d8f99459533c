import { hasBothDays } from "../../components/web-stack/cron";
import { AUTHORITY } from "../../components/secrets-bundle/versions";
import { nearest } from "./leaf";
import { type Known, knownPlaceholders, placeholders } from "./placeholders";
import type { Path, Problem } from "./problems";
import type { ApplicationSettings, ContainerSettings } from "./types";

/* What is wrong between the parts of an application that are each right by themselves. */

const wrong = (path: Path, message: string, show = true): Problem => ({ path: ["custom", ...path], message, show });

/** Build arguments whose placeholders mean nothing, or aren't known yet when an image is built. */
export function addressProblems(application: ApplicationSettings, args: Readonly<Record<string, string>>, path: Path): Problem[] {
    const known = knownPlaceholders({ hosts: application.hosts });
    return Object.entries(args).flatMap(([name, value]) => textProblems(value, [...path, name], known));
}

/** Variables whose placeholders mean nothing. */
export function variableProblems(application: ApplicationSettings, env: Readonly<Record<string, string>>, path: Path): Problem[] {
    const known = knownPlaceholders(application);
    return Object.entries(env).flatMap(([name, value]) => [
        ...textProblems(value, [...path, name], known, true),
        ...(application.databases.includes("postgres") ? addressProblem(name, value, [...path, name]) : []),
    ]);
}

/** The server's own name on a Docker host, instead of the placeholder: it says nothing on AWS, and its network is closed to whoever isn't told. */
function addressProblem(variable: string, value: string, path: Path): Problem[] {
    const named = (variable.endsWith("HOST") && value === "postgres") || /:\/\/([^@/\s]*@)?postgres([:/?]|$)/.test(value);
    // What stands before the @ may be a password.
    return named
        ? [
              {
                  path,
                  message:
                      "postgres is an address on a Docker host alone, for whoever is told: write ${database.host}, or ${database.url} for the whole",
                  show: false,
              },
          ]
        : [];
}

/** Files that one process alone may write: a second writer, or the same one twice (R52). */
export function writerProblems(
    { files, services }: ApplicationSettings,
    changed: Readonly<Record<string, { readonly replicas?: number } | undefined>>,
    scaleTo: Readonly<Record<string, number>> = {},
): Problem[] {
    return Object.keys(files)
        .filter((name) => files[name]?.oneWriter === true)
        .flatMap((name) => {
            const writers = Object.entries(services).filter(([, service]) => writes(services, service, name));
            const others = writers.slice(1).map(([other, service]) => {
                const message = `${writers[0]?.[0] ?? ""} writes there already, and oneWriter allows no second; mount them with :ro`;
                const folder = Object.entries(service.files).find(([, mount]) => mount.files === name)?.[0];
                return wrong(["services", other, ...(folder === undefined ? ["like"] : ["files", folder])], message, folder === undefined);
            });
            const replicas = writers.flatMap(([writer, service]): Problem[] => {
                const own = changed[writer]?.replicas;
                const path: Path = own === undefined ? ["custom", "services", writer, "replicas"] : ["services", writer, "replicas"];
                const message = `must be 1: one process alone writes to the files ${name} (oneWriter)`;
                return [
                    ...((own ?? service.replicas ?? 1) > 1 ? [{ path, message, show: true }] : []),
                    ...(scaleTo[writer] === undefined ? [] : [{ path: ["target", "scaleTo", writer], message, show: true }]),
                ];
            });
            return [...others, ...replicas];
        });
}

function writes(services: ApplicationSettings["services"], service: ContainerSettings, name: string): boolean {
    const all = { ...services[service.like ?? ""]?.files, ...service.files };
    return Object.values(all).some((mount) => mount.files === name && !mount.readOnly);
}

export function applicationProblems(application: ApplicationSettings): Problem[] {
    const { services, jobs, routes, secrets } = application;
    return [
        ...Object.entries(services).flatMap(([name, service]) => [
            ...containerProblems(application, ["services", name], service),
            ...refers(service.after, ["services", name, "after"], "service or worker", overlapping(services)),
            ...serviceProblems(application, name),
        ]),
        ...Object.entries(jobs).flatMap(([name, job]) => [
            ...containerProblems(application, ["jobs", name], job),
            ...refers(job.after, ["jobs", name, "after"], "job", beforeReleases(jobs)),
            ...scheduleProblems(name, job),
            ...(services[name] === undefined ? [] : [wrong(["jobs", name], "a service has this name, too; give it another one", false)]),
        ]),
        ...cycles("services", services),
        ...cycles("jobs", jobs),
        ...routes.flatMap((_, index) => routeProblems(application, index)),
        ...Object.entries(application.hosts).flatMap(([name, host]) =>
            textProblems(host, ["custom", "hosts", name], { open: ["domain"], secret: [] }),
        ),
        ...Object.entries(secrets).flatMap(([name, secret]) => secretProblems(name, secret)),
        ...taken(application),
    ];
}

/** Names that mean something on the target already. */
function taken({ services, jobs, files, databases }: ApplicationSettings): Problem[] {
    const reserved = ["proxy", "backup", ...databases];
    const named = (key: string, names: object) =>
        Object.keys(names)
            .filter((name) => reserved.includes(name))
            .map((name) => wrong([key, name], "is a name that quai uses itself; give it another one", false));
    const twice = Object.keys(files)
        .filter((name) => services[name] !== undefined || jobs[name] !== undefined)
        .map((name) => wrong(["files", name], "a service or job has this name, too; give it another one", false));
    return [...named("services", services), ...named("jobs", jobs), ...named("files", files), ...twice];
}

function refers(names: readonly string[], path: Path, what: string, known: readonly string[]): Problem[] {
    return names.flatMap((name, index) => (known.includes(name) ? [] : [wrong([...path, index], unknown(name, what, known))]));
}

function unknown(name: string, what: string, known: readonly string[]): string {
    const near = nearest(name, known);
    return `there is no such ${what}; ${near === undefined ? `there are: ${known.join(", ") || "none"}` : `did you mean ${near}?`}`;
}

function containerProblems(application: ApplicationSettings, path: Path, container: ContainerSettings): Problem[] {
    const { services, files } = application;
    const known = knownPlaceholders(application);
    const found: Problem[] = [];
    if (container.like !== undefined) {
        const model = services[container.like];
        if (model === undefined || model === (container as unknown)) {
            found.push(
                wrong(
                    [...path, "like"],
                    unknown(
                        container.like,
                        "service",
                        Object.keys(services).filter((name) => name !== path[1]),
                    ),
                ),
            );
        } else if (model.like !== undefined) {
            found.push(wrong([...path, "like"], `is itself like ${model.like}; name that one`));
        }
    }
    if (container.user === undefined && services[container.like ?? ""]?.user === undefined) {
        found.push(wrong([...path, "user"], "is required: the user in the container as numbers, not root, such as 1000:1000", false));
    }
    for (const [folder, mount] of Object.entries(container.files)) {
        if (files[mount.files] === undefined) {
            found.push(wrong([...path, "files", folder], unknown(mount.files, "key of files", Object.keys(files)), false));
        }
    }
    for (const [index, word] of (container.command ?? []).entries()) {
        found.push(...textProblems(word, ["custom", ...path, "command", index], known));
    }
    const env = Object.entries({ ...services[container.like ?? ""]?.env, ...container.env });
    found.push(...variableProblems(application, container.env, ["custom", ...path, "env"]));
    const hidden = env.find(([, value]) => placeholders(value).some(({ name, file }) => !file && known.secret.includes(name)));
    if (hidden !== undefined && container.command === undefined) {
        found.push(
            wrong(
                [...path, "command"],
                `is required, as ${hidden[0]} holds a secret, which a shell reads before it starts the command`,
                false,
            ),
        );
    }
    return found;
}

/** Placeholders that mean nothing, or are secret where everybody can read. */
function textProblems(text: string, path: Path, { open, secret }: Known, secretsAllowed = false): Problem[] {
    return placeholders(text).flatMap(({ name, file }) => {
        const shown = `\${${file ? "file:" : ""}${name}}`;
        if (secret.includes(name)) {
            return secretsAllowed
                ? []
                : [{ path, message: `${shown} is a secret, which everybody could read here; hand it over in env`, show: false }];
        }
        if (open.includes(name) && !file) return [];
        const known = file ? secret : secretsAllowed ? [...open, ...secret] : open;
        const near = nearest(name, known);
        const hint = near === undefined ? `known: ${known.join(", ") || "none"}` : `did you mean \${${file ? "file:" : ""}${near}}?`;
        return [{ path, message: `${shown} stands for nothing; ${hint}`, show: false }];
    });
}

function serviceProblems({ services }: ApplicationSettings, name: string): Problem[] {
    const service = services[name];
    if (service === undefined) return [];
    const path: Path = ["services", name];
    const found: Problem[] = [];
    if (service.health.http !== undefined && service.port === undefined) {
        found.push(wrong([...path, "health", "http"], "needs the service's port"));
    }
    if (service.health.http !== undefined && service.health.command !== undefined) {
        found.push(wrong([...path, "health"], "give either http or command", false));
    }
    if (service.kind === "scheduler" && (service.replicas ?? 1) > 1) {
        found.push(wrong([...path, "replicas"], "a scheduler runs once; make it a worker if it may run twice"));
    }
    return found;
}

/** What waits for itself, through others. */
function cycles(key: "services" | "jobs", all: Readonly<Record<string, ContainerSettings>>): Problem[] {
    const reaches = (from: string, to: string, seen: ReadonlySet<string> = new Set()): boolean =>
        (all[from]?.after ?? []).some((next) => next === to || (!seen.has(next) && reaches(next, to, new Set([...seen, next]))));
    return Object.keys(all).flatMap((name) =>
        reaches(name, name) ? [wrong([key, name, "after"], "leads back to where it began; remove one of the steps", false)] : [],
    );
}

/** Nothing waits for a job that runs at times of its own. */
function beforeReleases(jobs: ApplicationSettings["jobs"]): string[] {
    return Object.entries(jobs).flatMap(([name, { cron }]) => (cron === undefined ? [name] : []));
}

function scheduleProblems(name: string, { cron, deadline, once, after, command }: ApplicationSettings["jobs"][string]): Problem[] {
    const path: Path = ["jobs", name];
    if (cron === undefined)
        return deadline === undefined ? [] : [wrong([...path, "deadline"], "has no use without cron; remove it", false)];
    return [
        ...(once ? [wrong([...path, "once"], "has no use with cron; remove one of the two", false)] : []),
        ...(after.length > 0 ? [wrong([...path, "after"], "has no use with cron; remove one of the two", false)] : []),
        ...(command === undefined ? [wrong([...path, "command"], "is required with cron, which a shell starts it by", false)] : []),
        ...(hasBothDays(cron)
            ? [wrong([...path, "cron"], "must leave the day of the month or that of the week open (*): make two jobs of it", false)]
            : []),
    ];
}

/** Schedulers start last of all, so nothing can wait for one. */
function overlapping(services: ApplicationSettings["services"]): string[] {
    return Object.entries(services).flatMap(([name, { kind }]) => (kind === "scheduler" ? [] : [name]));
}

function routeProblems({ routes, services, files, hosts, limits }: ApplicationSettings, index: number): Problem[] {
    const route = routes[index];
    if (route === undefined) return [];
    const path: Path = ["routes", index];
    const found: Problem[] = [];
    if ((route.to === undefined) === (route.files === undefined)) {
        found.push(wrong(path, "must have one of to (a service) and files", false));
    }
    const withPort = Object.entries(services).flatMap(([name, { port, kind }]) =>
        port !== undefined && kind !== "scheduler" ? [name] : [],
    );
    if (route.to !== undefined && !withPort.includes(route.to)) {
        found.push(wrong([...path, "to"], unknown(route.to, "service with a port", withPort)));
    }
    if (route.files !== undefined && files[route.files] === undefined) {
        found.push(wrong([...path, "files"], unknown(route.files, "key of files", Object.keys(files))));
    }
    if (route.files !== undefined && !route.path.endsWith("/")) {
        found.push(wrong([...path, "path"], "must end with / where files are served"));
    }
    if (route.assets !== undefined && (route.to === undefined || route.exact || !route.path.endsWith("/"))) {
        found.push(wrong([...path, "assets"], "must be on a route to a service, with a path that ends with /"));
    }
    if (route.host !== undefined && hosts[route.host] === undefined) {
        found.push(wrong([...path, "host"], unknown(route.host, "key of hosts", Object.keys(hosts))));
    }
    const budgets = ["api", "login", ...Object.keys(limits)];
    if (route.limit !== undefined && !budgets.includes(route.limit)) {
        found.push(wrong([...path, "limit"], unknown(route.limit, "budget", budgets)));
    }
    return found;
}

const FITS: Readonly<Record<string, readonly string[]>> = {
    password: ["length", "output", "overlap"],
    key: ["bytes", "encoding", "output", "overlap"],
    rsa: ["bits", "output", "overlap"],
    ed25519: ["output", "overlap"],
    certificate: ["names", "days"],
    given: ["optional"],
};

function secretProblems(name: string, secret: ApplicationSettings["secrets"][string]): Problem[] {
    const { kind, ...rest } = secret;
    const nameless = kind === "certificate" && (secret.names ?? []).length === 0;
    return [
        ...Object.entries(rest)
            .filter(([key, value]) => value !== undefined && FITS[kind]?.includes(key) !== true)
            .map(([key]) => wrong(["secrets", name, key], `has no use with kind ${kind}; remove it`, false)),
        ...(nameless
            ? [wrong(["secrets", name, "names"], "is required with kind certificate: the names that clients call it by", false)]
            : []),
        ...(name === AUTHORITY ? [wrong(["secrets", name], "is a name that quai uses itself; give it another one", false)] : []),
    ];
}
