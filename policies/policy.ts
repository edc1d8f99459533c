import type { Settings } from "../infra/settings";
import type { Around } from "./around";
import type { Made } from "./made";

/** What becomes of a broken rule. */
export type Level = "refuse" | "warn" | "off";

/**
 * A rule of staging and production. Pure: facts in, problems out. It may ask three things, each for itself: what the settings say, what is
 * known around them (other stacks, what runs), and each resource that would be made.
 */
export interface Policy {
    /** Name of the rule, and of its file; what `quai:waive` refers to. */
    readonly id: string;
    /** Why it exists. */
    readonly why: string;
    /** What to do about a problem, to complete a sentence: "…; <fix>". */
    readonly fix: string;
    /** @default "refuse" */
    readonly production?: Level;
    /** Staging is for trying: what can't hurt anybody else is warned of. @default "warn" */
    readonly staging?: Level;
    /** One text for each problem, beginning with the path of the setting. Never with a secret in it. */
    readonly check?: (settings: Settings, now: Date) => string[];
    /** The same of what is known beside the settings. What isn't known breaks no rule. */
    readonly checkAround?: (around: Around, settings: Settings, now: Date) => Found[];
    /** The same of one resource, beginning with its kind and name. What isn't known yet breaks no rule. */
    readonly checkResource?: (made: Made) => string[];
}

/** A problem; with a level where it isn't the rule's own, such as a warning before the day, and with a remedy where the rule's doesn't fit. */
export type Found = string | { readonly problem: string; readonly level: Level; readonly fix?: string };
