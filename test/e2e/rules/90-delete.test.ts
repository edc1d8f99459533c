import { readdirSync } from "node:fs";
import { join } from "node:path";
import { checkout, quai } from "../support/checkout";
import { inDays, must, objects, offsite, PRODUCTION, up, WAIVED, write } from "./stacks";

const UNPROTECTED = { "quai:protect": false, "quai:waive": { ...WAIVED, "data-protected": WAIVED["public-tls"] } };

describe("R48: the end of a production, on purpose", () => {
    test("without a copy off the host, nothing is deleted", async () => {
        write("production", { ...UNPROTECTED, "quai:backup": false });
        const { code, text } = await quai("down", PRODUCTION, "--yes", "--delete-data");
        expect([code, text]).toEqual([2, expect.stringContaining("quai:backup: is false, so there is no snapshot of shop-production")]);
        expect(objects("volume", PRODUCTION)).toContain(`${PRODUCTION}-postgres-data`);
    });

    test("a last snapshot goes off the host, then everything else goes", async () => {
        write("production", { ...UNPROTECTED, "quai:retired": { uploads: inDays(3) } });
        await must(up("production"));
        const snapshots = () => readdirSync(join(offsite("production"), "snapshots")).length;
        const before = snapshots();
        const { text } = await must(quai("down", PRODUCTION, "--yes", "--delete-data"));
        expect(text).toMatch(/A snapshot before everything is deleted:/);
        expect(snapshots()).toBeGreaterThanOrEqual(before);
        for (const kind of ["container", "network", "volume"] as const) expect([kind, objects(kind, PRODUCTION)]).toEqual([kind, []]);
        expect(checkout()).not.toBe("");
    });
});
