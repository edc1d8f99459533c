import { runInNewContext } from "node:vm";
import { parse } from "yaml";
import { engineVersion } from "../../../tools/engine/versions";
import { gitlab, gitlabJobs, type GitlabRule } from "./scripts";

/** The little of GitLab's rules that the files use: what isn't set is null there, too. */
function holds(rule: string, variables: Readonly<Record<string, string>>): boolean {
    const script = rule
        .replace(/(\$\w+) =~ (\/[^/]+\/)/g, "($1 != null && $2.test($1))")
        .replace(/\$(\w+)/g, (_, name: string) => JSON.stringify(variables[name] ?? null));
    return runInNewContext(script) === true;
}

/** Jobs of a pipeline, each with how it starts where that isn't by itself, and its stack. */
function pipeline(variables: Readonly<Record<string, string>>): string[] {
    const starts = (rules: readonly GitlabRule[]) => rules.find((rule) => holds(rule.if, variables));
    return Object.entries(gitlabJobs)
        .filter(([name]) => !name.startsWith("."))
        .flatMap(([name, { rules, variables: own }]) => {
            const rule = starts(rules ?? []);
            const stack = rule?.variables?.["STACK"] ?? own?.["STACK"] ?? "?";
            return rule === undefined ? [] : [`${name} (${stack})${rule.when === undefined ? "" : `, ${rule.when}`}`];
        });
}

const request = (more: Readonly<Record<string, string>>) => ({
    CI_PIPELINE_SOURCE: "merge_request_event",
    CI_MERGE_REQUEST_PROJECT_PATH: "acme/shop",
    CI_MERGE_REQUEST_SOURCE_PROJECT_PATH: "acme/shop",
    CI_MERGE_REQUEST_TARGET_BRANCH_NAME: "main",
    ...more,
});

describe("R106: pipelines of GitLab", () => {
    test.each([
        ["a merge request", request({}), ["aws preview (bddbot-production)", "preview (prod)"]],
        [
            "a merge request into develop",
            request({ CI_MERGE_REQUEST_TARGET_BRANCH_NAME: "develop" }),
            ["aws preview (bddbot-production)", "preview (staging)"],
        ],
        ["a merge request of a fork", request({ CI_MERGE_REQUEST_SOURCE_PROJECT_PATH: "somebody/shop" }), ["fork (prod)"]],
        ["a push to develop", { CI_PIPELINE_SOURCE: "push", CI_COMMIT_BRANCH: "develop" }, ["staging (staging)", "staging plan (staging)"]],
        [
            "a new pipeline by hand",
            { CI_PIPELINE_SOURCE: "web", CI_COMMIT_BRANCH: "develop" },
            ["staging (staging)", "staging plan (staging)"],
        ],
        ["a push to another branch", { CI_PIPELINE_SOURCE: "push", CI_COMMIT_BRANCH: "v-next" }, []],
        [
            "a tag",
            { CI_PIPELINE_SOURCE: "push", CI_COMMIT_TAG: "v1.2.0" },
            [
                "aws apply (bddbot-production), manual",
                "aws plan (bddbot-production)",
                "production (prod), manual",
                "production plan (prod)",
            ],
        ],
        ["another tag", { CI_PIPELINE_SOURCE: "push", CI_COMMIT_TAG: "try-v1" }, []],
        ["the schedule", { CI_PIPELINE_SOURCE: "schedule", CI_COMMIT_BRANCH: "develop" }, ["drift (prod)"]],
    ])("%s: which jobs run, on which stack", (_, variables, expected) => {
        expect(pipeline(variables).sort()).toEqual(expected);
    });

    test("nothing is misspelt: words, stages, and jobs that others wait for; both files can be included together", () => {
        const words = ["stage", "image", "cache", "variables", "timeout", "id_tokens", "before_script", "script", "rules", "interruptible"];
        const known = new Set([...words, "artifacts", "extends", "needs", "environment", "resource_group"]);
        const stages = gitlab.map(([, text]) => (parse(text) as { stages: readonly string[] }).stages);
        expect(new Set(stages.map((each) => each.join())).size).toBe(1);
        for (const [name, job] of Object.entries(gitlabJobs)) {
            expect([name, Object.keys(job).filter((word) => !known.has(word))]).toEqual([name, []]);
            if (name.startsWith(".")) continue;
            expect([name, stages[0]]).toEqual([name, expect.arrayContaining([job.stage])]);
            // A job that waits for another that isn't in the pipeline makes GitLab refuse all of it.
            for (const before of job.needs ?? [])
                expect([name, gitlabJobs[before]?.rules?.map((rule) => rule.if)]).toEqual([name, job.rules?.map((rule) => rule.if)]);
        }
        const all = gitlab.flatMap(([, text]) => Object.keys(parse(text) as object)).filter((word) => word !== "stages");
        expect(all.filter((word, i) => all.indexOf(word) < i)).toEqual([]);
    });

    test("production waits for somebody, in an environment that can be protected; pulumi is of the version that is tested", () => {
        for (const name of ["production", "aws apply"]) expect([name, gitlabJobs[name]?.environment]).toEqual([name, "production"]);
        expect(gitlabJobs["aws plan"]?.image).toMatchObject({ name: `pulumi/pulumi-nodejs-22:${engineVersion}` });
    });
});
