import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkoutRoot } from "../../../../tools/engine/versions";
import { reportFrom } from "../../../../tools/cli/report/from-events";

const folder = mkdtempSync(join(tmpdir(), "quai-events-"));
afterAll(() => rmSync(folder, { recursive: true }));

const NOW = new Date("2026-11-21T09:30:00Z");
const urn = "urn:pulumi:bddbot-production::quai::quai:index:PostgresWithBackup$aws:rds/instance:Instance::postgres";
const old = {
    inputs: { identifier: "shop-postgres", skipFinalSnapshot: false, finalSnapshotIdentifier: "shop-postgres-final" },
    protect: true,
};
const gone = { resourcePreEvent: { metadata: { op: "delete", urn, type: "aws:rds/instance:Instance", old } } };

function written(name: string, text: string): string {
    const file = join(folder, name);
    writeFileSync(file, text);
    return file;
}

describe("R48, R106: a preview that pulumi made of a stack on AWS", () => {
    test("is judged: a database that would be deleted blocks an update of production, with the way to do it on purpose", () => {
        const events = [JSON.stringify(gone), "Loading policy packs...", JSON.stringify({ summaryEvent: {} })];
        const { report } = reportFrom(checkoutRoot, "bddbot-production", written("gone.jsonl", events.join("\n")), NOW);
        expect(report.data.map(({ what }) => what)).toEqual(["the database (shop-postgres) is deleted; shop-postgres-final is left"]);
        expect(report.verdict).toMatchObject({ level: "blocked", exitCode: 1 });
        expect(report.blocked).toContainEqual(expect.stringContaining('quai:retired: { "postgres": 2026-11-28 }'));
    });

    test("must be one: anything else is refused with the command that makes it", () => {
        const digest = written("digest.json", JSON.stringify({ steps: [] }, null, 2));
        const words = /holds no events of a preview; this makes them: PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true pulumi preview/;
        expect(() => reportFrom(checkoutRoot, "bddbot-production", digest, NOW)).toThrow(words);
        expect(() => reportFrom(checkoutRoot, "bddbot-production", join(folder, "none"), NOW)).toThrow(words);
    });
});
