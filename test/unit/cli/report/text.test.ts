import { readEvents } from "../../../../tools/cli/report/engine-events";
import { masksOf } from "../../../../infra/secrets/mask";
import { makeReport } from "../../../../tools/cli/report/report";
import { terminalText } from "../../../../tools/cli/report/text";

const policies = {
    refused: [],
    warned: ["a rule that has much to say about what is in the settings and doesn't end before it said all of it"],
    waived: [],
};
const report = makeReport(
    readEvents([JSON.stringify({ summaryEvent: {} })]),
    { stack: "x", stackId: "demo-x", environment: "staging", policies, now: new Date("2026-11-21T09:30:00Z") },
    masksOf([]),
);

describe("R106: the report on a terminal", () => {
    test("lines are broken between words, and what belongs together is set in", () => {
        const text = terminalText(report, (_, plain) => plain, { width: 60 });
        expect(text.split("\n").filter((line) => line.length > 60)).toEqual([]);
        expect(text).toContain("  warning: a rule that has much to say about what is in the\n    settings and doesn't end");
    });

    test("into a file, they aren't; and titles have a colour where one is wanted", () => {
        const text = terminalText(report, (colour, plain) => `<${colour}>${plain}`);
        expect(text.split("\n").slice(0, 4)).toEqual([
            "<dim>Nothing changes.",
            "",
            "<bold>Rules",
            expect.stringMatching(/^ {2}warning: a rule .* all of it$/),
        ]);
    });
});
