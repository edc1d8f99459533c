import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Engine, ensureEngine, runPulumi } from "../../../tools/engine";
import { checkout, docker, objects as all, quai, type Result } from "../support/checkout";

/** One application, three environments, one engine, one checkout: what could be confused, is beside each other. */
export const ENVIRONMENTS = ["development", "staging", "production"] as const;
export type Environment = (typeof ENVIRONMENTS)[number];
export const stackOf = (environment: Environment) => `shop-${environment}`;
export const PRODUCTION = stackOf("production");
const host = (environment: Environment) => (environment === "production" ? "shop.quay.localhost" : `${environment}.quay.localhost`);

export type Config = Record<string, unknown>;

/** What production would refuse and these tests are not about. */
const reason = "Deployed by a test, on this machine alone";
export const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
export const WAIVED = { "public-tls": { reason, until: inDays(200) }, "pinned-images": { reason, until: inDays(200) } };

export const DESCRIPTION = {
    name: "shop",
    databases: ["postgres"],
    secrets: { siteKey: { kind: "key" }, tokens: { kind: "ed25519" }, mailPassword: { kind: "given", optional: true } },
    files: { media: { user: "101:101" } },
    services: {
        web: {
            port: 8080,
            user: "101:101",
            command: ["demo-web"],
            health: { http: "/" },
            files: { "/srv/media": "media" },
            env: { SITE_KEY_FILE: "${file:secrets.siteKey}", DATABASE_URL_FILE: "${file:database.url}" },
        },
    },
    jobs: { migrate: { like: "web", command: ["sh", "-c", "echo migrated"] } },
    routes: [{ to: "web" }],
};

export function offsite(environment: Environment): string {
    return join(checkout(), ".quai", `offsite-${environment}`);
}

export function configOf(environment: Environment): Config {
    const at = ENVIRONMENTS.indexOf(environment);
    // What stands for the official image, where no registry answers; the set-up knows.
    const base = process.env["QUAI_E2E_BASE"];
    const backup = { keep: { daily: 2, weekly: 0, monthly: 0 }, offsite: { repository: offsite(environment) } };
    return {
        "quai:application": "custom",
        "quai:environment": environment,
        "quai:domain": host(environment),
        "quai:tls": { mode: "local" },
        "quai:ports": { http: 18800 + at, https: 18840 + at, address: "127.0.0.1" },
        "quai:images": { web: { build: "examples/demo/web", args: base === undefined ? {} : { BASE: base } } },
        "quai:postgres": { version: 15, memory: "128m" },
        // Only production's is looked at here.
        "quai:backup": environment === "production" ? backup : false,
        "quai:custom":
            environment === "production" ? DESCRIPTION : { ...DESCRIPTION, files: { media: { user: "101:101", backup: false } } },
        ...(environment === "production" ? { "quai:waive": WAIVED } : {}),
    };
}

export function write(environment: Environment, more: Config = {}, stack = stackOf(environment)): void {
    const config = { ...configOf(environment), ...more };
    writeFileSync(join(checkout(), `Pulumi.${stack}.yaml`), JSON.stringify({ config }, null, 2));
}

export async function must(result: Promise<Result>): Promise<Result> {
    const { code, text } = await result;
    if (code !== 0) throw new Error(`ended with ${code}:\n${text.slice(-6000)}`);
    return result;
}

export const up = (environment: Environment) => quai("up", stackOf(environment), "--yes");

/** Names of what a stack has on the host, in their order. */
export const objects = (kind: "container" | "network" | "volume", stack: string): string[] => all(kind, stack).sort();

/** The one container of a service that runs. */
export function container(environment: Environment, service: string): string {
    const name = objects("container", stackOf(environment)).find((each) => new RegExp(`-${service}(-[0-9a-f]{8})?$`).test(each));
    if (name === undefined) throw new Error(`no ${service} in ${environment}`);
    return name;
}

/** SQL as the administrator of an environment's server. */
export function sql(environment: Environment, text: string): string {
    const psql = ["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--username", "postgres", "--dbname", "shop"];
    return docker("exec", container(environment, "postgres"), ...psql, "--command", text).trim();
}

let engine: Promise<Engine> | undefined;

/** The engine itself, as README says that people use it on the same files. */
export async function pulumi(
    words: readonly string[],
    options: { readonly cwd?: string; readonly input?: string; readonly env?: Readonly<Record<string, string>> } = {},
) {
    engine ??= ensureEngine({ checkout: checkout() });
    return runPulumi(await engine, [...words, "--non-interactive"], options);
}

/** As people set a secret: encrypted, into the stack file. */
export async function setSecret(environment: Environment, name: string, value: string): Promise<void> {
    const words = ["config", "set", "--secret", "--path", `quai:secrets.${name}`, "--stack", stackOf(environment)];
    const { code, stderr } = await pulumi(words, { input: value });
    if (code !== 0) throw new Error(stderr);
}

const stateOf = (stack: string) => readFileSync(join(checkout(), ".quai", "state", ".pulumi", "stacks", "quai", `${stack}.json`), "utf8");

/** The day on which a secret's value came, by the state: all ages count from it, and midnight may have passed since. */
export function madeOn(stack: string, secret: string): string {
    const { checkpoint } = JSON.parse(stateOf(stack)) as {
        readonly checkpoint: { readonly latest: { readonly resources: readonly { readonly urn: string; readonly created?: string }[] } };
    };
    const name = new RegExp(`::${secret}-[0-9a-f.-]+$`);
    const made = checkpoint.latest.resources.flatMap(({ urn, created }) => (created !== undefined && name.test(urn) ? [created] : []));
    const newest = made.sort().at(-1);
    if (newest === undefined) throw new Error(`no ${secret} in ${stack}`);
    return newest.slice(0, 10);
}

/** What tells whether anything was touched: objects of the host and the state. */
export function touched(stack = PRODUCTION): string {
    const ids = docker("ps", "--all", "--no-trunc", "--filter", `label=io.quai.stack=${stack}`, "--format", "{{.ID}} {{.State}}");
    return JSON.stringify([ids, objects("volume", stack), stateOf(stack)]);
}
