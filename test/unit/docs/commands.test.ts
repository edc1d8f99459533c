import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { areasOf } from "../../../tools/cli/commands/test";
import { createProgram } from "../../../tools/cli/main";
import { wrongCommand } from "./commands";
import { commandLines, documents, parse, ROOT } from "./documents";

const all = documents();
const quaiLines = (document: (typeof all)[number]) => commandLines(document).filter((line) => /^\.\/quai\s+\S/.test(line));
const areas = areasOf(createRequire(__filename)(join(ROOT, "jest.config.cjs")) as unknown).map(({ name }) => name);

describe("commands that documents show", () => {
    test("the check finds what is wrong", () => {
        const program = createProgram();
        expect(wrongCommand(program, "./quai up dev --yes")).toBeUndefined();
        expect(wrongCommand(program, "./quai restore --stack dev <id> --only files")).toBeUndefined();
        expect(wrongCommand(program, "./quai uo")).toBe("quai has no command uo");
        expect(wrongCommand(program, "./quai up --force")).toBe("up has no option --force");
        expect(wrongCommand(program, "./quai backup delete")).toBe("backup has no command delete");
        expect(wrongCommand(program, "./quai status dev prod")).toBe("status takes 1 arguments, not dev prod");
    });

    test("the check sees commands in text and in blocks", () => {
        const found = commandLines(
            parse("x.md", "Say `./quai up`.\n\n```sh\nA=1 true && ./quai down # stops\n./quai status > file\n```\n"),
        );
        expect(found).toEqual(["./quai up", "A=1 true", "./quai down", "./quai status"]);
    });

    test.each(all.map((document) => [document.path, document] as const))("%s: the program takes each of them", (_, document) => {
        const wrong = quaiLines(document).flatMap((line) => {
            const problem = wrongCommand(createProgram(), line);
            return problem === undefined ? [] : [`${line}: ${problem}`];
        });
        expect(wrong).toEqual([]);
    });

    test("areas of tests that they name exist", () => {
        const named = all.flatMap(quaiLines).filter((line) => line.startsWith("./quai test"));
        const words = named.flatMap((line) =>
            line
                .replace(/\s--?[a-z-]+ \S+/g, "")
                .split(/\s+/)
                .slice(2),
        );
        expect(named.length).toBeGreaterThan(3);
        expect(words.filter((word) => /^[a-z]+$/.test(word) && !areas.includes(word))).toEqual([]);
    });

    test("CONTRIBUTING.md tells of every area", () => {
        const contributing = all.find(({ path }) => path === "CONTRIBUTING.md");
        const rows = [...(contributing?.prose ?? "").matchAll(/^\| `([a-z]+)` \|/gm)].map(([, name]) => name);
        expect(rows).toEqual(areas);
    });

    test("README.md tells of every command", () => {
        const readme = all.find(({ path }) => path === "README.md");
        const shown = new Set((readme === undefined ? [] : quaiLines(readme)).map((line) => line.split(/\s+/)[1]));
        expect(
            createProgram()
                .commands.map((command) => command.name())
                .filter((name) => !shown.has(name)),
        ).toEqual([]);
    });

    test("npm scripts that they name exist", () => {
        const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: Record<string, string> };
        const named = all.flatMap(commandLines).flatMap((line) => /^npm run (\S+)/.exec(line)?.[1] ?? []);
        expect(named.length).toBeGreaterThan(0);
        expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
    });
});
