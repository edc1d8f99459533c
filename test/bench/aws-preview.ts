/**
 * What a preview of BDD Bot's production costs with nothing to do, against that of an empty program, in turn in one run; and how many resources it
 * is made of. The engine is the real one, the aws plugin the one that makes nothing:
 *
 *     node -r ./tools/engine/typescript.cjs test/bench/aws-preview.ts [rounds]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bddbot } from "../contract/support/bddbot";
import { Rehearsal } from "../e2e/aws/rehearsal";
import { emptyPreview, FLAGS } from "./empty-program";
import { conditions, inTurn, median, range, run, seconds, table } from "./measure";

const STACK = "bddbot-production";

async function main(rounds: number): Promise<void> {
    const before = conditions();
    const scratch = mkdtempSync(join(tmpdir(), "quai-bench-"));
    const aws = await Rehearsal.open(STACK, bddbot("production"));
    try {
        await aws.must("up", "--yes", "--skip-preview");
        const resources = await aws.resources();
        const made = resources.filter(({ type }) => type.startsWith("aws:")).length;
        const { pulumi, env, checkout } = aws.engine;
        const whole = { cwd: checkout, env: { ...env, QUAI_AWS_REHEARSAL: "1" } };
        const found = inTurn(
            {
                "preview, empty program, as usual": emptyPreview(aws.engine, scratch, "as usual"),
                "preview, empty program, transpiled": emptyPreview(aws.engine, scratch, "transpiled"),
                [`preview, ${STACK}`]: () =>
                    seconds(() => run(pulumi, ["preview", "--stack", STACK, "--expect-no-changes", ...FLAGS], whole)),
            },
            rounds,
        );
        const base = median(Object.values(found)[0] ?? []);
        console.log(before);
        console.log(`${resources.length} resources, ${made} of them in AWS`);
        console.log(
            table(
                ["what", "median, s", "from … to, s", "ratio"],
                Object.entries(found).map(([name, values]) => [
                    name,
                    median(values).toFixed(2),
                    range(values),
                    (median(values) / base).toFixed(2),
                ]),
            ),
        );
    } finally {
        aws.close();
        rmSync(scratch, { recursive: true, force: true });
    }
}

main(Number(process.argv[2] ?? "5")).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
});
