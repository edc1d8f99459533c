import { noted } from "../history/note";
import { messageOf, SetupError } from "../../engine/types";
import { backupTool, runTool } from "../stack/backup-tool";
import { recover } from "../stack/recover";
import { again } from "../stack/prepare";
import type { Session } from "../stack/session";
import { mustHaveWorked, runEngine } from "../stack/update";
import type { Terminal } from "../terminal";
import { exportedState, stepsOf } from "./files";
import type { Drift } from "./find";
import type { Finding, Repair } from "./findings";
import { repairText } from "./show";

/** Puts right what can be: first by docker what no update sees, then by an update that compares with what really runs, last the snapshots. */
export async function repair(out: Terminal, session: Session, drift: Drift): Promise<void> {
    const failed: string[] = [];
    for (const { what, repair: by } of drift.findings) {
        if (by.kind !== "docker") continue;
        out.info(`${what}: ${repairText(by)}`);
        // One that can't be done is told at the end; the update may put it right all the same.
        await session.host.docker(by.args).catch((error: unknown) => failed.push(`${what}: ${messageOf(error)}`));
    }
    await recover(out, session);
    const machine = again(drift.findings.flatMap((finding) => ofKind(finding, "machine")));
    const note = await noted("drift --repair", session.checkout);
    const result = await runEngine(out, session, ["up", "--yes", "--skip-preview", "--refresh", ...note, ...machine]);
    mustHaveWorked(result, "The repair", "What served before still serves. ./quai drift shows what is left.");
    // The switch of the routes asks the services, so these must be back.
    await runSteps(out, session, drift, failed);
    if (drift.findings.some((finding) => ofKind(finding, "backup").length > 0)) {
        await runTool(out, session, await backupTool(session), ["now", "--reason", "manual", "--json"]);
    }
    if (failed.length > 0) throw new SetupError(`not repaired:\n${failed.join("\n")}`);
}

/**
 * Steps are run as the state has them. A replacement by the engine would delete the volume first, which containers are using; so the files are written in
 * place, each by a rename.
 */
async function runSteps(out: Terminal, session: Session, drift: Drift, failed: string[]): Promise<void> {
    const urns = [...new Set(drift.findings.flatMap((finding) => ofKind(finding, "again").map(({ urn }) => urn)))];
    if (urns.length === 0) return;
    const steps = stepsOf(await exportedState(session));
    for (const urn of urns) {
        const step = steps.get(urn);
        const name = urn.slice(urn.lastIndexOf("::") + 2);
        if (step === undefined) continue;
        out.info(`${name} is run again`);
        await session.host.script(step.create, step.stdin).catch((error: unknown) => failed.push(`${name}: ${messageOf(error)}`));
    }
}

function ofKind<K extends Repair["kind"]>({ repair: by }: Finding, kind: K): Extract<Repair, { kind: K }>[] {
    return by.kind === kind ? [by as Extract<Repair, { kind: K }>] : [];
}
