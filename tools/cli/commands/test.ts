import { InvalidArgumentError, type Command } from "commander";
import { readFileSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { ensureEngine, SetupError } from "../../engine";
import { prependPath } from "../../engine/paths";
import { run } from "../../engine/process";
import { messageOf } from "../../engine/types";
import { checkoutRoot } from "../../engine/versions";
import { groups } from "../help";
import { interruptSignal } from "../interrupt";
import { terminal } from "../terminal";

export interface Tally {
    readonly passed: number;
    readonly failed: number;
    readonly skipped: number;
}

/** A thing that `./quai test` runs: a project of jest.config.cjs, or a check of the whole code. */
export interface Area {
    readonly name: string;
    readonly kind: "check" | "jest";
    /** Runs real containers or a real engine: one test file at a time. */
    readonly endToEnd: boolean;
    /** The engine is set up first, and its path given in QUAI_TEST_PULUMI. */
    readonly needsEngine: boolean;
}

const jestConfig = z.object({ projects: z.array(z.object({ displayName: z.string(), testMatch: z.array(z.string()) })) });
const checks: Readonly<Record<string, readonly (readonly string[])[]>> = {
    typecheck: [["typescript/bin/tsc", "--noEmit", "-p", "."]],
    lint: [
        ["eslint/bin/eslint.js", "."],
        ["prettier/bin/prettier.cjs", "--check", "--log-level", "warn", "."],
    ],
};

/** The areas: the checks, then the projects of jest's configuration in their order. */
export function areasOf(config: unknown): Area[] {
    const { projects } = jestConfig.parse(config);
    const tests = projects.map(({ displayName, testMatch }): Area => {
        const endToEnd = testMatch.some((pattern) => pattern.includes("/test/e2e/"));
        return { name: displayName, kind: "jest", endToEnd, needsEngine: displayName !== "unit" };
    });
    return [...Object.keys(checks).map((name): Area => ({ name, kind: "check", endToEnd: false, needsEngine: false })), ...tests];
}

export function chooseAreas(all: readonly Area[], names: readonly string[]): readonly Area[] {
    if (names.length === 0) return all;
    const unknown = names.filter((name) => !all.some((area) => area.name === name));
    if (unknown.length > 0) {
        throw new SetupError(`test: there's no area "${unknown.join('", "')}"; the areas are ${all.map(({ name }) => name).join(", ")}`, 2);
    }
    return all.filter(({ name }) => names.includes(name));
}

const jestResult = z.object({
    numPassedTests: z.number(),
    numFailedTests: z.number(),
    numPendingTests: z.number(),
    numTodoTests: z.number(),
    numRuntimeErrorTestSuites: z.number(),
});

/** Counts of one jest run. A file that couldn't run at all is one failure; so is a run that left no result or ended badly without a failed test. */
export function tallyOf(result: unknown, exitCode: number): Tally {
    const parsed = jestResult.safeParse(result);
    if (!parsed.success) return { passed: 0, failed: 1, skipped: 0 };
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numRuntimeErrorTestSuites } = parsed.data;
    const failed = numFailedTests + numRuntimeErrorTestSuites;
    return { passed: numPassedTests, failed: failed === 0 && exitCode !== 0 ? 1 : failed, skipped: numPendingTests + numTodoTests };
}

export function sum(tallies: readonly Tally[]): Tally {
    const total = (key: keyof Tally): number => tallies.reduce((all, tally) => all + tally[key], 0);
    return { passed: total("passed"), failed: total("failed"), skipped: total("skipped") };
}

