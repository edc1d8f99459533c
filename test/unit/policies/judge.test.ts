import { enforce, judge, judgeResources, PolicyError } from "../../../policies";
import { CONTEXT, parse, PINNED, type Raw } from "../settings/base";

const NOW = CONTEXT.now ?? new Date();
const OFFSITE = { offsite: { repository: "/mnt/nas" } };
/** Two rules broken, nothing else wrong. */
const BROKEN: Raw = { backup: OFFSITE, protect: false, images: { ...PINNED, api: "ghcr.io/quay/api:1" } };
const IMAGES =
    "quai:images.api: ghcr.io/quay/api:1 has no digest; push the image to a registry and write its digest too, name:tag@sha256:… (`docker buildx imagetools inspect` prints it) (rule pinned-images)";
const PROTECT = "quai:protect: data may be deleted by an update; remove the line: true is the default in production (rule data-protected)";

const waived = (until: string): Raw => ({ ...BROKEN, waive: { "pinned-images": { reason: "The vendor has none", until } } });

describe("R37: what the policies say", () => {
    test("production refuses, everything at once, with the remedy and the rule's name", () => {
        expect(judge(parse(BROKEN), NOW)).toEqual({ refused: [IMAGES, PROTECT], warned: [], waived: [] });
    });

    test("staging has a smaller set, and is warned of most of it", () => {
        expect(judge(parse({ ...BROKEN, environment: "staging" }), NOW)).toEqual({ refused: [], warned: [IMAGES], waived: [] });
    });

    test("staging refuses what hurts others, too", () => {
        const settings = parse({ environment: "staging", secrets: { a: "changeme" }, services: { api: { env: { API_KEY: "x" } } } });
        expect(judge(settings, NOW).refused).toEqual([
            expect.stringMatching(/^quai:secrets\.a: is a well-known default; .* \(rule strong-secrets\)$/),
            expect.stringMatching(/^quai:services\.api\.env\.API_KEY: looks like a secret; .* \(rule secrets-not-in-env\)$/),
        ]);
    });

    test("R32: the same secret is well, warned of and refused as the clock moves", () => {
        const settings = parse({ backup: OFFSITE, secretGrace: "14d" });
        const around = { secrets: [{ name: "database", kind: "other", rotatedOn: "2026-01-01" }] } as const;
        const on = (date: string) => judge(settings, new Date(`${date}T12:00:00Z`), around);
        expect(on("2026-03-18")).toEqual({ refused: [], warned: [], waived: [] });
        expect(on("2026-03-19").warned).toEqual([expect.stringContaining("77 days ago; more than 90 is refused")]);
        expect(on("2026-04-02").warned).toEqual([expect.stringContaining("91 days ago, more than 90; refused from 105 days on")]);
        expect(on("2026-04-15").warned).toHaveLength(1);
        expect(on("2026-04-16")).toEqual({
            refused: [
                "quai:rotation.database: 2026-01-01 is 105 days ago, more than 90 and 14d of grace; rotate it: write today's date there, the next update does it without an interruption (rule secret-age)",
            ],
            warned: [],
            waived: [],
        });
    });

    test("what would be made is judged like the settings, waivers included", () => {
        const made = { type: "docker:index/container:Container", name: "api", inputs: { privileged: true }, protect: false };
        const until = { "no-privileges": { reason: "Agreed for a week", until: "2026-11-30" } };
        expect(judgeResources(parse(), [made], NOW).refused).toEqual([
            expect.stringMatching(/^container api: is privileged; .* \(rule no-privileges\)$/),
        ]);
        expect(judgeResources(parse({ waive: until }), [made], NOW).waived).toEqual([
            "container api: is privileged; waived until 2026-11-30: Agreed for a week (rule no-privileges)",
        ]);
        expect(judgeResources(parse({ environment: "development" }), [made], NOW)).toEqual({ refused: [], warned: [], waived: [] });
    });

    test("development is free", () => {
        expect(judge(parse({ ...BROKEN, environment: "development" }), NOW)).toEqual({ refused: [], warned: [], waived: [] });
    });

    test("a good production has nothing to be told", () => {
        expect(judge(parse({ backup: OFFSITE }), NOW)).toEqual({ refused: [], warned: [], waived: [] });
    });
});

describe("waivers", () => {
    test("a waived rule is reported as such, with its reason and end", () => {
        expect(judge(parse(waived("2026-12-31")), NOW)).toEqual({
            refused: [PROTECT],
            warned: [],
            waived: [
                "quai:images.api: ghcr.io/quay/api:1 has no digest; waived until 2026-12-31: The vendor has none (rule pinned-images)",
            ],
        });
    });

    test("it holds through its last day and not longer", () => {
        const settings = parse(waived("2026-12-31"));
        expect(judge(settings, new Date("2026-12-31T23:59:59Z")).refused).toEqual([PROTECT]);
        const ended = IMAGES.replace("(rule pinned-images)", "(rule pinned-images, whose waiver ended on 2026-12-31)");
        expect(judge(settings, new Date("2027-01-01T00:00:00Z"))).toEqual({ refused: [ended, PROTECT], warned: [], waived: [] });
    });

    test.each(["production", "staging", "development"])("one for a rule that doesn't exist is refused in %s", (environment) => {
        const waive = { "pined-images": { reason: "The vendor has none", until: "2026-12-31" } };
        expect(judge(parse({ environment, backup: OFFSITE, waive }), NOW).refused).toEqual([
            "quai:waive.pined-images: there is no such rule; did you mean pinned-images?",
        ]);
    });
});

describe("enforcing", () => {
    test("stops a stack with all that is refused", () => {
        const attempt = (): unknown => enforce(parse(BROKEN), NOW);
        expect(attempt).toThrow(PolicyError);
        expect(attempt).toThrow(
            `Pulumi.prod.yaml is refused for 2 reasons:\n${IMAGES}\n${PROTECT}\nFor a rule that cannot be kept for now: quai:waive: { <rule>: { reason: …, until: YYYY-MM-DD } }`,
        );
    });

    test("lets staging go on, with its warnings", () => {
        expect(enforce(parse({ ...BROKEN, environment: "staging" }), NOW).warned).toEqual([IMAGES]);
    });
});
