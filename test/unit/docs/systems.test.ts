import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSettings } from "../../../infra/settings";
import { applications, presetOf } from "../../../stacks/catalogue";
import { withoutSecrets } from "../../../infra/settings/without-secrets";
import { readStackFile, stackNames } from "../../../tools/cli/stack/stack-file";
import { ROOT } from "./documents";

const systems = applications.filter((name) => presetOf(name) !== undefined);
const SECRET = "a-value-for-tests-only-0123456789abcdefghijklmnop";

describe("the systems' pages and stack files", () => {
    test.each(systems)("%s: the page has every variable, route, secret and job of the stack", (name) => {
        const page = readFileSync(join(ROOT, `docs/systems/${name}.md`), "utf8");
        const description = presetOf(name)?.application as {
            services: Record<string, { env?: Record<string, unknown> }>;
            routes: { path?: string }[];
            secrets: Record<string, unknown>;
            jobs: Record<string, unknown>;
        };
        const variables = Object.values(description.services).flatMap(({ env = {} }) => Object.keys(env));
        const names = [
            ...variables,
            ...description.routes.map(({ path = "/" }) => path),
            ...Object.keys({ ...description.secrets, ...description.jobs }),
        ];
        expect(names.filter((each) => !page.includes(`\`${each}\``))).toEqual([]);
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
