import type { Settings } from "../infra/settings";

/** Something that production refuses and staging warns of. Pure: settings in, problems out. */
export interface Policy {
    /** Name of the rule, and of its file; what `quai:waive` refers to. */
    readonly id: string;
    /** Why it exists. */
    readonly why: string;
    /** What to do about a problem, to complete a sentence: "…; <fix>". */
    readonly fix: string;
    /** One text for each problem, beginning with the path of the setting. Never with a secret in it. */
    readonly check: (settings: Settings, now: Date) => string[];
}
