import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Change, Preview } from "../../../../tools/cli/report/engine-events";
import { moved, planOf, readPlan, savePlan } from "../../../../tools/cli/report/plan";
import type { StackState } from "../../../../tools/cli/stack/state";

const PROXY = "urn:pulumi:dev::quai::quai:index:TlsProxy$docker:index/container:Container::proxy";

let folder: string;

beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "quai-plan-"));
    writeFileSync(join(folder, "Pulumi.dev.yaml"), "config:\n  quai:domain: a.example\n  quai:ports: { http: 80 }\n");
});
afterEach(() => rmSync(folder, { recursive: true }));

const change = (more: Partial<Change>): Change => ({
    ...{ urn: PROXY, type: "docker:index/container:Container", name: "proxy", operation: "replace" as const },
    ...{ new: { inputs: { memory: 256 }, outputs: {} }, replacedFor: [], deletedFirst: true, ...more },
});
const previewOf = (...changes: Change[]): Preview => ({ changes, outputs: {}, errors: [], warnings: [], complete: true });
const stateOf = (id: string): StackState => ({
    resources: [{ urn: PROXY, type: "docker:index/container:Container", id, inputs: {} }],
    pending: 0,
    text: "",
});
const plan = (preview = previewOf(change({})), state: StackState | undefined = stateOf("1")) =>
    planOf({ checkout: folder, stack: "dev", state, preview, verdict: "Downtime" });

describe("R106: what was reviewed is what is applied", () => {
    test("nothing moved", () => {
        expect(moved(plan(), plan())).toEqual([]);
    });

    test("settings that changed are named", () => {
        const reviewed = plan();
        writeFileSync(join(folder, "Pulumi.dev.yaml"), "config:\n  quai:domain: b.example\n  quai:aliases: [c.example]\n");
        expect(moved(reviewed, plan())).toEqual(["settings changed since the review: quai:aliases, quai:domain, quai:ports"]);
    });

    test("a program that changed is told, by its files: what it does inside of secrets shows in no preview", () => {
        mkdirSync(join(folder, "stacks/deep"), { recursive: true });
        const put = (file: string, text: string) => writeFileSync(join(folder, file), text);
        put("stacks/a.ts", "one");
        put("stacks/gone.ts", "one");
        const reviewed = plan();
        put("stacks/a.ts", "two");
        put("stacks/deep/b.ts", "one");
        put("README.md", "no program");
        rmSync(join(folder, "stacks/gone.ts"));
        expect(moved(reviewed, plan())).toEqual(["the program changed since the review: stacks/a.ts, stacks/deep/b.ts, stacks/gone.ts"]);
    });

    test("an update in between is told, by what it touched", () => {
        expect(moved(plan(), plan(undefined, stateOf("2")))).toEqual(["the stack was updated since the review: container proxy"]);
        expect(
            moved(plan(), planOf({ checkout: folder, stack: "dev", state: undefined, preview: previewOf(change({})), verdict: "" })),
        ).toHaveLength(1);
    });

    test.each([
        [previewOf(), "what would be done differs: no longer replace container proxy"],
        [previewOf(change({ operation: "delete" })), "what would be done differs: delete instead of replace container proxy"],
        [previewOf(change({ new: { inputs: { memory: 512 }, outputs: {} } })), "what would be done differs: another container proxy"],
        [
            previewOf(change({}), change({ urn: `${PROXY}-2`, operation: "create" })),
            "what would be done differs: now also create container proxy-2",
        ],
    ])("another plan is told %#", (preview, expected) => {
        expect(moved(plan(), plan(preview))).toEqual([expected]);
    });

    test("the folder of the checkout makes no difference", () => {
        const at = (checkout: string) =>
            planOf({
                checkout,
                stack: "dev",
                state: undefined,
                preview: previewOf(change({ new: { inputs: { context: `${checkout}/examples` }, outputs: {} } })),
                verdict: "",
            });
        const elsewhere = mkdtempSync(join(tmpdir(), "quai-plan-"));
        writeFileSync(join(elsewhere, "Pulumi.dev.yaml"), "config:\n  quai:domain: a.example\n  quai:ports: { http: 80 }\n");
        expect(moved(at(folder), at(elsewhere))).toEqual([]);
        rmSync(elsewhere, { recursive: true });
    });

    test("a plan holds digests and no value, and is read back", () => {
        const file = join(folder, "plan.json");
        savePlan(file, plan());
        expect(JSON.stringify(plan())).not.toContain("a.example");
        expect(readPlan(file, "dev")).toEqual(plan());
    });

    test.each([
        ["prod", undefined, /is a plan for stack dev, not for prod/],
        ["dev", "{}", /isn't a plan of this version/],
        ["dev", "no JSON", /can't be read/],
    ])("a file that is no plan of the stack is refused: %s %s", (stack, content, message) => {
        const file = join(folder, "plan.json");
        savePlan(file, plan());
        if (content !== undefined) writeFileSync(file, content);
        expect(() => readPlan(file, stack)).toThrow(message);
    });
});
