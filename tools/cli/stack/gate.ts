import { runPulumi } from "../../engine";
import { lastLines } from "../../engine/process";
import { SetupError } from "../../engine/types";
import type { Change, Preview } from "../report/engine-events";
import { guarded } from "../report/guard";
import type { Report } from "../report/report";
import type { Terminal } from "../terminal";
import { mustSnapshot } from "./final-snapshot";
import type { Session } from "./session";
import { outputsOf, readState } from "./state";

/** @throws SetupError with everything that blocks an update: nothing has been touched then */
export function mustNotBeBlocked({ blocked, verdict, environment }: Report): void {
    if (verdict.level !== "blocked") return;
    const reasons = blocked.length === 0 ? [verdict.text] : blocked;
    throw new SetupError(
        `nothing was changed; mend what blocks it, and run ./quai up again:\n${reasons.map((each) => `  - ${each}`).join("\n")}\nThe rules of ${environment}: docs/rules.md`,
    );
}

/**
 * What production asks for between the decision and the update: a snapshot before migrations and before data are taken out of the program;
 * then those data lose the engine's protection, and nothing else does.
 */
export async function beforeUpdate(out: Terminal, session: Session, report: Report, preview: Preview): Promise<void> {
    const { settings, stack, engine } = session;
    const state = await readState(engine, stack);
    const runs = state !== undefined && state.resources.length > 0 && outputsOf(state)["running"] !== false;
    const { retired } = guarded(report.data, settings, new Date());
    const leaving = preview.changes.filter(({ name, old }) => retired.includes(name) && old?.protect === true);
    if (runs && settings.environment === "production" && settings.backup !== false && settings.target.kind === "docker") {
        if (retired.length > 0) await mustSnapshot(out, session, `${retired.join(", ")} is left behind`);
        else if (preview.changes.some(isMigration)) await snapshotBeforeMigration(out, session);
    }
    for (const { urn, name } of leaving) {
        const result = await runPulumi(engine, ["state", "unprotect", urn, "--stack", stack, "--yes"]);
        if (result.code !== 0) throw new SetupError(`the protection of ${name} could not be taken away:\n${lastLines(result.stderr)}`);
        out.info(
            `${name} is no longer the stack's. It stays on the host: docker volume ls --filter label=io.quai.stack=${settings.stackId}`,
        );
    }
}

/** The command that runs a job of a release. */
export function isMigration({ type, name, operation, urn }: Change): boolean {
    return (
        operation === "create" &&
        type.startsWith("command:") &&
        /-[0-9a-f]{8}$/.test(name) &&
        urn.includes("quai:index:WebStack$") &&
        !/-(?:secrets|files)-/.test(name)
    );
}

/** @throws SetupError when it fails; unless the rule that wants fresh snapshots is waived, which is the way out where backups are what is mended */
async function snapshotBeforeMigration(out: Terminal, session: Session): Promise<void> {
    const { waive } = session.settings;
    const backup = (await session.host.containers()).find(({ role }) => role === "backup");
    if (backup?.state !== "running") {
        out.warn("the backup service doesn't run, so there is no snapshot before this migration; the update starts it");
        return;
    }
    if (waive["backup-fresh"] !== undefined && Date.now() < Date.parse(waive["backup-fresh"].until) + 86_400_000) return;
    await mustSnapshot(out, session, "the migration", { reason: "before-migration" });
}
