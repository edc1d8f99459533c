import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { z } from "zod";
import { SetupError } from "../engine/types";
import { interpolate, namesIn, type Variables } from "./interpolate";
import { readMerged, readText } from "./merge";

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const list = z.union([scalar.transform((one) => [one]), z.array(scalar)]);
/** `KEY: value` or `KEY=value`; a key without a value takes that of the shell. */
const pairs = z.union([
    z.record(z.string(), scalar.nullable()),
    z.array(z.string()).transform((lines) =>
        Object.fromEntries(
            lines.map((line): [string, string | null] => {
                const at = line.indexOf("=");
                return at < 0 ? [line, null] : [line.slice(0, at), line.slice(at + 1)];
            }),
        ),
    ),
]);
const mount = z.union([
    z.string(),
    z.looseObject({
        type: z.string().optional(),
        source: z.string().optional(),
        target: z.string(),
        read_only: z.boolean().optional(),
        volume: z.looseObject({ nocopy: z.boolean().optional(), subpath: z.string().optional() }).optional(),
    }),
]);
const port = z.union([scalar, z.looseObject({ target: scalar, published: scalar.optional() })]);
const service = z.looseObject({
    image: z.string().optional(),
    build: z
        .union([
            z.string().transform((context) => ({ context, dockerfile: undefined, target: undefined, args: undefined })),
            z.looseObject({
                context: z.string().default("."),
                dockerfile: z.string().optional(),
                target: z.string().optional(),
                args: pairs.optional(),
            }),
        ])
        .optional(),
    command: z.union([z.string(), z.array(scalar)]).nullish(),
    entrypoint: z.union([z.string(), z.array(scalar)]).nullish(),
    environment: pairs.default({}),
    env_file: z
        .union([
            z.string().transform((one) => [one]),
            z.array(z.union([z.string(), z.looseObject({ path: z.string() }).transform(({ path }) => path)])),
        ])
        .default([]),
    volumes: z.array(mount).default([]),
    tmpfs: list.default([]),
    ports: z.array(port).default([]),
    expose: z.array(scalar).default([]),
    labels: pairs.default({}),
    depends_on: z
        .union([
            z.array(z.string()).transform((names) => Object.fromEntries(names.map((name) => [name, { condition: "service_started" }]))),
            z.record(z.string(), z.looseObject({ condition: z.string().default("service_started") })),
        ])
        .default({}),
    healthcheck: z
        .looseObject({
            test: z.union([z.string(), z.array(z.string())]).optional(),
            interval: z.string().optional(),
            timeout: z.string().optional(),
            retries: z.coerce.number().optional(),
            start_period: z.string().optional(),
            disable: z.boolean().optional(),
        })
        .optional(),
    restart: z.union([z.string(), z.boolean()]).transform(String).optional(),
    user: scalar.optional(),
    read_only: z.boolean().optional(),
    profiles: z.array(z.string()).default([]),
    deploy: z
        .looseObject({
            replicas: z.coerce.number().optional(),
            resources: z
                .looseObject({ limits: z.looseObject({ memory: z.string().optional(), cpus: scalar.optional() }).optional() })
                .optional(),
        })
        .optional(),
    mem_limit: scalar.optional(),
    cpus: scalar.optional(),
    stop_grace_period: z.string().optional(),
    logging: z.looseObject({ options: z.record(z.string(), scalar).optional() }).optional(),
    secrets: z.array(z.union([z.string(), z.looseObject({ source: z.string() }).transform(({ source }) => source)])).default([]),
});

const file = z.looseObject({
    name: z.string().optional(),
    services: z.record(z.string(), service),
    volumes: z.record(z.string(), z.unknown()).default({}),
    secrets: z.record(z.string(), z.unknown()).default({}),
});

export type ComposeService = z.output<typeof service>;

export interface Compose {
    readonly path: string;
    readonly folder: string;
    readonly name: string | undefined;
    readonly services: Readonly<Record<string, ComposeService>>;
    /** What COMPOSE_PROFILES of the env file switches on. */
    readonly profiles: readonly string[];
    /** Names of variables that the file uses and nothing gives a value. */
    readonly unset: readonly string[];
    /** Variables of each service, those of its files included. */
    readonly variables: Readonly<Record<string, Readonly<Record<string, string | undefined>>>>;
    /** What could not be read: files that are missing. */
    readonly missing: readonly string[];
}

export function serviceOf({ services }: Compose, name: string): ComposeService {
    const service = services[name];
    if (service === undefined) throw new Error(`services.${name}: isn't there`);
    return service;
}

/**
 * Reads a compose file, or several that belong together, with the env files beside the first one.
 *
 * @param paths the files, each over those before it, as `docker compose -f … -f …` reads them
 * @param envFile the file with the values of `${VARIABLES}`. @default `.env` beside the first compose file, if there is one
 * @throws SetupError where one isn't YAML, or not a compose file; all problems at once
 */
export function readCompose(paths: string | readonly string[], envFile?: string): Compose {
    const files = typeof paths === "string" ? [paths] : paths;
    const [path = ""] = files;
    const folder = dirname(resolve(path));
    const unset = new Set<string>();
    const known = values(envFile ?? (existsSync(join(folder, ".env")) ? join(folder, ".env") : undefined), unset);
    const parsed = file.safeParse(interpolate(readMerged(files), known, unset));
    if (!parsed.success) {
        const lines = parsed.error.issues.map(({ path: where, message }) => `${path}: ${where.join(".")}: ${message}`);
        throw new SetupError(lines.join("\n"), 2);
    }
    const bare = Object.entries(parsed.data.services).flatMap(([name, { image, build }]) =>
        image === undefined && build === undefined ? [name] : [],
    );
    if (bare.length > 0) {
        const remedy =
            "is this one of several files that belong together? Name them all, the base first: ./quai import compose.yml compose.prod.yml";
        throw new SetupError(`${files.join(", ")}: ${bare.join(", ")}: neither image nor build; ${remedy}`, 2);
    }
    const missing: string[] = [];
    const variables = Object.entries(parsed.data.services).map(([name, { environment, env_file }]) => {
        const fromFiles = env_file.map((each) => {
            const found = join(folder, each);
            if (existsSync(found)) return values(found, unset, known);
            missing.push(each);
            return {};
        });
        const own = Object.entries(environment).map(([key, value]): [string, string | undefined] => [key, value ?? known[key]]);
        return [name, Object.assign({}, ...fromFiles, Object.fromEntries(own)) as Record<string, string | undefined>] as const;
    });
    const { name, services } = parsed.data;
    const profiles = (known["COMPOSE_PROFILES"] ?? "").split(",");
    return {
        path,
        folder,
        name,
        services,
        profiles,
        unset: [...unset],
        variables: Object.fromEntries(variables),
        missing: [...new Set(missing)],
    };
}

/** The values of an env file, with those that it uses itself filled in, as compose does; `around`: what the whole file knows. */
function values(path: string | undefined, unset: Set<string>, around: Variables = {}): Variables {
    if (path === undefined) return {};
    const text = readText(path);
    const raw = parseEnv(text);
    const literal = new Set([...text.matchAll(/^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*'/gm)].map(([, name = ""]) => name));
    const filled = (name: string, within: readonly string[]): string | undefined => {
        const value = raw[name] ?? around[name];
        if (value === undefined || literal.has(name) || within.includes(name)) return value;
        const known = Object.fromEntries(namesIn(value).map((each) => [each, filled(each, [...within, name])]));
        return interpolate(value, known, unset) as string;
    };
    return Object.fromEntries(Object.keys(raw).map((name) => [name, filled(name, [])]));
}
