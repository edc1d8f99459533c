import { masksOf } from "../../../infra/secrets/mask";
import { judge } from "../../../policies";
import { SetupError } from "../../engine/types";
import { fileAround } from "../stack/keep-rules";
import { stackSettings } from "../stack/session";
import type { Report } from "./report";
import { makeReport } from "./report";

const NOTHING = { changes: [], outputs: {}, errors: [], warnings: [], complete: false };

/**
 * The report where nothing can be planned: settings that are wrong, or that the rules of the environment refuse. Undefined: they are fine.
 *
 * @throws SetupError where there is no such stack
 */
export function refusedReport(checkout: string, stack: string, now = new Date()): Report | undefined {
    const none = { refused: [], warned: [], waived: [] };
    try {
        const settings = stackSettings(checkout, stack);
        const policies = judge(settings, now, fileAround(checkout, settings));
        if (policies.refused.length === 0) return undefined;
        const context = { stack, stackId: settings.stackId, environment: settings.environment, policies, now };
        return makeReport(NOTHING, context, masksOf([]));
    } catch (error) {
        if (!(error instanceof SetupError) || error.message.startsWith("no such stack")) throw error;
        const context = { stack, stackId: stack, environment: "unknown", policies: none, refused: [error.message], now };
        return makeReport(NOTHING, context, masksOf([]));
    }
}
