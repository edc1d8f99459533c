import { backupSecrets } from "../../../components/backup";
import { postgresSecrets } from "../../../components/postgres-with-backup";
import { AUTHORITY } from "../../../components/secrets-bundle/versions";
import { presetOf } from "../../../stacks/catalogue";
import { readStackFile } from "../../../tools/cli/stack/stack-file";
import { ROOT } from "./documents";

interface Service {
    readonly kind?: string;
    readonly port?: number;
    readonly health?: { readonly http?: string; readonly command?: readonly string[] };
    readonly env?: Readonly<Record<string, unknown>>;
}
interface Secret {
    readonly kind: string;
    readonly optional?: boolean;
    readonly output?: boolean;
    readonly overlap?: string;
}
interface Application {
    readonly databases?: readonly string[];
    readonly hosts?: Readonly<Record<string, string>>;
    readonly services: Readonly<Record<string, Service>>;
    readonly jobs?: Readonly<Record<string, { readonly once?: boolean }>>;
    readonly secrets: Readonly<Record<string, Secret>>;
    readonly routes: readonly {
        readonly host?: string;
        readonly path?: string;
        readonly exact?: boolean;
        readonly to?: string;
        readonly files?: string;
        readonly limit?: string;
    }[];
}
interface Preset {
    readonly backup: { readonly at?: string; readonly drill?: string };
    readonly images?: Readonly<Record<string, { readonly args?: Readonly<Record<string, string>> }>>;
}

const code = (text: unknown) => `\`${String(text)}\``;

/** A system as its files describe it. */
function described(name: string) {
    const preset = presetOf(name);
    if (preset === undefined) throw new Error(`stacks/${name}.yaml: isn't there`);
    const production = readStackFile(ROOT, `${name}-production`).content.config as {
        readonly "quai:services"?: Readonly<Record<string, Service>>;
    };
    return {
        settings: preset.settings as unknown as Preset,
        application: preset.application as unknown as Application,
        production: production["quai:services"] ?? {},
    };
}

/** How the rows begin that the page of a system has to have under each heading, and no others; cells may go on with an explanation. */
export function tablesOf(name: string): Readonly<Record<string, readonly (readonly string[])[]>> {
    const { settings, application, production } = described(name);
    return {
        Services: Object.entries(application.services).map(([service, { kind = "service", port, health }]) => [
            code(service),
            kind,
            port === undefined ? "–" : String(port),
            health?.http === undefined ? (health?.command === undefined ? "it runs" : "a command") : code(health.http),
        ]),
        Routes: application.routes.map(({ host, path = "/", exact, to, files, limit = "–" }) => [
            host === undefined ? "the domain and its aliases" : code(application.hosts?.[host]),
            `${code(path)}${exact === true ? " exactly" : ""}`,
            to === undefined ? `files ${code(files)}` : code(to),
            limit,
        ]),
        Variables: [
            ...variables(application.services).map(([service, variable, value]) => [code(service), code(variable), code(value)]),
            ...variables(production).map(([service, variable]) => [
                code(service),
                code(variable),
                `in ${code(`Pulumi.${name}-production.yaml`)}`,
            ]),
            ...Object.entries(settings.images ?? {}).flatMap(([image, { args = {} }]) =>
                Object.entries(args).map(([argument, value]) => [`${code(image)}, when it's built`, code(argument), code(value)]),
            ),
        ],
        Secrets: secrets(application),
        Schedules: [
            ["snapshot", `daily at ${settings.backup.at ?? "02:00"}`],
            ["drill", settings.backup.drill ?? "monthly"],
            ["certificate", "twice a day"],
            ...Object.entries(application.services).flatMap(([service, { kind }]) =>
                kind === "scheduler" ? [[code(service), "always one"]] : [],
            ),
        ],
    };
}

/** The sentence that names the jobs. */
export function jobsOf(name: string): string | undefined {
    const jobs = Object.entries(described(name).application.jobs ?? {}).map(([job, { once }]) =>
        once === true ? `${code(job)} (once)` : code(job),
    );
    return jobs.length === 0 ? undefined : `Jobs before each release: ${jobs.join(", ")}.`;
}

function variables(services: Readonly<Record<string, Service>>): (readonly [string, string, unknown])[] {
    return Object.entries(services).flatMap(([service, { env = {} }]) =>
        Object.entries(env).map(([variable, value]) => [service, variable, value] as const),
    );
}

function secrets({ databases = [], secrets: own }: Application): string[][] {
    const origin = (secret: string, { kind, optional, output, overlap }: Secret) => {
        if (kind === "given") return `from outside${optional === true ? ", if it's needed" : ""}: ${code(`./quai secrets set ${secret}`)}`;
        const more =
            output === true
                ? ", among the outputs"
                : overlap === undefined
                  ? ""
                  : `; a former one counts for ${Number.parseInt(overlap)} days`;
        return `generated${more}`;
    };
    const components = {
        ...(databases.includes("postgres") ? { ...postgresSecrets, [AUTHORITY]: {} } : backupSecrets),
        ...(databases.includes("redis") ? { redisPassword: {} } : {}),
    };
    return [
        ...Object.entries(own).map(([secret, each]) => [code(secret), origin(secret, each)]),
        [Object.keys(components).map(code).join(", "), "generated"],
    ];
}
