import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createProgram } from "../../../tools/cli/main";
import { wrongCommand } from "../docs/commands";
import { github, gitlab, gitlabJobs, gitlabScript, ROOT, scripts, workflow } from "./scripts";

/** Runs a script as the runner does, in a folder where ./quai ends as it is told; `node` is this one. */
function execute(script: string, quaiCode: number, variables: Readonly<Record<string, string>>) {
    const folder = mkdtempSync(join(tmpdir(), "quai-workflow-"));
    writeFileSync(join(folder, "quai"), `#!/bin/sh\necho "$@" >> calls\necho "report of $2"\nexit ${quaiCode}\n`, { mode: 0o755 });
    const env = {
        PATH: process.env["PATH"],
        STACK: "prod",
        GITHUB_OUTPUT: join(folder, "output"),
        GITHUB_STEP_SUMMARY: join(folder, "summary"),
        GITHUB_ENV: join(folder, "environment"),
        ...variables,
    };
    const { status, stdout } = spawnSync("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", script], {
        cwd: folder,
        env,
        encoding: "utf8",
    });
    const text = (file: string) => (existsSync(join(folder, file)) ? readFileSync(join(folder, file), "utf8") : "");
    const outputs = text("output").trim();
    const result = { status, calls: text("calls").trim().split("\n"), output: stdout.trim(), outputs, summary: text("summary") };
    rmSync(folder, { recursive: true });
    return result;
}

const step = (name: string) => scripts().find(([each]) => each === name)?.[1] ?? "";

