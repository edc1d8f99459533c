import { downtimes } from "../../../../tools/cli/report/downtime";
import type { Preview } from "../../../../tools/cli/report/engine-events";

const preview = (before: boolean | undefined, after: boolean) =>
    ({
        changes: [],
        outputs: { old: { running: true, settings: { maintenance: before } }, new: { running: true, settings: { maintenance: after } } },
    }) as unknown as Preview;

test("an update that begins the maintenance says so; one that goes on or ends it doesn't", () => {
    expect(downtimes(preview(false, true))).toEqual([
        {
            what: "Everybody is answered 503 with a page",
            howLong: "until `quai:maintenance` is false again",
            why: "`quai:maintenance` is true",
        },
    ]);
    expect([downtimes(preview(true, true)), downtimes(preview(true, false)), downtimes(preview(undefined, false))]).toEqual([[], [], []]);
});
