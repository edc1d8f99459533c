import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse } from "yaml";

export const ROOT = resolve(__dirname, "../../..");
export const FOLDER = join(ROOT, "examples/workflows");

export interface Step {
    readonly id?: string;
    readonly name?: string;
    readonly if?: string;
    readonly run?: string;
    readonly uses?: string;
    readonly with?: Readonly<Record<string, unknown>>;
    readonly env?: Readonly<Record<string, string>>;
}
export interface Job {
    readonly "timeout-minutes": number;
    readonly if?: string;
    readonly needs?: string;
    readonly environment?: string;
    readonly permissions: Readonly<Record<string, string>>;
    readonly env?: Readonly<Record<string, string>>;
    readonly steps: readonly Step[];
}
export interface Workflow {
    readonly permissions: Readonly<Record<string, string>>;
    readonly concurrency: { readonly group: string; readonly "cancel-in-progress": boolean };
    readonly jobs: Readonly<Record<string, Job>>;
}

/** Workflows of GitHub Actions: name of the file, text. */
export const github = readdirSync(join(FOLDER, "github")).map((file): [string, string] => [
    file,
    readFileSync(join(FOLDER, "github", file), "utf8"),
]);

export function workflow(file: string): Workflow {
    const text = github.find(([name]) => name === file)?.[1];
    if (text === undefined) throw new Error(`no workflow ${file}`);
    return parse(text) as Workflow;
}

export interface GitlabRule {
    readonly if: string;
    readonly when?: string;
    readonly variables?: Readonly<Record<string, string>>;
}
export interface GitlabJob {
    readonly stage?: string;
    readonly script?: readonly string[];
    readonly before_script?: readonly (string | readonly string[])[];
    readonly extends?: string;
    readonly needs?: readonly string[];
    readonly rules?: readonly GitlabRule[];
    readonly environment?: string;
    readonly resource_group?: string;
    readonly image?: string | { readonly name: string };
    readonly variables?: Readonly<Record<string, string>>;
}

/** Files of GitLab CI: name of the file, text. */
export const gitlab = readdirSync(join(FOLDER, "gitlab")).map((file): [string, string] => [
    file,
    readFileSync(join(FOLDER, "gitlab", file), "utf8"),
]);

/** Words of a file that are no job. */
const NO_JOBS = ["stages", "default", "variables"];

/** Jobs and what they extend, by name, each with what it takes from the one that it extends. */
export const gitlabJobs: Readonly<Record<string, GitlabJob>> = Object.fromEntries(
    gitlab.flatMap(([, text]) => {
        const all = parse(text) as Record<string, GitlabJob | readonly string[]>;
        const jobs = Object.entries(all).filter(
            (entry): entry is [string, GitlabJob] => !NO_JOBS.includes(entry[0]) && !Array.isArray(entry[1]),
        );
        return jobs.map(([name, job]): [string, GitlabJob] => {
            const base = job.extends === undefined ? undefined : (all[job.extends] as GitlabJob | undefined);
            if (job.extends !== undefined && base === undefined) throw new Error(`${name} extends ${job.extends}, which isn't there`);
            return [name, { ...base, ...job, variables: { ...base?.variables, ...job.variables } }];
        });
    }),
);

/** What the runner makes of a job's lines: one script. */
export function gitlabScript(name: string): string {
    const job = gitlabJobs[name];
    if (job === undefined) throw new Error(`no job ${name}`);
    return [...(job.before_script ?? []).flat(), ...(job.script ?? [])].join("\n");
}

/** Every shell part: where it is, its text. */
export function scripts(): [string, string][] {
    const actions = github.flatMap(([file]) =>
        Object.entries(workflow(file).jobs).flatMap(([job, { steps }]) =>
            steps.flatMap(({ name = "", run }): [string, string][] => (run === undefined ? [] : [[`${file}: ${job}: ${name}`, run]])),
        ),
    );
    // A job that extends another may have its script.
    const own = new Map(
        Object.entries(gitlabJobs).flatMap(([name, { script }]) => (script === undefined ? [] : [[gitlabScript(name), name]])),
    );
    return [...actions, ...[...own].map(([script, name]): [string, string] => [`gitlab: ${name}`, script])];
}
