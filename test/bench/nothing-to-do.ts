/**
 * What an update and a preview with nothing to do cost, against the preview of an empty program, in turn in one run:
 *
 *     node -r ./tools/engine/typescript.cjs test/bench/nothing-to-do.ts [stack] [rounds]
 *
 * The stack (default dev) must be deployed. Nothing is changed.
 */
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureEngine, type Engine } from "../../tools/engine";
import { childrenTime, conditions, inTurn, median, range, ROOT, run, seconds, table } from "./measure";

const FLAGS = ["--non-interactive", "--suppress-outputs", "--color", "never"];

/** An empty program in TypeScript as `pulumi new typescript` makes it: run by the language host's own ts-node, with type checks. */
function emptyProgram(folder: string, how: "as usual" | "transpiled"): void {
    writeFileSync(join(folder, "Pulumi.yaml"), "name: empty\nruntime: nodejs\n");
    writeFileSync(join(folder, "index.ts"), 'import * as pulumi from "@pulumi/pulumi";\nexport const project = pulumi.getProject();\n');
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
    const compilerOptions = { target: "es2020", module: "commonjs", moduleResolution: "node", strict: true, skipLibCheck: true };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["index.ts"] }));
    if (how === "transpiled") {
        writeFileSync(join(folder, "package.json"), '{ "name": "empty", "main": "main.cjs" }');
        writeFileSync(
            join(folder, "main.cjs"),
            `require(${JSON.stringify(join(ROOT, "tools/engine/typescript.cjs"))});\nmodule.exports = require("./index.ts");\n`,
        );
    } else {
        writeFileSync(join(folder, "package.json"), '{ "name": "empty", "main": "index.ts" }');
    }
}

type Work = () => number;

/** A program that is deployed into a state of its own, and its preview. */
function emptyPreview(engine: Engine, scratch: string, how: "as usual" | "transpiled"): Work {
    const folder = mkdtempSync(join(scratch, "empty-"));
    emptyProgram(folder, how);
    const typescript = how === "as usual" ? "true" : "false";
    const own = {
        PULUMI_NODEJS_TYPESCRIPT: typescript,
        PULUMI_BACKEND_URL: `file://${folder}`,
        PULUMI_CONFIG_PASSPHRASE: "none",
        PULUMI_CONFIG_PASSPHRASE_FILE: "",
    };
    const options = { cwd: folder, env: { ...engine.env, ...own } };
    run(engine.pulumi, ["stack", "init", "bench"], options);
    run(engine.pulumi, ["up", "--yes", "--skip-preview", "--stack", "bench", ...FLAGS], options);
    return () => seconds(() => run(engine.pulumi, ["preview", "--stack", "bench", ...FLAGS], options));
}

function quai(...args: string[]): Work {
    const options = { cwd: ROOT, env: { CI: "true", NO_COLOR: "1" }, withErrors: true };
    return () => seconds(() => unchanged(run(join(ROOT, "quai"), args, options)));
}

function worksOf(engine: Engine, scratch: string, stack: string): Record<string, Work> {
    const config = join(".quai", "stacks", `Pulumi.${stack}.yaml`);
    const bare = ["preview", "--stack", stack, "--config-file", config, "--expect-no-changes", ...FLAGS];
    // Writes the copy of the stack file that the bare preview is given, as any ./quai preview does.
    run(join(ROOT, "quai"), ["preview", stack], { cwd: ROOT, env: { CI: "true" } });
    return {
        "preview, empty program, as usual": emptyPreview(engine, scratch, "as usual"),
        "preview, empty program, transpiled": emptyPreview(engine, scratch, "transpiled"),
        [`pulumi preview, ${stack}`]: () => seconds(() => run(engine.pulumi, bare, { cwd: ROOT, env: engine.env })),
        [`./quai preview ${stack}`]: quai("preview", stack),
        [`./quai up ${stack} --yes`]: quai("up", stack, "--yes"),
    };
}

async function main(stack: string, rounds: number): Promise<void> {
    const before = conditions();
    const scratch = mkdtempSync(join(tmpdir(), "quai-bench-"));
    try {
        const works = worksOf(await ensureEngine(), scratch, stack);
        const costs = new Map(Object.keys(works).map((name): [string, number[]] => [name, []]));
        const counted = ([name, work]: [string, Work]): [string, Work] => {
            const both = (): number => {
                const used = childrenTime();
                const time = work();
                costs.get(name)?.push(childrenTime() - used);
                return time;
            };
            return [name, both];
        };
        const found = inTurn(Object.fromEntries(Object.entries(works).map(counted)), rounds);
        const cost = (name: string): number => median((costs.get(name) ?? []).slice(1));
        const [first = ""] = Object.keys(works);
        const base = median(found[first] ?? []);
        const rows = Object.entries(found).map(([name, values]) => [
            ...[name, median(values).toFixed(2), range(values), (median(values) / base).toFixed(2)],
            ...[cost(name).toFixed(2), (cost(name) / cost(first)).toFixed(2)],
        ]);
        console.log(before);
        console.log(table(["what", "median, s", "from … to, s", "ratio", "processor time, s", "ratio"], rows));
    } finally {
        rmSync(scratch, { recursive: true, force: true });
    }
}

/** @throws Error when there was something to do: the figure would be another one */
function unchanged(text: string): void {
    // The engine's words, or those of the report.
    if (!/\d+ unchanged|^Nothing changes\.$/m.test(text) || /^ +[+~-] ?\d+ |\d+ changes/m.test(text))
        throw new Error(`something was changed, so this measures nothing:\n${text}`);
}

const [stack = "dev", rounds = "5"] = process.argv.slice(2);
main(stack, Number(rounds)).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
});
