import { join } from "node:path";
import {
    areasOf,
    chooseAreas,
    failuresOf,
    hasTime,
    inTurn,
    notesOf,
    parseJobs,
    parseMinutes,
    sum,
    summary,
    tallyOf,
} from "../../../tools/cli/commands/test";
import { checkoutRoot } from "../../../tools/engine/versions";

const areas = areasOf({
    projects: [
        { displayName: "unit", testMatch: ["<rootDir>/test/unit/**/*.test.ts"] },
        { displayName: "offline", testMatch: ["<rootDir>/test/offline/**/*.test.ts"] },
        { displayName: "foundation", testMatch: ["<rootDir>/test/e2e/foundation/**/*.test.ts"] },
    ],
});
const result = { numPassedTests: 3, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, numRuntimeErrorTestSuites: 0, testResults: [] };

describe("quai test", () => {
    it("has the checks and jest's projects as areas", () => {
        expect(areas.map(({ name, endToEnd, needsEngine }) => [name, endToEnd, needsEngine])).toEqual([
            ["typecheck", false, false],
            ["lint", false, false],
            ["unit", false, false],
            ["offline", false, true],
            ["foundation", true, true],
        ]);
    });

    it("runs all areas, or those named in their own order", () => {
        expect(chooseAreas(areas, [])).toBe(areas);
        expect(chooseAreas(areas, ["foundation", "lint"]).map(({ name }) => name)).toEqual(["lint", "foundation"]);
    });

    it("names the areas when asked for another", () => {
        const message = 'test: there\'s no area "e2e", "x"; the areas are typecheck, lint, unit, offline, foundation';
        expect(() => chooseAreas(areas, ["unit", "e2e", "x"])).toThrow(message);
    });

    it.each([
        ["all pass", result, 0, "3 passed, 0 failed"],
        ["some fail", { ...result, numFailedTests: 2 }, 1, "3 passed, 2 failed"],
        ["a file can't run", { ...result, numRuntimeErrorTestSuites: 1 }, 1, "3 passed, 1 failed"],
        ["some are skipped or to do", { ...result, numPendingTests: 1, numTodoTests: 1 }, 0, "3 passed, 0 failed, 2 skipped"],
        ["jest ends badly though no test failed", result, 1, "3 passed, 1 failed"],
        ["jest was killed", undefined, 137, "0 passed, 1 failed"],
    ])("%s", (_, json, code, line) => expect(summary(tallyOf(json, code))).toBe(line));

    it("names what failed by file and test, a file that couldn't run by itself", () => {
        const test = (fullName: string, status: string) => ({ fullName, status });
        const file = (name: string, status: string, ...assertionResults: ReturnType<typeof test>[]) => ({
            name: join(checkoutRoot, "test", name),
            status,
            assertionResults,
        });
        const testResults = [
            file("a.test.ts", "failed", test("a first", "passed"), test("a second", "failed")),
            file("b.test.ts", "failed"),
            file("c.test.ts", "passed", test("c", "passed")),
        ];
        expect(failuresOf({ ...result, testResults })).toEqual(["test/a.test.ts › a second", "test/b.test.ts"]);
        expect(failuresOf(undefined)).toEqual([]);
    });

    it("runs areas beside each other, as many as asked for, begun in their order", async () => {
        const begun: string[] = [];
        let running = 0;
        let most = 0;
        const ends = await inTurn(["a", "b", "c", "d"], 2, async (name) => {
            begun.push(name);
            most = Math.max(most, ++running);
            await new Promise((resolve) => setTimeout(resolve, name === "a" ? 20 : 5));
            running--;
            return name;
        });
        expect(begun).toEqual(["a", "b", "c", "d"]);
        expect(most).toBe(2);
        expect(ends.sort()).toEqual(["a", "b", "c", "d"]);
    });

    it("takes a number of jobs from 1 to 9", () => {
        expect(parseJobs("2")).toBe(2);
        for (const text of ["0", "10", "two", "", "1.5"]) expect(() => parseJobs(text)).toThrow("must be a number from 1 to 9.");
    });

    it("runs an area again only if it ends in time", () => {
        expect(parseMinutes("78")).toBe(78);
        for (const text of ["0", "1000", "1.5", ""]) expect(() => parseMinutes(text)).toThrow("must be a number of minutes");
        expect([hasTime(0, 600, 78, 68 * 60_000), hasTime(0, 600, 78, 68 * 60_000 + 1), hasTime(0, 1, undefined, 0)]).toEqual([
            true,
            false,
            false,
        ]);
    });

    it("says which areas an interruption left out, and that a pattern had no test", () => {
        const ended = (at: number, tally = tallyOf(result, 0)) => ({ area: areas[at]!, tally, seconds: 1, failures: [] });
        const nothing = { passed: 0, failed: 0, skipped: 0 };
        const systems = { file: "25-mdp" };
        expect(notesOf(areas.slice(0, 2), [ended(0), ended(1)], {})).toEqual([]);
        expect(notesOf(areas, [ended(2), ended(0)], {})).toEqual(["interrupted; not begun: lint, offline, foundation"]);
        expect(notesOf(areas.slice(4), [ended(4, nothing)], systems)).toEqual([
            'no test in files that match "25-mdp"; --long adds those named .long.test.ts',
        ]);
        expect(notesOf(areas.slice(4), [ended(4)], systems)).toEqual([]);
        expect(notesOf(areas.slice(4), [ended(4, nothing)], { ...systems, long: true })).toEqual([]);
    });

    it("sums the areas up in one line", () => {
        expect(summary(sum([tallyOf(result, 0), { passed: 1, failed: 0, skipped: 0 }, tallyOf(undefined, 1)]))).toBe("4 passed, 1 failed");
    });
});