describe("R106: workflows to copy", () => {
    test.each(scripts())("%s: a shell can read it, and the program takes every line", (_, script) => {
        const checked = spawnSync("bash", ["-n"], { input: script, encoding: "utf8" });
        expect([checked.status, checked.stderr]).toEqual([0, ""]);
        const lines = [...script.matchAll(/\.\/quai [^|;>]*/g)].map(([line]) =>
            line.replaceAll(/"?\$(STACK|COMMIT|CI_COMMIT_SHA)"?/g, "prod").trim(),
        );
        expect(lines.map((line) => wrongCommand(createProgram(), line)).filter((problem) => problem !== undefined)).toEqual([]);
        const programs = [...script.matchAll(/node (\S+\.mjs)/g)].map(([, path]) => path ?? "");
        expect(programs.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    });

    test.each(github)("%s: least rights, one at a time, an end, and no secret in a script", (file) => {
        const { permissions, concurrency, jobs } = workflow(file);
        expect(permissions["contents"]).toBe("read");
        expect(concurrency.group).not.toBe("");
        for (const job of Object.values(jobs)) {
            expect(job["timeout-minutes"]).toBeLessThanOrEqual(60);
            for (const { run, uses, with: words } of job.steps) {
                // What a pull request can choose must not become part of a script.
                expect(run ?? "").not.toMatch(/\$\{\{/);
                expect(uses ?? "actions/x@v4").toMatch(/^(actions\/[a-z-]+|aws-actions\/configure-aws-credentials|pulumi\/actions)@v\d+$/);
                // The token of the checkout doesn't stay on the disk.
                if (uses?.startsWith("actions/checkout@") === true) expect(words?.["persist-credentials"]).toBe(false);
            }
        }
    });

    test("an update is never cut short, and one waits for the other; a preview that is out of date ends", () => {
        expect(workflow("apply.yml").concurrency).toMatchObject({ "cancel-in-progress": false });
        expect(workflow("apply.yml").concurrency.group).toContain("'prod' || 'staging'");
        expect(workflow("preview.yml").concurrency["cancel-in-progress"]).toBe(true);
        const updates = Object.values(gitlabJobs).filter(({ stage, script }) => stage === "apply" && script !== undefined);
        expect(updates.map((job) => job.resource_group)).toEqual(updates.map(() => "$STACK"));
    });

    test("packages, engine and plugins are kept from run to run; a fork's job keeps nothing", () => {
        const kept = (file: string, job: string) =>
            (workflow(file).jobs[job]?.steps ?? []).flatMap(({ uses = "", with: words }) =>
                uses.startsWith("actions/cache@") ? [words?.["path"]] : (words?.["cache"] ?? []),
            );
        for (const [file, job] of [
            ["preview.yml", "preview"],
            ["apply.yml", "plan"],
            ["apply.yml", "apply"],
            ["drift.yml", "drift"],
        ] as const) {
            expect([file, job, kept(file, job)]).toEqual([file, job, ["npm", "~/.cache/quai"]]);
        }
        for (const job of ["plan", "apply"]) expect(kept("aws.yml", job)).toEqual(["npm"]);
        expect(kept("preview.yml", "fork")).toEqual([]);
        const words = gitlab.map(([, text]) => /paths: (\[[^\]]*\.npm\])/.exec(text)?.[1]);
        expect(words).toEqual(["[.npm]", "[.cache/quai, .npm]"]);
    });

    test("production waits for an approval, after the plan that the approver reads; only then is the key there", () => {
        const { plan, apply } = workflow("apply.yml").jobs;
        expect([apply?.needs, apply?.environment, plan?.environment]).toEqual(["plan", expect.stringContaining("production"), undefined]);
        expect(JSON.stringify(plan)).not.toContain("SSH_KEY");
    });

    test("AWS is entered by a role that the run is vouched for, and by no key that is kept", () => {
        for (const [, text] of [...github, ...gitlab]) expect(text).not.toMatch(/AWS_SECRET_ACCESS_KEY|AWS_ACCESS_KEY_ID/);
        for (const file of ["preview.yml", "apply.yml", "drift.yml", "aws.yml"]) {
            const { permissions, jobs } = workflow(file);
            for (const job of Object.values(jobs).filter(({ steps }) => steps.some(({ uses }) => uses?.startsWith("aws-actions/")))) {
                expect((job.permissions ?? permissions)["id-token"]).toBe("write");
            }
        }
        const role = "arn:aws:iam::1:role/x";
        const shown = `stat -c %a "$AWS_WEB_IDENTITY_TOKEN_FILE"; cat "$AWS_WEB_IDENTITY_TOKEN_FILE"; echo " $AWS_ROLE_ARN"`;
        for (const [name, variables] of [
            ["preview", { AWS_ROLE_ARN: role }],
            ["aws plan", { ROLE: role }],
        ] as const) {
            const before = (gitlabJobs[name]?.before_script ?? []).flat().join("\n");
            const { status, output } = execute(`npm() { :; }\n${before}\n${shown}`, 0, { ...variables, AWS_TOKEN: "token" });
            expect([name, status, output]).toEqual([name, 0, `600\ntoken ${role}`]);
        }
        // Without a role nothing is tried.
        expect(execute(gitlabScript("aws plan"), 0, { AWS_TOKEN: "token", ROLE: "" })).toMatchObject({ status: 1, calls: [""] });
    });

    test("a pull request of a fork runs nothing that has secrets", () => {
        const { preview, fork } = workflow("preview.yml").jobs;
        expect(preview?.if).toBe("github.event.pull_request.head.repo.full_name == github.repository");
        expect(fork?.if).toBe("github.event.pull_request.head.repo.full_name != github.repository");
        expect(fork?.permissions).toEqual({ contents: "read" });
        expect(JSON.stringify(fork)).not.toMatch(/secrets\.|vars\.|github\.token/);
        expect(gitlabScript("fork")).not.toMatch(/SSH_KEY|AWS_|TOKEN|note\.mjs/);
        expect(github.map(([, each]) => each).join("\n")).not.toContain("pull_request_target");
    });

    test.each([
        [0, 0],
        [2, 0],
        [3, 0],
        [1, 1],
    ])("a preview of a fork that ends with %s: the report is the summary, the job ends with %s", (code, expected) => {
        const { status, calls, summary } = execute(step("preview.yml: fork: Preview of a fork"), code, {});
        expect([status, calls, summary.trim()]).toEqual([expected, ["preview prod --fork --markdown"], "report of prod"]);
        const gitlabJob = execute(gitlabScript("fork"), code, {});
        expect([gitlabJob.status, gitlabJob.calls, gitlabJob.output]).toEqual([expected, calls, "report of prod"]);
    });

    test.each([
        [0, undefined, 0],
        [2, undefined, 0],
        [3, "false", 1],
        [3, "true", 0],
        [1, undefined, 1],
    ])("a preview that ends with %s (accepted: %s): the job ends with %s", (code, accepted, expected) => {
        const preview = execute(step("preview.yml: preview: Preview"), code, {});
        expect([preview.status, preview.outputs, preview.summary.trim()]).toEqual([0, `code=${code}`, "report of prod"]);
        expect(preview.calls).toEqual(["preview prod --offline --markdown --save plan.json"]);
        expect(execute(step("preview.yml: preview: Judge"), 0, { CODE: String(code), ACCEPTED: accepted ?? "" }).status).toBe(expected);
        const labels = accepted === "true" ? "urgent,data-loss-accepted" : "urgent,no-data-loss-accepted-yet";
        for (const job of ["preview", "aws preview"]) {
            const stands = `node() { echo "node $*" >> calls; }; npm() { :; }; pulumi() { :; }\n`;
            const variables = { CI_MERGE_REQUEST_IID: "9", CI_MERGE_REQUEST_LABELS: labels, ROLE: "x", AWS_TOKEN: "x" };
            const ended = execute(stands + gitlabScript(job), code, variables);
            expect([job, ended.status, ended.calls.at(-1)]).toEqual([job, expected, "node examples/workflows/note.mjs 9 report.md"]);
        }
    });

    test.each([
        [0, 0],
        [2, 0],
        [3, 1],
        [1, 1],
    ])("a plan that ends with %s: nothing is applied but what is safe", (code, expected) => {
        const { status, calls } = execute(step("apply.yml: plan: Plan"), code, {});
        expect([status, calls]).toEqual([expected, ["preview prod --offline --markdown --save plan.json"]]);
        const gitlabJob = execute(gitlabScript(".plan"), code, { CI_PIPELINE_SOURCE: "web", CI_COMMIT_BRANCH: "develop" });
        expect([gitlabJob.status, gitlabJob.calls]).toEqual([expected, calls]);
    });

    test.each([
        [2, 0],
        [3, 1],
        [1, 1],
    ])("a stack on AWS whose preview ends with %s: the report is made of pulumi's events; the job ends with %s", (code, expected) => {
        const stands = `npm() { :; }; pulumi() { echo "pulumi $*" >> calls; return 1; }\n`;
        const made = [
            "pulumi preview --stack prod --json --save-plan plan.json",
            "preview prod --from preview.jsonl --save reviewed.json --markdown",
        ];
        const { status, calls, outputs, summary } = execute(stands + step("aws.yml: plan: Preview"), code, {});
        expect([status, outputs, summary.trim(), calls]).toEqual([0, `code=${code}`, "report of prod", made]);
        expect(execute(step("aws.yml: plan: Judge"), 0, { CODE: String(code), ACCEPTED: "false" }).status).toBe(expected);
        const role = { ROLE: "x", AWS_TOKEN: "x" };
        const gitlabJob = execute(stands + gitlabScript("aws plan"), code, role);
        expect([gitlabJob.status, gitlabJob.calls, gitlabJob.output]).toEqual([expected, made, "report of prod"]);
        const well = stands.replace("return 1", "return 0");
        const compared = ["pulumi preview --stack prod --json", "preview prod --from now.jsonl --plan reviewed.json"];
        const update = [...compared, "pulumi up --stack prod --yes --skip-preview --plan plan.json --message 1a2b"];
        expect(execute(well + step("aws.yml: apply: Apply"), 0, { COMMIT: "1a2b" })).toMatchObject({ status: 0, calls: update });
        expect(execute(well + gitlabScript("aws apply"), 0, { ...role, CI_COMMIT_SHA: "1a2b" })).toMatchObject({
            status: 0,
            calls: update,
        });
        const moved = { status: 1, calls: compared };
        expect(execute(well + step("aws.yml: apply: Apply"), 1, { COMMIT: "1a2b" })).toMatchObject(moved);
        expect(execute(well + gitlabScript("aws apply"), 1, { ...role, CI_COMMIT_SHA: "1a2b" })).toMatchObject(moved);
    });

    test("what is applied is the plan, and nothing else", () => {
        const expected = ["up prod --yes --plan plan.json --message 1a2b"];
        expect(execute(step("apply.yml: apply: Apply"), 0, { COMMIT: "1a2b" })).toMatchObject({ status: 0, calls: expected });
        expect(execute(gitlabScript(".apply"), 0, { CI_COMMIT_SHA: "1a2b" })).toMatchObject({ status: 0, calls: expected });
    });

    test("a key goes to an agent and to no file, and the agent goes with the job", () => {
        const made = mkdtempSync(join(tmpdir(), "quai-key-"));
        spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(made, "key")]);
        const key = readFileSync(join(made, "key"), "utf8");
        const shown = ". ./environment; export SSH_AUTH_SOCK SSH_AGENT_PID; ssh-add -l; ls";
        const { status, output } = execute(
            `${step("apply.yml: apply: SSH key")}\n${shown}\n${step("apply.yml: apply: The key goes")}\nssh-add -l || true`,
            0,
            {
                SSH_KEY: key.trimEnd(),
            },
        );
        expect([status, output]).toEqual([
            0,
            expect.stringMatching(/ED25519\)\nenvironment\nquai\nCould not open|ED25519\)\nenvironment\nquai$/),
        ]);
        const file = execute(`apt-get() { :; }\n${gitlabScript(".apply")}\nssh-add -l; ssh-agent -k >/dev/null; ls "$SSH_KEY" || true`, 0, {
            SSH_KEY: join(made, "key"),
            CI_COMMIT_SHA: "1a2b",
        });
        expect([file.status, file.output]).toEqual([0, expect.stringMatching(/ED25519\)$/)]);
        expect(existsSync(join(made, "key"))).toBe(false);
        expect(execute(step("apply.yml: apply: SSH key"), 0, { SSH_KEY: "" }).status).toBe(0);
        rmSync(made, { recursive: true });
    });

    test("drift is looked for, and its code handed on", () => {
        const result = execute(step("drift.yml: drift: Look"), 3, {});
        expect([result.status, result.outputs, result.calls]).toEqual([0, "code=3", ["drift prod --markdown"]]);
        const { status, calls } = execute(`node() { echo "node $*" >> calls; }\n${gitlabScript("drift")}`, 2, {});
        expect([status, calls]).toEqual([
            2,
            ["drift prod --markdown", "node examples/workflows/issue-gitlab.mjs Drift of prod drift.md 2"],
        ]);
    });
});
