import type { Drift } from "../../../tools/cli/drift/find";
import { driftMarkdown, driftText } from "../../../tools/cli/drift/show";

const update = {
    verdict: { level: "safe", text: "Safe: no downtime, no data at risk.", exitCode: 2 },
    components: [],
} as unknown as Drift["update"];
const none = { created: [], renewed: [], updated: [], replaced: [], deleted: [] };
const drift = (more: Partial<Drift>): Drift => ({ stack: "demo-prod", findings: [], notes: [], update, ...more });

describe("R106: what drift prints", () => {
    test("a line of a terminal ends where the terminal does; nothing in it is for a comment", () => {
        const what = "file current/nginx.conf in volume demo-prod-proxy-config was edited";
        const found = drift({
            findings: [{ kind: "file", what, repair: { kind: "again", urn: "x" } } as unknown as Drift["findings"][number]],
            notes: ["Files were compared with what `./quai up` wrote, and with nothing else that stands on that machine."],
        });
        expect(driftText(found, 60).split("\n")).toEqual([
            "1 thing isn't as the last update left it.",
            "",
            "Files",
            "  file current/nginx.conf in volume demo-prod-proxy-config",
            "    was edited; its step is run again",
            "",
            "An update with a refresh",
            "  Safe: no downtime, no data at risk.",
            "",
            "Notes",
            "  Files were compared with what ./quai up wrote, and with",
            "    nothing else that stands on that machine.",
        ]);
    });

    test("all that an update would do is told, renewals included", () => {
        const components = [{ ...none, name: "application", renewed: ["container api-1 → api-2"], replaced: ["container scheduler"] }];
        const text = driftMarkdown(drift({ update: { ...update, components } }));
        expect(text).toContain("- application: renewed container api-1 → api-2; replaced container scheduler\n");
    });
});
