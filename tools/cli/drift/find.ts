import { messageOf } from "../../engine/types";
import type { Report } from "../report/report";
import { reportOn } from "../report/make";
import type { Session } from "../stack/session";
import { hostDrift } from "../stack/prepare";
import { stackStatus } from "../stack/status";
import type { StackState } from "../stack/state";
import type { Terminal } from "../terminal";
import { backupFindings, certificateFindings } from "./ages";
import { compare, imageReferences } from "./compare";
import { compareFiles, expectedFiles, exportedState, fileDigests } from "./files";
import type { Finding } from "./findings";
import { machineFindings } from "./machine";
import { observe } from "./observe";

/** `./quai drift --json`: names and types are a contract. */
export interface Drift {
    readonly stack: string;
    readonly findings: readonly Finding[];
    /** What an update would do that compares with what really runs; it has the stack file's changes in it, too. */
    readonly update: Report;
    /** What could not be looked at. */
    readonly notes: readonly string[];
}

/** Compares the state with what is: what the engine sees by a refresh, and what no state can know. Nothing is changed. */
export async function findAll(out: Terminal, session: Session, state: StackState, now = new Date()): Promise<Drift> {
    const { report } = await reportOn(out, session, { refresh: true });
    const seen = await observe(session, imageReferences(state));
    const notes: string[] = [];
    const expected = expectedFiles(
        await exportedState(session).then(
            (text) => text ?? note(notes, "files were not compared: the state's secrets can't be decrypted here"),
        ),
    );
    const volumes = [...new Set(expected.map(({ volume }) => volume))].filter((volume) => seen.volumes.includes(volume));
    const digests = await fileDigests(session, state, volumes).catch((error: unknown) => {
        notes.push(`files were not compared: ${messageOf(error)}`);
        return new Map<string, Readonly<Record<string, string>>>();
    });
    const status = await stackStatus(session);
    const machine = await machineFindings(session, seen);
    notes.push(...machine.notes);
    const findings = [
        ...(await hostDrift(session, state)).map(({ step, what, urn }): Finding => ({
            kind: "machine",
            what: `${step}: ${what}`,
            repair: { kind: "machine", urn },
        })),
        ...compare(session.settings.stackId, state, seen),
        ...machine.findings,
        ...compareFiles(expected, digests),
        ...certificateFindings(state, now),
        ...backupFindings(status),
    ];
    return { stack: session.settings.stackId, findings, update: report, notes };
}

function note(notes: string[], text: string): undefined {
    notes.push(text);
    return undefined;
}
