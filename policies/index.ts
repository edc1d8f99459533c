import { nearest, pathText, type Settings } from "../infra/settings";
import { backupDrill } from "./backup-drill";
import { backupOffsite } from "./backup-offsite";
import { backupOn } from "./backup-on";
import { dataProtected } from "./data-protected";
import { debugOff } from "./debug-off";
import { exactHosts } from "./exact-hosts";
import { httpsOrigins } from "./https-origins";
import { pinnedImages } from "./pinned-images";
import type { Policy } from "./policy";
import { publicTls } from "./public-tls";
import { realNames } from "./real-names";
import { secretAge } from "./secret-age";
import { secretsNotInEnv } from "./secrets-not-in-env";
import { strongSecrets } from "./strong-secrets";

export type { Policy } from "./policy";

/** Every rule, in the order in which they report. */
export const policies: readonly Policy[] = [
    ...[realNames, publicTls, httpsOrigins, debugOff, exactHosts, strongSecrets, secretsNotInEnv, secretAge],
    ...[pinnedImages, backupOn, backupOffsite, backupDrill, dataProtected],
];

/** What the policies say of a stack: one line each, beginning with the path of the setting and ending with the rule's name. */
export interface Verdict {
    /** What has to be put right before anything is deployed. */
    readonly refused: readonly string[];
    /** What production would refuse, seen in staging. */
    readonly warned: readonly string[];
    /** What would be refused or warned of, but for an entry of `quai:waive`. */
    readonly waived: readonly string[];
}

/** The stack breaks rules of its environment. */
export class PolicyError extends Error {
    override readonly name = "PolicyError";

    constructor(
        readonly stackName: string,
        readonly problems: readonly string[],
    ) {
        const count = problems.length === 1 ? "for one reason" : `for ${problems.length} reasons`;
        const way = "For a rule that cannot be kept for now: quai:waive: { <rule>: { reason: …, until: YYYY-MM-DD } }";
        super(`Pulumi.${stackName}.yaml is refused ${count}:\n${problems.join("\n")}\n${way}`);
    }
}

/** Judges a stack: production refuses, staging warns, development is free. Waivers that name no rule are refused everywhere. */
export function judge(settings: Settings, now: Date = new Date()): Verdict {
    const verdict = { refused: strayWaivers(settings), warned: [] as string[], waived: [] as string[] };
    if (settings.environment === "development") return verdict;
    const broken = settings.environment === "production" ? verdict.refused : verdict.warned;
    for (const { id, fix, check } of policies) {
        const waiver = settings.waive[id];
        const ended = waiver !== undefined && now.getTime() >= Date.parse(waiver.until) + 86_400_000;
        for (const problem of check(settings, now)) {
            if (waiver !== undefined && !ended)
                verdict.waived.push(`${problem}; waived until ${waiver.until}: ${waiver.reason} (rule ${id})`);
            else broken.push(`${problem}; ${fix} (rule ${id}${ended ? `, whose waiver ended on ${waiver.until}` : ""})`);
        }
    }
    return verdict;
}

/**
 * Judges a stack and stops it if anything is refused.
 *
 * @returns what to warn of
 * @throws PolicyError that lists everything that is refused
 */
export function enforce(settings: Settings, now: Date = new Date()): Verdict {
    const verdict = judge(settings, now);
    if (verdict.refused.length > 0) throw new PolicyError(settings.stack, verdict.refused);
    return verdict;
}

function strayWaivers({ waive }: Settings): string[] {
    const ids = policies.map(({ id }) => id);
    return Object.keys(waive)
        .filter((id) => !ids.includes(id))
        .map((id) => {
            const near = nearest(id, ids);
            return `${pathText(["waive", id])}: there is no such rule; ${near !== undefined ? `did you mean ${near}?` : `known: ${ids.join(", ")}`}`;
        });
}
