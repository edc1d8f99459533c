import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { judge } from "../../../../policies";
import { type Preview, readEvents } from "../../../../tools/cli/report/engine-events";
import { masksOf } from "../../../../infra/secrets/mask";
import { markdown } from "../../../../tools/cli/report/markdown";
import { releasesOf, type Revisions } from "../../../../tools/cli/report/releases";
import { refusedReport } from "../../../../tools/cli/report/refused";
import { makeReport, type Report } from "../../../../tools/cli/report/report";
import { schemaErrors } from "./schema";
import { terminalText } from "../../../../tools/cli/report/text";
import { stackSettings } from "../../../../tools/cli/stack/session";
import { BASE, type Proposal, PROPOSALS } from "../../../e2e/preview/changes";
import { defaults } from "../../../e2e/support/checkout";

/**
 * Reports of previews that the real engine made of a real deployment (QUAI_PREVIEW_CAPTURE=1 ./quai test preview), beside the text that a person has read.
 * QUAI_GOLDEN=write writes the texts anew, to be read again before they are committed.
 */
const PREVIEWS = join(__dirname, "previews");
const GOLDEN = join(__dirname, "golden");

const context = {
    ...{ stack: "prve2e", stackId: "demo-prve2e" },
    backups: {
        last: "2026-11-21T02:00:00Z",
        lastDrill: "2026-11-15T02:30:00Z",
        repository: "docker volume demo-prve2e-backup-repository",
        problems: [],
    },
    now: new Date("2026-11-21T09:30:00Z"),
};

/** The folder that a stack file of a proposal is in; a name of an application is that of a file of stacks/. */
let folder: string;
beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "quai-golden-"));
    mkdirSync(join(folder, "stacks"));
    writeFileSync(join(folder, "stacks", "demo.ts"), "");
});
afterAll(() => rmSync(folder, { recursive: true }));

function write({ settings, whole }: Proposal): void {
    const config = whole ?? { ...defaults("/mnt/offsite"), ...BASE, ...settings };
    writeFileSync(join(folder, `Pulumi.${context.stack}.yaml`), JSON.stringify({ config }));
}

function refused(proposal: Proposal): Report {
    write(proposal);
    const report = refusedReport(folder, context.stack, context.now);
    if (report === undefined) throw new Error(`${proposal.name} isn't refused`);
    return report;
}

function planned(proposal: Proposal): Report {
    write(proposal);
    const settings = stackSettings(folder, context.stack);
    const preview = previewOf(proposal.name);
    return makeReport(
        preview,
        {
            ...context,
            environment: settings.environment,
            policies: judge(settings, context.now),
            revisions: revisionsIn(preview, proposal),
            backups: proposal.fresh === true || proposal.whole !== undefined ? undefined : context.backups,
        },
        masksOf([]),
    );
}

/** What the registry said of the images when the preview was made. */
function revisionsIn(preview: Preview, { commits }: Proposal): Revisions {
    const named = (name: string | undefined, commit: string): [string, string][] => (name === undefined ? [] : [[name, commit]]);
    return commits === undefined
        ? {}
        : Object.fromEntries(
              releasesOf(preview).flatMap(({ image }) => [...named(image?.from, commits.from), ...named(image?.to, commits.to)]),
          );
}

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
        const planned = PROPOSALS.flatMap(({ name, refused }) => (refused === true ? [] : [`${name}.jsonl.gz`]));
        expect(readdirSync(PREVIEWS).sort()).toEqual(planned.sort());
    });

    test.each(PROPOSALS.map((each) => [each.name, each] as const))("%s: reads as it was read", (name, proposal) => {
        const { level } = proposal;
        const report = proposal.refused === true ? refused(proposal) : planned(proposal);
        const text = markdown(report);
        const file = join(GOLDEN, `${name}.md`);
        if (process.env["QUAI_GOLDEN"] === "write") {
            mkdirSync(GOLDEN, { recursive: true });
            writeFileSync(file, text);
        }
        expect(existsSync(file)).toBe(true);
        expect(text).toBe(readFileSync(file, "utf8"));
        expect(report.verdict.level).toBe(level);
        expect(schemaErrors(report)).toEqual([]);
        expect(terminalText(report, (_, plain) => plain).split("\n")[0]).toBe(report.verdict.text.replaceAll("`", ""));
    });
});
