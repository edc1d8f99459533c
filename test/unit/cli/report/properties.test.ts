import * as fc from "fast-check";
import { readEvents } from "../../../../tools/cli/report/engine-events";
import { LONGEST_COMMENT, markdown } from "../../../../tools/cli/report/markdown";
import { masksOf } from "../../../../tools/cli/report/mask";
import { makeReport, type Report } from "../../../../tools/cli/report/report";
import { terminalText } from "../../../../tools/cli/report/text";
import { events, SECRET_VALUE } from "./generated";

const RUNS = Number(process.env["QUAI_PROPERTY_RUNS"] ?? 60);
const now = new Date("2026-11-21T09:30:00Z");
const masks = masksOf([SECRET_VALUE]);

function report(lines: readonly string[]): Report {
    const policies = { refused: [], warned: [], waived: [] };
    return makeReport(readEvents(lines), { stack: "x", stackId: "demo-x", environment: "staging", policies, now }, masks);
}

const plain = (_: unknown, text: string) => text;

describe("R106: whatever the engine says", () => {
    test("a comment has room: at most 65,536 bytes, the verdict first, the mark last", () => {
        fc.assert(
            fc.property(events(SECRET_VALUE, 30), fc.integer({ min: 4_000, max: LONGEST_COMMENT }), (lines, longest) => {
                const made = report(lines);
                const text = markdown(made, longest);
                expect(Buffer.byteLength(text)).toBeLessThanOrEqual(longest);
                expect(text.split("\n")[0]).toMatch(/^\S+ \*\*.*\*\*$/);
                expect(text.endsWith("<!-- quai preview demo-x -->\n")).toBe(true);
            }),
            { numRuns: RUNS },
        );
    });

    test("what is left out is said, and data at risk is never left out for a diff", () => {
        fc.assert(
            fc.property(events(SECRET_VALUE, 60), (lines) => {
                const made = report(lines);
                const [small, whole] = [markdown(made, 6_000), markdown(made, 50_000_000)];
                expect(small.length < whole.length).toBe(small.includes("_Left out"));
                if (small.includes("<details>") && made.data.length > 0) expect(small).toContain("### Data at risk");
            }),
            { numRuns: RUNS / 2 },
        );
    });

    test("the same preview gives the same bytes, in whatever order the engine's steps came", () => {
        fc.assert(
            fc.property(events(SECRET_VALUE, 12), fc.nat(), (lines, seed) => {
                const order = lines.map((line, i) => ({ line, at: (i * 7919 + seed * 104729) % 9973, i }));
                const mixed = order.sort((a, b) => a.at - b.at || a.i - b.i).map(({ line }) => line);
                const one = (text: readonly string[]) =>
                    new Set(text.flatMap((line) => /"urn":"([^"]+)"/.exec(line)?.[1] ?? [])).size ===
                    text.filter((line) => line.includes('"urn"')).length;
                fc.pre(one(lines)); // Several steps of one resource have an order of their own.
                fc.pre(lines.filter((line) => line.includes("diagnosticEvent")).length < 2);
                expect(markdown(report(mixed))).toBe(markdown(report(lines)));
                expect(JSON.stringify(report(lines))).toBe(JSON.stringify(report(lines)));
            }),
            { numRuns: RUNS },
        );
    });

    test("no secret shows, in whatever text it stands and however it is written, in any of the three forms", () => {
        fc.assert(
            fc.property(events(SECRET_VALUE, 20), (lines) => {
                const made = report(lines);
                for (const text of [markdown(made), JSON.stringify(made), terminalText(made, plain, { diff: true })]) {
                    expect(text).not.toContain(SECRET_VALUE);
                    expect(text).not.toContain(encodeURIComponent(SECRET_VALUE));
                    expect(text).not.toContain(Buffer.from(SECRET_VALUE).toString("base64").replace(/=+$/, ""));
                    expect(text).not.toContain(JSON.stringify(SECRET_VALUE).slice(1, -1));
                }
            }),
            { numRuns: RUNS },
        );
    });

    test("no value becomes markup, ends the code of the diff, or reaches the terminal's controls", () => {
        fc.assert(
            fc.property(events(SECRET_VALUE, 20), (lines) => {
                const made = report(lines);
                const text = markdown(made);
                const outside = text.replace(/(`{3,})diff\n[\s\S]*?\n\1\n/, "").replace(/`[^`\n]*`/g, "");
                expect(outside).not.toMatch(/<script>|(^|\W)@everyone|(?<!\\)\|/);
                expect(outside.match(/<\/details>/g)?.length ?? 0).toBe(made.diff.length > 0 && text.includes("<details>") ? 1 : 0);
                // eslint-disable-next-line no-control-regex
                expect(terminalText(made, plain, { diff: true })).not.toMatch(/[\u0000-\u0008\u000b-\u001f]/);
            }),
            { numRuns: RUNS },
        );
    });
});
