import { InvalidArgumentError, type Command } from "commander";
import { readFileSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
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

/** What running an area came to: the counts, and the tests that failed, each as `file › test`. */
export interface Outcome {
    readonly area: Area;
    readonly tally: Tally;
    readonly seconds: number;
    readonly failures: readonly string[];
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
    testResults: z.array(
        z.object({
            name: z.string(),
            status: z.string(),
            assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
        }),
    ),
});

/** Counts of one jest run. A file that couldn't run at all is one failure; so is a run that left no result or ended badly without a failed test. */
export function tallyOf(result: unknown, exitCode: number): Tally {
    const parsed = jestResult.safeParse(result);
    if (!parsed.success) return { passed: 0, failed: 1, skipped: 0 };
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numRuntimeErrorTestSuites } = parsed.data;
    const failed = numFailedTests + numRuntimeErrorTestSuites;
    return { passed: numPassedTests, failed: failed === 0 && exitCode !== 0 ? 1 : failed, skipped: numPendingTests + numTodoTests };
}

/** The tests that failed in one jest run, each as `file › test`; a file that couldn't run is named by itself. */
export function failuresOf(result: unknown): string[] {
    const parsed = jestResult.safeParse(result);
    if (!parsed.success) return [];
    return parsed.data.testResults.flatMap(({ name, status, assertionResults }) => {
        const file = relative(checkoutRoot, name);
        const failed = assertionResults.filter((each) => each.status === "failed").map(({ fullName }) => `${file} › ${fullName}`);
        return failed.length === 0 && status === "failed" ? [file] : failed;
    });
}

export function sum(tallies: readonly Tally[]): Tally {
    const total = (key: keyof Tally): number => tallies.reduce((all, tally) => all + tally[key], 0);
    return { passed: total("passed"), failed: total("failed"), skipped: total("skipped") };
}

