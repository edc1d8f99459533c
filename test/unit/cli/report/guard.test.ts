import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { readEvents } from "../../../../tools/cli/report/engine-events";
import { type Guard, guarded, protectedUrn } from "../../../../tools/cli/report/guard";
import { masksOf } from "../../../../infra/secrets/mask";
import { makeReport } from "../../../../tools/cli/report/report";

const NOW = new Date("2026-11-21T09:30:00Z");
const RISK = { key: "postgres-data", what: "volume demo-prod-postgres-data is deleted", why: "no longer in the program", deletes: true };
const risks = [{ ...RISK, protected: true, inBackups: true }];
const production: Guard = { stack: "prod", environment: "production", protect: true, retired: {} };
const WAY = "Take the change back; or, to do it on purpose, write into Pulumi.prod.yaml: quai:retired:";

describe("R48: data of production", () => {
    test("are not lost by an update: refused, with the way to do it on purpose", () => {
        expect(guarded(risks, production, NOW)).toEqual({
            refused: [`volume demo-prod-postgres-data is deleted (no longer in the program). ${WAY} { "postgres-data": 2026-11-28 }`],
            retired: [],
        });
    });

    test("may be left behind where the settings say so, through the day that they name and not longer", () => {
        const until = { ...production, retired: { "postgres-data": "2026-11-21" } };
        expect(guarded(risks, until, NOW)).toEqual({ refused: [], retired: ["postgres-data"] });
        expect(guarded(risks, until, new Date("2026-11-22T00:00:00Z")).refused).toEqual([
            `volume demo-prod-postgres-data is deleted (no longer in the program) (quai:retired allowed it until 2026-11-21). ${WAY} { "postgres-data": 2026-11-29 }`,
        ]);
        expect(guarded(risks, { ...production, retired: { "redis-data": "2026-11-21" } }, NOW).refused).toHaveLength(1);
    });

    test("are guarded without the engine's protection, too; development's aren't, unless protected", () => {
        expect(guarded(risks, { ...production, protect: false }, NOW).refused).toHaveLength(1);
        expect(guarded(risks, { ...production, environment: "development" }, NOW).refused).toHaveLength(1);
        expect(guarded(risks, { ...production, environment: "development", protect: false }, NOW)).toEqual({ refused: [], retired: [] });
    });
});

test.each([
    ['resource "urn:pulumi:prod::quai::a$b::postgres-data" cannot be deleted\nbecause it is protected. To unprotect …', true],
    ['unable to replace resource "urn:pulumi:prod::quai::a$b::postgres-data"\nas it is currently marked for protection. …', true],
    ["something else is protected", false],
])("the engine's words for what is protected: %j", (error, is) =>
    expect(protectedUrn(error)).toBe(is ? "urn:pulumi:prod::quai::a$b::postgres-data" : undefined),
);

/** Previews of the real engine (golden.test.ts), as if their stack were production. */
function reportOf(name: string, retired: Record<string, string> = {}) {
    const lines = gunzipSync(readFileSync(join(__dirname, "previews", `${name}.jsonl.gz`))).toString("utf8");
    const context = { stack: "prve2e", stackId: "demo-prve2e", environment: "production", now: NOW };
    const policies = { refused: [], warned: [], waived: [] };
    return makeReport(readEvents(lines.split("\n")), { ...context, policies, guard: { ...production, retired } }, masksOf([]));
}

describe("R48: in a report", () => {
    test("another host blocks, until the settings say that the old one is left", () => {
        const { blocked, data, verdict } = reportOf("host-moved");
        expect(verdict).toMatchObject({ level: "blocked", exitCode: 1 });
        expect(blocked).toEqual([
            expect.stringMatching(/^the stack moves from `this machine's engine` to .*quai:retired: \{ "this-machine": 2026-11-28 \}$/),
        ]);
        expect(data.map(({ key }) => key)).toEqual(["this-machine"]);
        expect(reportOf("host-moved", { "this-machine": "2026-11-28" }).verdict).toMatchObject({ level: "risk", exitCode: 3 });
    });

    test("volumes that would be deleted block, protected or not, each with its entry; all of them retired, nothing blocks", () => {
        const keys = (name: string) => reportOf(name).data.map(({ key }) => key);
        for (const name of ["backups-off-protected", "volume-renamed"]) {
            const { blocked, verdict } = reportOf(name);
            expect([name, verdict.level, blocked.length]).toEqual([name, "blocked", keys(name).length]);
            for (const line of blocked) expect(line).toMatch(/quai:retired: \{ "[a-z-]+": 2026-11-28 \}$/);
            const all = Object.fromEntries(keys(name).map((key) => [key, "2026-11-28"]));
            expect([name, reportOf(name, all).verdict.level, reportOf(name, all).blocked]).toEqual([name, "risk", []]);
        }
    });
});
