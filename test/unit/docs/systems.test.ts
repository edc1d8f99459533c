import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSettings } from "../../../infra/settings";
import { applications, presetOf } from "../../../stacks/catalogue";
import { withoutSecrets } from "../../../infra/settings/without-secrets";
import { readStackFile, stackNames } from "../../../tools/cli/stack/stack-file";
import { ROOT } from "./documents";
import { jobsOf, tablesOf } from "./system-tables";

const systems = applications.filter((name) => presetOf(name) !== undefined);
const SECRET = "a-value-for-tests-only-0123456789abcdefghijklmnop";

/** The rows below a heading, without those that name the columns. */
function tableOf(page: string, title: string): string[][] {
    const [, section = ""] = page.split(`\n## ${title}\n`);
    const lines = (section.split("\n## ")[0] ?? "").split("\n").filter((line) => line.startsWith("|"));
    return lines.slice(2).map((line) =>
        line
            .slice(1, -1)
            .split(" | ")
            .map((cell) => cell.trim()),
    );
}

describe("the systems' pages and stack files", () => {
    const pageOf = (name: string) => readFileSync(join(ROOT, `docs/systems/${name}.md`), "utf8");

    test.each(systems)("%s: the page's tables are those of its stack: services, routes, variables, secrets, schedules", (name) => {
        const page = pageOf(name);
        for (const [title, rows] of Object.entries(tablesOf(name))) {
            const written = tableOf(page, title);
            const begun = written.map((cells, row) => cells.map((cell, column) => cell.slice(0, rows[row]?.[column]?.length)));
            expect([title, begun]).toEqual([title, rows]);
        }
    });

    test.each(systems)("%s: the page names its jobs, and what is published", (name) => {
        const page = pageOf(name);
        expect(page).toContain(jobsOf(name) ?? "There are no jobs");
        expect(page).toContain("Only the proxy has ports on the host: 80 and 443, in development 8080 and 8443 on this machine alone.");
    });

    test("R36: each has a file for development and production, and what they say is right", () => {
        const files = stackNames(ROOT).filter((name) => systems.some((system) => name.startsWith(`${system}-`)));
        for (const system of systems) {
            expect(files).toEqual(expect.arrayContaining([`${system}-development`, `${system}-production`]));
        }
        const ids = files.map((stack) => {
            const config = withoutSecrets(readStackFile(ROOT, stack).content.config) as Record<string, unknown>;
            const secrets = { "quai:secrets": { registryPassword: SECRET, backupKeyId: SECRET, backupKey: SECRET } };
            return parseSettings(stack.endsWith("-development") ? config : { ...config, ...secrets }, {
                stack,
                applications,
                preset: presetOf,
            }).stackId;
        });
        expect(new Set(ids).size).toBe(files.length);
    });
});