export function summary({ passed, failed, skipped }: Tally): string {
    return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

const program = (path: string): string => join(checkoutRoot, "node_modules", path);

async function runCheck(area: Area): Promise<Omit<Outcome, "seconds">> {
    const step = terminal().step(area.name);
    for (const [file, ...args] of checks[area.name] ?? []) {
        const result = await run(process.execPath, [program(file ?? ""), ...args], { cwd: checkoutRoot, signal: interruptSignal() });
        if (result.code === 0) continue;
        step.fail();
        terminal().info(`${result.stdout}${result.stderr}`.trimEnd());
        return { area, tally: { passed: 0, failed: 1, skipped: 0 }, failures: [] };
    }
    step.done();
    return { area, tally: { passed: 1, failed: 0, skipped: 0 }, failures: [] };
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
    /** Also the files named `.long.test.ts`. */
    readonly long?: boolean;
    readonly jobs: number;
    /** Minutes. */
    readonly again?: number;
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

async function runJest(area: Area, options: TestOptions): Promise<Omit<Outcome, "seconds">> {
    const out = terminal();
    // Where areas run beside each other, each line says whose it is.
    const prefix = options.jobs > 1 && area.endToEnd ? `${area.name.padEnd(10)} | ` : "";
    const folder = mkdtempSync(join(tmpdir(), "quai-test-"));
    try {
        const env = {
            ...process.env,
            ...(area.needsEngine ? await engineVariables() : {}),
            ...(options.long ? { QUAI_E2E_LONG: "1" } : {}),
        };
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
        return { area, tally: tallyOf(parsed, result.code), failures: failuresOf(parsed) };
    } catch (error) {
        out.error(`${area.name}: ${messageOf(error)}`);
        return { area, tally: { passed: 0, failed: 1, skipped: 0 }, failures: [] };
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}

async function timed(area: Area, options: TestOptions): Promise<Outcome> {
    const began = Date.now();
    const outcome = area.kind === "check" ? await runCheck(area) : await runJest(area, options);
    const seconds = Math.round((Date.now() - began) / 1000);
    terminal().info(terminal().colour("bold", `── ${area.name}: ${summary(outcome.tally)} (${seconds} s)`));
    return { ...outcome, seconds };
}

/** An end-to-end area that failed beside others, run once more by itself if there's time: its second outcome counts, its first is told. */
async function secondTry(first: Outcome, options: TestOptions, began: number): Promise<Outcome> {
    if (first.tally.failed === 0 || !first.area.endToEnd || interruptSignal().aborted) return first;
    if (!hasTime(began, first.seconds, options.again)) return first;
    terminal().info(`── ${first.area.name} once more, by itself; what failed:`);
    tell(first);
    return timed(first.area, { ...options, jobs: 1 });
}

/** Whether something that takes so many seconds ends before so many minutes have passed. */
export function hasTime(began: number, seconds: number, minutes: number | undefined, now = Date.now()): boolean {
    return minutes !== undefined && (now - began) / 1000 + seconds <= minutes * 60;
}

function tell({ area, failures }: Outcome): void {
    for (const failure of failures.length > 0 ? failures : ["see above"]) terminal().info(`   ${area.name}: ${failure}`);
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

export function parseMinutes(text: string): number {
    if (!/^[1-9]\d{0,2}$/.test(text)) throw new InvalidArgumentError("must be a number of minutes from 1 to 999.");
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
    const began = Date.now();
    const runAll = (endToEnd: boolean, jobs: number): Promise<Outcome[]> => {
        const areas = chosen.filter((area) => area.endToEnd === endToEnd);
        return inTurn(areas, jobs, (area) => timed(area, options));
    };
    const first = [...(await runAll(false, 1)), ...(await runAll(true, options.jobs))];
    const last: Outcome[] = [];
    for (const outcome of first) last.push(await secondTry(outcome, options, began));
    for (const note of notesOf(chosen, last, options)) terminal().info(`── ${note}`);
    report(first, last);
}

/** What the counts alone would hide: areas that an interruption left out, and a pattern that no test has. */
export function notesOf(
    chosen: readonly Area[],
    outcomes: readonly Outcome[],
    { file, long }: Pick<TestOptions, "file" | "long">,
): string[] {
    const left = chosen.filter((area) => !outcomes.some((outcome) => outcome.area === area)).map(({ name }) => name);
    const { passed, failed, skipped } = sum(outcomes.map(({ tally }) => tally));
    const nothing = left.length === 0 && passed + failed + skipped === 0;
    return [
        ...(left.length > 0 ? [`interrupted; not begun: ${left.join(", ")}`] : []),
        ...(nothing && file !== undefined && !long ? [`no test in files that match "${file}"; --long adds those named .long.test.ts`] : []),
    ];
}

/** Ends with what failed by name, then one line of counts. */
function report(first: readonly Outcome[], last: readonly Outcome[]): void {
    const failed = last.filter(({ tally }) => tally.failed > 0);
    const unsteady = first.filter((outcome) => outcome.tally.failed > 0 && !failed.some(({ area }) => area === outcome.area));
    if (unsteady.length > 0) terminal().info("── failed beside other areas, passed alone:");
    unsteady.forEach(tell);
    if (failed.length > 0) terminal().info("── failed:");
    failed.forEach(tell);
    const total = sum(last.map(({ tally }) => tally));
    terminal().print(summary(total));
    if (total.failed > 0 || total.passed === 0 || interruptSignal().aborted) process.exitCode = 1;
}

export function register(program: Command): void {
    program
        .command("test")
        .helpGroup(groups.main)
        .summary("run the tests: all of them, or those of some areas")
        .description(
            "Runs the tests, or those of the areas named: checks of the code, unit tests, and tests on a real engine with real containers. --long runs every one.",
        )
        .argument("[area...]", "areas, as --list shows them")
        .option("-l, --list", "print the areas and stop")
        .option("--long", "also the long end-to-end tests, in files named .long.test.ts")
        .option("-f, --file <pattern>", "only test files whose path matches")
        .option("-j, --jobs <number>", "end-to-end areas that run beside each other: each has a stack and ports of its own", parseJobs, 1)
        .option(
            "-a, --again <minutes>",
            "run an end-to-end area that failed once more at the end, by itself, if that ends within so many minutes from the start; what failed before is named",
            parseMinutes,
        )
        .option("-t, --test-name-pattern <pattern>", "only tests whose name matches")
        .action(test);
}
