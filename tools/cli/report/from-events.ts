import { existsSync, readFileSync } from "node:fs";
import { masksOf } from "../../../infra/secrets/mask";
import { judge } from "../../../policies";
import { SetupError } from "../../engine/types";
import { fileAround } from "../stack/keep-rules";
import { stackSettings } from "../stack/session";
import { type Preview, readEvents } from "./engine-events";
import type { Report } from "./report";
import { makeReport } from "./report";

/** The command that writes the events of a preview that the official program makes. */
export const eventsBy = (stack: string) => `PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true pulumi preview -s ${stack} --json > preview.jsonl`;

export interface FromEvents {
    readonly report: Report;
    readonly preview: Preview;
}

/**
 * The report of a preview that somebody else made: of a stack on AWS, which `pulumi` deploys. The engine leaves out what it knows to be secret; what
 * looks like one is masked, as always.
 *
 * @throws SetupError when there are no events
 */
export function reportFrom(checkout: string, stack: string, file: string, now = new Date()): FromEvents {
    const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
    const preview = readEvents(lines.filter(isEvent));
    if (preview.changes.length === 0 && preview.errors.length === 0) {
        // Not 2, which a workflow takes for changes that were reported.
        throw new SetupError(`--from: ${file} holds no events of a preview; this makes them: ${eventsBy(stack)}`, 1);
    }
    const settings = stackSettings(checkout, stack);
    const { stackId, environment } = settings;
    const policies = judge(settings, now, fileAround(checkout, settings));
    const report = makeReport(preview, { stack, stackId, environment, policies, guard: settings, now }, masksOf([]));
    return { report, preview };
}

/** Without the streaming there is one document over many lines, and no event in it. */
function isEvent(line: string): boolean {
    try {
        return line.startsWith("{") && typeof JSON.parse(line) === "object";
    } catch {
        return false;
    }
}
