import { costChange, costLines } from "../../../../tools/cli/report/costs";
import type { Preview } from "../../../../tools/cli/report/engine-events";

const noted = (lines: Readonly<Record<string, number>>) => ({
    costs: {
        region: "eu-west-3",
        asOf: "2026-11-21",
        monthly: Math.round(Object.values(lines).reduce((sum, each) => sum + each, 0)),
        each: lines,
    },
});
const preview = (old: object | undefined, next: object | undefined) =>
    ({ changes: [], errors: [], warnings: [], complete: true, outputs: { old, new: next } }) as Preview;
const ESTIMATE = "(an estimate; list prices of 2026-11-21, without traffic, requests, logs and snapshots)";
const BEFORE = noted({ "Load balancer": 18.73, "db.t4g.micro": 13.32 });

describe("R106: what an update changes in the bill", () => {
    test.each([
        [
            "a larger database",
            preview(BEFORE, noted({ "Load balancer": 18.73, "db.t4g.small": 26.63 })),
            [`About 32 → 45 US dollars a month in eu-west-3, 13 more ${ESTIMATE}`, "db.t4g.small: 0 → 26.6", "db.t4g.micro: 13.3 → 0"],
        ],
        [
            "less",
            preview(BEFORE, noted({ "Load balancer": 18.73 })),
            [`About 32 → 19 US dollars a month in eu-west-3, 13 less ${ESTIMATE}`, "db.t4g.micro: 13.3 → 0"],
        ],
        [
            "a first deployment",
            preview(undefined, noted({ "Load balancer": 18.73 })),
            [`About 19 US dollars a month in eu-west-3 ${ESTIMATE}`, "Load balancer: 18.7"],
        ],
        [
            "a move away",
            preview(BEFORE, {}),
            [`About 32 US dollars a month less in eu-west-3 ${ESTIMATE}`, "Load balancer: 18.7", "db.t4g.micro: 13.3"],
        ],
        ["no difference", preview(BEFORE, BEFORE), []],
        ["a Docker host", preview({}, {}), []],
        ["a program that failed", preview(BEFORE, undefined), []],
    ] as const)("%s", (_, events, expected) => {
        expect(costLines(costChange(events))).toEqual(expected);
    });
});
