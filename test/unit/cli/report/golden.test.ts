import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { readEvents } from "../../../../tools/cli/report/engine-events";
import { masksOf } from "../../../../tools/cli/report/mask";
import { markdown } from "../../../../tools/cli/report/markdown";
import { makeReport } from "../../../../tools/cli/report/report";
import { terminalText } from "../../../../tools/cli/report/text";
import { PROPOSALS } from "../../../e2e/preview/changes";

/**
 * Reports of previews that the real engine made of a real deployment (QUAI_PREVIEW_CAPTURE=1 ./quai test preview), beside the text that a person has read.
 * QUAI_GOLDEN=write writes the texts anew, to be read again before they are committed.
 */
const PREVIEWS = join(__dirname, "previews");
const GOLDEN = join(__dirname, "golden");

const context = {
    ...{ stack: "prve2e", stackId: "demo-prve2e", environment: "development" },
    policies: { refused: [], warned: [], waived: [] },
    backups: {
        last: "2026-11-21T02:00:00Z",
        lastDrill: "2026-11-15T02:30:00Z",
        repository: "docker volume demo-prve2e-backup-repository",
        problems: [],
    },
    now: new Date("2026-11-21T09:30:00Z"),
};

function previewOf(name: string) {
    return readEvents(
        gunzipSync(readFileSync(join(PREVIEWS, `${name}.jsonl.gz`)))
            .toString("utf8")
            .split("\n"),
    );
}

describe("R106: reports of real previews", () => {
    test("there are more than 25 kinds of change, each with its preview", () => {
        const names = PROPOSALS.map(({ name }) => name);
        expect(names.length).toBeGreaterThan(25);
        expect(readdirSync(PREVIEWS).sort()).toEqual(names.map((name) => `${name}.jsonl.gz`).sort());
    });

    test.each(PROPOSALS.map((each) => [each.name, each.level] as const))("%s: reads as it was read", (name, level) => {
        const report = makeReport(
            previewOf(name),
            { ...context, backups: name === "first-deployment" ? undefined : context.backups },
            masksOf([]),
        );
        const text = markdown(report);
        const file = join(GOLDEN, `${name}.md`);
        if (process.env["QUAI_GOLDEN"] === "write") {
            mkdirSync(GOLDEN, { recursive: true });
            writeFileSync(file, text);
        }
        expect(existsSync(file)).toBe(true);
        expect(text).toBe(readFileSync(file, "utf8"));
        expect(report.verdict.level).toBe(level);
        expect(terminalText(report, (_, plain) => plain).split("\n")[0]).toBe(report.verdict.text);
    });
});
