import { parseSettings, SettingsError } from "../../infra/settings";
import { SetupError } from "../engine/types";
import { type Compose, serviceOf } from "./compose";
import { commandOf, imageFacts, type Inspect, portOf } from "./container";
import type { SecretEntry } from "./environment";
import { clean, type Fields, some } from "./fields";
import { imageNames, imagesOf } from "./images";
import { nginxRoutes } from "./nginx";
import { Notes } from "./notes";
import { type Application, jobFields, serviceFields } from "./parts";
import { applicationServices, isJob, kindOf, roleOf } from "./roles";
import { namedRoutes, routesOf, withSockets } from "./routes";
import { servers, surroundings } from "./servers";
import { unwritten } from "./unwritten";
import { plainName } from "./words";

export interface Imported {
    /** The `quai:` settings of the stack file. */
    readonly config: Readonly<Record<string, unknown>>;
    readonly notes: Notes;
    /** What a person must complete before it can be deployed: the settings' own errors. */
    readonly incomplete: readonly string[];
}

export interface ImportOptions {
    readonly name: string;
    readonly environment: "development" | "staging" | "production";
    readonly stack: string;
    /** Main name. @default the first host that a route names */
    readonly domain?: string;
    /** What is known of images that aren't built. @default nothing */
    readonly inspect?: Inspect;
    /** Folder that build contexts are written relative to. */
    readonly root: string;
}

/**
 * Turns a compose file into the settings of a stack.
 *
 * @throws SetupError where nothing of it is left to deploy, with the reasons
 */
export function convert(compose: Compose, options: ImportOptions): Imported {
    const notes = new Notes();
    const roles = Object.fromEntries(Object.entries(compose.services).map(([name, service]) => [name, roleOf(service)]));
    const application = applicationOf(compose, applicationServices(compose, roles, notes), options, notes);
    const { lasting, jobs, images } = application;
    const found = routesOf(compose, listening(application, notes), application.open, notes);
    const domain = options.domain ?? found.flatMap(({ hosts }) => hosts)[0]?.replace(/^www\./, "");
    const around = surroundings(compose, roles, domain);
    const shared = { around, secrets: new Map<string, SecretEntry>(), files: new Map<string, Fields>(), notes };
    const services = lasting.map((name): [string, Fields] => [plainName(name), serviceFields(application, name, shared)]);
    const done = jobs.map((name): [string, Fields] => [plainName(name), jobFields(application, name, shared)]);
    if (around.postgres !== undefined && jobs.length === 0)
        notes.check.push(
            "migrations: the application's login can't make tables; the command that makes them has to be a job, with ${migration.url} (docs/custom.md)",
        );
    const { hosts, aliases, routes } = namedRoutes(found, domain);
    const databases = [around.postgres && "postgres", around.redis && "redis"].filter((each) => each !== undefined);
    unwritten(compose, [...lasting, ...jobs], notes);
    const custom = clean({
        name: options.name,
        hosts: some(hosts),
        databases: databases.length === 0 ? undefined : databases,
        secrets: some(Object.fromEntries(shared.secrets)),
        files: some(Object.fromEntries(shared.files)),
        services: Object.fromEntries(services),
        jobs: some(Object.fromEntries(done)),
        routes: withSockets(routes, notes),
    });
    const config = clean({
        "quai:application": "custom",
        "quai:environment": options.environment,
        "quai:domain": domain ?? (options.environment === "development" ? undefined : `${options.name}.example.com`),
        "quai:aliases": aliases.length === 0 ? undefined : aliases,
        "quai:images": imagesOf(compose, images, options.root, notes),
        ...servers(compose, roles, options.environment === "development", notes),
        "quai:custom": custom,
    });
    return { config, notes, incomplete: problems(config, options.stack, shared.secrets) };
}

/** What is part of the application, and what is known of it from its image. */
function applicationOf(compose: Compose, own: readonly string[], { inspect = () => ({}) }: ImportOptions, notes: Notes): Application {
    if (own.length === 0)
        throw new SetupError(
            [
                `${compose.path}: nothing in it is an application that a stack could deploy:`,
                ...notes.left.map((line) => `  - ${line}`),
            ].join("\n"),
            2,
        );
    const known = new Map(own.map((name) => [name, imageFacts(compose, serviceOf(compose, name), inspect)]));
    const facts = (name: string) => known.get(name) ?? {};
    const proxied = new Map(nginxRoutes(compose).map(({ service, port }) => [service, port ?? 80]));
    const jobs = own.filter((name) => isJob(name, serviceOf(compose, name), compose.services));
    const lasting = own.filter((name) => !jobs.includes(name));
    return {
        compose,
        lasting,
        jobs,
        facts,
        open: (name) => proxied.get(name) ?? portOf(serviceOf(compose, name), facts(name), compose.variables[name] ?? {}),
        // A shared image has the name of a service before that of a job.
        images: imageNames(compose, [...lasting, ...jobs]),
    };
}

/** The services that answer requests. */
function listening({ compose, lasting, facts, open }: Application, notes: Notes): string[] {
    const kind = (name: string) => {
        const service = serviceOf(compose, name);
        return kindOf(name, service, commandOf(service, facts(name)), open(name));
    };
    const names = lasting.filter((name) => open(name) !== undefined && kind(name) === "service");
    if (names.length === 0)
        notes.check.push("nothing tells where requests go: give the service that answers them its `port`, and a route that leads there");
    return names;
}

function problems(config: Fields, stack: string, secrets: ReadonlyMap<string, SecretEntry>): readonly string[] {
    // Given secrets are there by the time that it's deployed; what is told here is what the description lacks.
    const given = Object.fromEntries([...secrets].filter(([, { kind }]) => kind === "given").map(([name]) => [name, "0123456789abcdef"]));
    const tls = config["quai:environment"] === "development" ? {} : { "quai:tls": { mode: "files", certificate: "x.crt", key: "x" } };
    try {
        parseSettings({ ...tls, ...config, ...(Object.keys(given).length === 0 ? {} : { "quai:secrets": given }) }, { stack });
        return [];
    } catch (error) {
        if (error instanceof SettingsError) return error.problems;
        throw error;
    }
}
