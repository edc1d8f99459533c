import { judge } from "../../../policies";
import { SetupError } from "../../engine/types";
import { reportOn } from "../report/make";
import { openApart } from "../stack/apart";
import { fileAround } from "../stack/keep-rules";
import { stackSettings } from "../stack/session";
import type { Terminal } from "../terminal";

/** What is wrong with one stack file, as far as can be told from the checkout alone. */
export interface Checked {
    readonly stack: string;
    /** Null: the settings can't be read. */
    readonly environment: string | null;
    readonly problems: readonly string[];
    readonly warned: readonly string[];
    readonly waived: readonly string[];
    /** Resources that the program would make; null: it wasn't asked. */
    readonly resources: number | null;
}

/** Settings, rules and secrets. Nothing is started, so it takes no time. @throws SetupError where there is no such stack */
export function checkFile(checkout: string, stack: string, now = new Date()): Checked {
    try {
        const settings = stackSettings(checkout, stack);
        const { refused, warned, waived } = judge(settings, now, fileAround(checkout, settings));
        return { stack, environment: settings.environment, problems: refused, warned, waived, resources: null };
    } catch (error) {
        if (!(error instanceof SetupError)) throw error;
        // Its first line counts what follows.
        const problems = error.message.split("\n").slice(1);
        return { stack, environment: null, problems, warned: [], waived: [], resources: null };
    }
}

/** The same, and the program: a plan against an empty state, with something else in the place of each secret; no host is reached. */
export async function checkProgram(out: Terminal, checkout: string, stack: string): Promise<Checked> {
    const found = checkFile(checkout, stack);
    if (found.problems.length > 0) return found;
    const { session, close } = await openApart(out, stack);
    try {
        const { report, preview } = await reportOn(out, session, { offline: true, apart: true });
        const { warned, waived } = report.policies;
        const resources = preview.changes.filter(({ type }) => !type.startsWith("quai:")).length;
        const unfinished = report.verdict.level === "blocked" && report.blocked.length === 0 ? [report.verdict.text] : [];
        return { ...found, problems: [...report.blocked, ...unfinished], warned, waived, resources };
    } finally {
        close();
    }
}
