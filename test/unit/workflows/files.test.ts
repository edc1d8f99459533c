import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import { createProgram } from "../../../tools/cli/main";
import { wrongCommand } from "../docs/commands";

const ROOT = resolve(__dirname, "../../..");
const FOLDER = join(ROOT, "examples/workflows");

interface Step {
    readonly name?: string;
    readonly run?: string;
    readonly uses?: string;
}
interface GitHub {
    readonly permissions: Readonly<Record<string, string>>;
    readonly concurrency: { readonly group: string };
    readonly jobs: Readonly<Record<string, { readonly "timeout-minutes": number; readonly steps: readonly Step[]; readonly env: object }>>;
}

const github = readdirSync(join(FOLDER, "github")).map((file): [string, string] => [
    file,
    readFileSync(join(FOLDER, "github", file), "utf8"),
]);
const gitlab = readFileSync(join(FOLDER, "gitlab/quai.gitlab-ci.yml"), "utf8");

function scripts(): [string, string][] {
    const actions = github.flatMap(([file, text]) =>
        Object.values((parse(text) as GitHub).jobs).flatMap(({ steps }) =>
            steps.flatMap(({ name = "", run }): [string, string][] => (run === undefined ? [] : [[`${file}: ${name}`, run]])),
        ),
    );
    const jobs = Object.entries(parse(gitlab) as Record<string, { script?: string[] } | null>);
    return [
        ...actions,
        ...jobs.flatMap(([name, job]): [string, string][] =>
            job?.script === undefined ? [] : [[`gitlab: ${name}`, job.script.join("\n")]],
        ),
    ];
}

/** Runs a script as the runner does, in a folder where ./quai ends as it is told; `node` is this one. */
function execute(script: string, quaiCode: number, variables: Readonly<Record<string, string>>) {
    const folder = mkdtempSync(join(tmpdir(), "quai-workflow-"));
    writeFileSync(join(folder, "quai"), `#!/bin/sh\necho "$@" >> calls\necho "report of $2"\nexit ${quaiCode}\n`, { mode: 0o755 });
    const env = {
        PATH: process.env["PATH"],
        STACK: "prod",
        GITHUB_OUTPUT: join(folder, "output"),
        GITHUB_STEP_SUMMARY: join(folder, "summary"),
        ...variables,
    };
    const { status } = spawnSync("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", script], {
        cwd: folder,
        env,
        encoding: "utf8",
    });
    const text = (file: string) => (existsSync(join(folder, file)) ? readFileSync(join(folder, file), "utf8") : "");
    const result = { status, calls: text("calls").trim().split("\n"), output: text("output"), summary: text("summary") };
    rmSync(folder, { recursive: true });
    return result;
}

const step = (name: string) => scripts().find(([each]) => each === name)?.[1] ?? "";

describe("R106: workflows to copy", () => {
    test.each(scripts())("%s: a shell can read it, and the program takes every line", (_, script) => {
        const checked = spawnSync("bash", ["-n"], { input: script, encoding: "utf8" });
        expect([checked.status, checked.stderr]).toEqual([0, ""]);
        const lines = [...script.matchAll(/\.\/quai [^|;>]*/g)].map(([line]) => line.replaceAll(/"?\$STACK"?/g, "prod").trim());
        expect(lines.map((line) => wrongCommand(createProgram(), line)).filter((problem) => problem !== undefined)).toEqual([]);
        const programs = [...script.matchAll(/node (\S+\.mjs)/g)].map(([, path]) => path ?? "");
        expect(programs.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    });

    test.each(github)("%s: least rights, one at a time, an end, and no secret in a script", (_, text) => {
        const workflow = parse(text) as GitHub;
        expect(workflow.permissions["contents"]).toBe("read");
        expect(workflow.concurrency.group).not.toBe("");
        for (const job of Object.values(workflow.jobs)) {
            expect(job["timeout-minutes"]).toBeLessThanOrEqual(60);
            for (const { run, uses } of job.steps) {
                // What a pull request can choose must not become part of a script.
                expect(run ?? "").not.toMatch(/\$\{\{/);
                expect(uses ?? "actions/x@v4").toMatch(/^actions\/[a-z-]+@v\d+$/);
            }
        }
    });

    test("a pull request of a fork runs nothing that has secrets", () => {
        const text = github.find(([file]) => file === "preview.yml")?.[1] ?? "";
        const { preview, fork } = (parse(text) as { jobs: Record<string, { if: string; permissions?: object }> }).jobs;
        expect(preview?.if).toBe("github.event.pull_request.head.repo.full_name == github.repository");
        expect(fork?.if).toBe("github.event.pull_request.head.repo.full_name != github.repository");
        expect(fork?.permissions).toEqual({ contents: "read" });
        expect(JSON.stringify(fork)).not.toMatch(/secrets\.|vars\.|github\.token/);
        expect(gitlab).toContain("$CI_MERGE_REQUEST_SOURCE_PROJECT_PATH == $CI_PROJECT_PATH");
        expect(github.map(([, each]) => each).join("\n")).not.toContain("pull_request_target");
    });

    test.each([
        [0, 0],
        [2, 0],
        [3, 1],
        [1, 1],
    ])("a preview of a fork that ends with %s: the report is the summary, the job ends with %s", (code, expected) => {
        const { status, calls, summary } = execute(step("preview.yml: Preview of a fork"), code, {});
        expect([status, calls, summary.trim()]).toEqual([expected, ["preview prod --fork --markdown"], "report of prod"]);
    });

    test.each([
        [0, undefined, 0],
        [2, undefined, 0],
        [3, "false", 1],
        [3, "true", 0],
        [1, undefined, 1],
    ])("a preview that ends with %s (accepted: %s): the job ends with %s", (code, accepted, expected) => {
        const preview = execute(step("preview.yml: Preview"), code, {});
        expect([preview.status, preview.output.trim(), preview.summary.trim()]).toEqual([0, `code=${code}`, "report of prod"]);
        expect(preview.calls).toEqual(["preview prod --offline --markdown --save plan.json"]);
        expect(execute(step("preview.yml: Judge"), 0, { CODE: String(code), ACCEPTED: accepted ?? "" }).status).toBe(expected);
    });

    test.each([
        [0, 0],
        [2, 0],
        [3, 1],
        [1, 1],
    ])("a plan that ends with %s: nothing is applied but what is safe", (code, expected) => {
        expect(execute(step("apply.yml: Plan"), code, {}).status).toBe(expected);
        const gitlabJob = execute(step("gitlab: .apply"), code, {});
        expect(gitlabJob.calls.includes("up prod --yes --plan plan.json")).toBe(expected === 0);
    });

    test("drift is looked for, and its code handed on", () => {
        const result = execute(step("drift.yml: Look"), 3, {});
        expect([result.status, result.output.trim(), result.calls]).toEqual([0, "code=3", ["drift prod --markdown"]]);
        expect(execute(step("gitlab: drift"), 2, {}).status).toBe(2);
    });
});
