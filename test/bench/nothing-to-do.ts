/**
 * What an update and a preview with nothing to do cost, against the preview of an empty program, in turn in one run:
 *
 *     node -r ./tools/engine/typescript.cjs test/bench/nothing-to-do.ts [stack] [rounds]
 *
 * The stack (default dev) must be deployed. Nothing is changed.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureEngine, type Engine } from "../../tools/engine";
import { emptyPreview, FLAGS, type Work } from "./empty-program";
import { childrenTime, conditions, inTurn, median, range, ROOT, run, seconds, table } from "./measure";

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
