import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Job, Step } from "../../../unit/workflows/scripts";
import { source } from "../../support/checkout";
import { type Contexts, evaluate, filled } from "./expressions";
import { type Forge, TOKEN } from "./forge";

export interface Run {
    readonly id: number;
    readonly forge: Forge;
    /** The repository, and what is checked out. */
    readonly repository: string;
    readonly commit: string;
    readonly github: Readonly<Record<string, unknown>>;
    readonly vars: Readonly<Record<string, string>>;
    readonly secrets: Readonly<Record<string, string>>;
}

export interface Ended {
    readonly ran: boolean;
    readonly code: number;
    /** All that the job printed. */
    readonly log: string;
    readonly summary: string;
}

/** A job as a runner of GitHub Actions does it: a fresh clone, one process for each step, the variables and files by which they hand things on. */
export async function runJob(job: Job, run: Run): Promise<Ended> {
    const steps: Record<string, { outputs: Record<string, string> }> = {};
    const contexts: Contexts = { github: { ...run.github, token: TOKEN }, vars: run.vars, secrets: run.secrets, steps };
    if (job.if !== undefined && evaluate(job.if, contexts) !== true) return { ran: false, code: 0, log: "", summary: "" };
    const folder = clone(run.repository, run.commit);
    const file = (name: string) => join(folder, ".git", `runner-${name}`);
    const text = (name: string) => (existsSync(file(name)) ? readFileSync(file(name), "utf8") : "");
    const variables = {
        ...{ PATH: process.env["PATH"], HOME: process.env["HOME"], CI: "true", NO_COLOR: "1" },
        ...{ GITHUB_ACTIONS: "true", GITHUB_ACTOR: "ada", GITHUB_SHA: run.commit, GITHUB_RUN_ID: String(run.id) },
        ...{ GITHUB_REPOSITORY: "acme/shop", GITHUB_API_URL: run.forge.address },
        ...{ GITHUB_OUTPUT: file("output"), GITHUB_ENV: file("env"), GITHUB_STEP_SUMMARY: file("summary") },
    };
    let [code, log] = [0, ""];
    for (const step of job.steps) {
        if (code !== 0 && step.if !== "always()") continue;
        if (step.if !== undefined && evaluate(step.if, contexts) !== true) continue;
        const values = (all: Readonly<Record<string, unknown>> = {}) =>
            Object.fromEntries(Object.entries(all).map(([name, value]) => [name, filled(String(value), contexts)]));
        if (step.run === undefined) {
            emulate(step, values(step.with), run, folder);
            continue;
        }
        rmSync(file("output"), { force: true });
        const env = { ...variables, ...pairs(text("env")), ...values(job.env), ...values(step.env) };
        const ended = await shell(step.run, folder, env);
        log += ended.text;
        code ||= ended.code;
        if (step.id !== undefined) steps[step.id] = { outputs: pairs(text("output")) };
    }
    const summary = text("summary");
    rmSync(folder, { recursive: true });
    return { ran: true, code, log, summary };
}

export function clone(repository: string, commit: string): string {
    const folder = mkdtempSync(join(tmpdir(), "quai-runner-"));
    execFileSync("git", ["clone", "-q", "--no-checkout", repository, folder]);
    execFileSync("git", ["-C", folder, "-c", "advice.detachedHead=false", "checkout", "-q", commit]);
    // What `npm ci` would put there.
    symlinkSync(join(source, "node_modules"), join(folder, "node_modules"));
    return folder;
}

/** Actions that hand files on; the others set up what this machine has. */
function emulate({ uses = "" }: Step, words: Readonly<Record<string, string>>, { forge, id }: Run, folder: string): void {
    const name = words["name"] ?? "";
    if (uses.startsWith("actions/upload-artifact@"))
        forge.plans.set(name, { run: id, plan: readFileSync(join(folder, words["path"] ?? ""), "utf8") });
    if (!uses.startsWith("actions/download-artifact@")) return;
    const found = forge.plans.get(name);
    if (found === undefined || (words["run-id"] !== undefined && words["run-id"] !== String(found.run)))
        throw new Error(`no artifact ${name}`);
    writeFileSync(join(folder, "plan.json"), found.plan);
}

function pairs(text: string): Record<string, string> {
    return Object.fromEntries(
        text.split("\n").flatMap((line): [string, string][] => {
            const at = line.indexOf("=");
            return at > 0 ? [[line.slice(0, at), line.slice(at + 1)]] : [];
        }),
    );
}

/** A script as a runner runs it. */
export function shell(
    script: string,
    cwd: string,
    env: Readonly<Record<string, string | undefined>>,
): Promise<{ code: number; text: string }> {
    const child = spawn("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", script], { cwd, env });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    return new Promise((done, fail) => {
        child.once("error", fail);
        child.once("close", (code) => done({ code: code ?? 1, text }));
    });
}