export function summary({ passed, failed, skipped }: Tally): string {
    return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

const program = (path: string): string => join(checkoutRoot, "node_modules", path);

async function runCheck(area: Area): Promise<Tally> {
    const step = terminal().step(area.name);
    for (const [file, ...args] of checks[area.name] ?? []) {
        const result = await run(process.execPath, [program(file ?? ""), ...args], { cwd: checkoutRoot, signal: interruptSignal() });
        if (result.code === 0) continue;
        step.fail();
        terminal().info(`${result.stdout}${result.stderr}`.trimEnd());
        return { passed: 0, failed: 1, skipped: 0 };
    }
    step.done();
    return { passed: 1, failed: 0, skipped: 0 };
}

/** Variables by which tests find the engine. Throws where there's none to be had. */
async function findEngine(): Promise<Record<string, string>> {
    const engine = await ensureEngine({ reporter: terminal(), signal: interruptSignal() });
    const path = prependPath(join(engine.languageHost, ".."), prependPath(join(engine.pulumi, ".."), process.env["PATH"]));
    return { QUAI_TEST_PULUMI: engine.pulumi, PATH: path };
}

let found: Promise<Record<string, string>> | undefined;

/** The same for all areas, looked for once. */
function engineVariables(): Promise<Record<string, string>> {
    return (found ??= findEngine());
}

interface TestOptions {
    readonly list?: boolean;
    readonly jobs: number;
    readonly file?: string;
    readonly testNamePattern?: string;
}

function jestArguments(area: Area, options: TestOptions, resultFile: string): string[] {
    const args = ["--selectProjects", area.name, "--passWithNoTests", "--json", `--outputFile=${resultFile}`];
    args.push(...(area.endToEnd ? ["--runInBand", "--forceExit"] : ["--maxWorkers=2"]));
    if (options.testNamePattern) args.push("--testNamePattern", options.testNamePattern);
    if (options.file) args.push("--testPathPatterns", options.file);
    return args;
}

async function runJest(area: Area, options: TestOptions): Promise<Tally> {
    const out = terminal();
    // Where areas run beside each other, each line says whose it is.
    const prefix = options.jobs > 1 && area.endToEnd ? `${area.name.padEnd(10)} | ` : "";
    const folder = mkdtempSync(join(tmpdir(), "quai-test-"));
    try {
        const env = { ...process.env, ...(area.needsEngine ? await engineVariables() : {}) };
        const resultFile = join(folder, "result.json");
        out.info(out.colour("bold", `── ${area.name}`));
        const result = await run(process.execPath, [program("jest/bin/jest.js"), ...jestArguments(area, options, resultFile)], {
            cwd: checkoutRoot,
            env,
            capture: false,
            signal: interruptSignal(),
            onLine: (line) => {
                if (!line.startsWith("Test results written to:")) out.info(prefix + line);
            },
        });
        let parsed: unknown;
        try {
            parsed = JSON.parse(readFileSync(resultFile, "utf8"));
        } catch {
            parsed = undefined; // Killed before its end; counted as one failure.
        }
        return tallyOf(parsed, result.code);
    } catch (error) {
        out.error(`${area.name}: ${messageOf(error)}`);
        return { passed: 0, failed: 1, skipped: 0 };
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}

async function timed(area: Area, options: TestOptions): Promise<Tally> {
    const began = Date.now();
    const tally = area.kind === "check" ? await runCheck(area) : await runJest(area, options);
    terminal().info(terminal().colour("bold", `── ${area.name}: ${summary(tally)} (${Math.round((Date.now() - began) / 1000)} s)`));
    return tally;
}

/** Does the work for each item, `jobs` at a time, begun in their order; nothing new is begun after an interruption. */
export async function inTurn<Item, Result>(items: readonly Item[], jobs: number, work: (item: Item) => Promise<Result>): Promise<Result[]> {
    const waiting = [...items];
    const results: Result[] = [];
    const worker = async (): Promise<void> => {
        for (let item = waiting.shift(); item !== undefined && !interruptSignal().aborted; item = waiting.shift()) {
            results.push(await work(item));
        }
    };
    await Promise.all(Array.from({ length: jobs }, worker));
    return results;
}

export function parseJobs(text: string): number {
    if (!/^[1-9]$/.test(text)) throw new InvalidArgumentError("must be a number from 1 to 9.");
    return Number(text);
}

async function test(names: readonly string[], options: TestOptions): Promise<void> {
    const config: unknown = createRequire(__filename)(join(checkoutRoot, "jest.config.cjs"));
    const all = areasOf(config);
    if (options.list) {
        all.forEach(({ name }) => terminal().print(name));
        return;
    }
    const chosen = chooseAreas(all, names);
    const tallies = [
        ...(await inTurn(
            chosen.filter(({ endToEnd }) => !endToEnd),
            1,
            (area) => timed(area, options),
        )),
        ...(await inTurn(
            chosen.filter(({ endToEnd }) => endToEnd),
            options.jobs,
            (area) => timed(area, options),
        )),
    ];
    const total = sum(tallies);
    terminal().print(summary(total));
    if (total.failed > 0 || total.passed === 0 || interruptSignal().aborted) process.exitCode = 1;
}

export function register(program: Command): void {
    program
        .command("test")
        .helpGroup(groups.main)
        .summary("run the tests: all of them, or those of some areas")
        .description(
            "Runs every test, or those of the areas named: checks of the code, unit tests, and tests on a real engine with real containers.",
        )
        .argument("[area...]", "areas, as --list shows them")
        .option("-l, --list", "print the areas and stop")
        .option("-f, --file <pattern>", "only test files whose path matches")
        .option("-j, --jobs <number>", "end-to-end areas that run beside each other: each has a stack and ports of its own", parseJobs, 1)
        .option("-t, --test-name-pattern <pattern>", "only tests whose name matches")
        .action(test);
}
