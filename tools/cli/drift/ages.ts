import { TYPE } from "../report/resources";
import { isRecord } from "../report/values";
import type { StackStatus } from "../stack/status";
import type { StackState } from "../stack/state";
import type { Finding } from "./findings";

/** Days before a certificate's end from which it is told. The stack's own are renewed by any update in their last 60 days. */
const SOON_DAYS = 30;
const OWN_SOON_DAYS = 60;
const DAY = 86_400_000;

/** Certificates that end soon: the stack's own by the state, one's own files as the program noted their end. */
export function certificateFindings(state: StackState, now: Date): readonly Finding[] {
    return state.resources.flatMap(({ type, urn, outputs }): Finding[] => {
        const name = urn.slice(urn.lastIndexOf("::") + 2);
        const end = outputs?.["validityEndTime"];
        if (type === TYPE.certificate && typeof end === "string")
            return ending(`certificate ${name}`, end, OWN_SOON_DAYS, now, { kind: "update" });
        const certificate = outputs?.["certificate"];
        const until = isRecord(certificate) ? certificate["until"] : undefined;
        const how = "renew it, put the files in place, and run ./quai up";
        return typeof until === "string" ? ending("your own certificate", until, SOON_DAYS, now, { kind: "hand", how }) : [];
    });
}

function ending(what: string, end: string, soonDays: number, now: Date, repair: Finding["repair"]): Finding[] {
    const days = Math.floor((Date.parse(end) - now.getTime()) / DAY);
    if (Number.isNaN(days) || days > soonDays) return [];
    const when = days < 0 ? `ended on ${end.slice(0, 10)}` : `ends in ${days} days, on ${end.slice(0, 10)}`;
    return [{ kind: "certificate", what: `${what} ${when}`, repair }];
}

/** What the backup service complains of: late, failed, drill failed, copy late. */
export function backupFindings(status: StackStatus): readonly Finding[] {
    return status.problems
        .filter((problem) => /backup|drill|off-site/.test(problem))
        .map((problem) => ({
            kind: "backup",
            what: problem,
            repair: /drill/.test(problem) ? { kind: "hand", how: "docs/backups.md says what a failed drill means" } : { kind: "backup" },
        }));
}
