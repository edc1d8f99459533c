import { nearest, pathText, type Settings } from "../infra/settings";
import type { Around } from "./around";
import { backupDrill } from "./backup-drill";
import { backupFresh } from "./backup-fresh";
import { backupOffsite } from "./backup-offsite";
import { backupOn } from "./backup-on";
import { certificateValid } from "./certificate-valid";
import { dataProtected } from "./data-protected";
import { debugOff } from "./debug-off";
import { encryptedDisk } from "./encrypted-disk";
import { exactHosts } from "./exact-hosts";
import { httpsOrigins } from "./https-origins";
import type { Made } from "./made";
import { noPrivileges } from "./no-privileges";
import { oneWayIn } from "./one-way-in";
import { ownHost } from "./own-host";
import { pinnedImages } from "./pinned-images";
import type { Found, Level, Policy } from "./policy";
import { publicTls } from "./public-tls";
import { realNames } from "./real-names";
import { secretAge } from "./secret-age";
import { secretsNotInEnv } from "./secrets-not-in-env";
import { sharedSecrets } from "./shared-secrets";
import { sharedState } from "./shared-state";
import { sqliteOneWriter } from "./sqlite-one-writer";
import { strongSecrets } from "./strong-secrets";

export type { Around, OtherStack, SecretAge } from "./around";
export type { Made } from "./made";
export type { Level, Policy } from "./policy";

/** Every rule, in the order in which they report. */
export const policies: readonly Policy[] = [
    ...[realNames, ownHost, publicTls, httpsOrigins, debugOff, exactHosts, strongSecrets, sharedSecrets, secretsNotInEnv, secretAge],
    ...[pinnedImages, sqliteOneWriter, oneWayIn, noPrivileges, encryptedDisk],
    ...[backupOn, backupOffsite, backupDrill, backupFresh, certificateValid, dataProtected, sharedState],
];

/** What the policies say of a stack: one line each, beginning with the path of the setting and ending with the rule's name. */
export interface Verdict {
    /** What has to be put right before anything is deployed. */
    readonly refused: readonly string[];
    /** What somebody should look at before it is refused, here or in production. */
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

/** What an environment does about a rule; development is free. */
export function levelOf(policy: Policy, environment: Settings["environment"]): Level {
    if (environment === "development") return "off";
    return environment === "production" ? (policy.production ?? "refuse") : (policy.staging ?? "warn");
}

/** Judges a stack by its settings and what is known around it. Waivers that name no rule are refused everywhere. */
export function judge(settings: Settings, now: Date = new Date(), around: Around = {}): Verdict {
    const verdict = judgeBy(settings, now, ({ check, checkAround }) => [
        ...(check?.(settings, now) ?? []),
        ...(checkAround?.(around, settings, now) ?? []),
    ]);
    return { ...verdict, refused: [...strayWaivers(settings), ...verdict.refused] };
}

/** Judges what would be made. */
export function judgeResources(settings: Settings, resources: Iterable<Made>, now: Date = new Date()): Verdict {
    const all = [...resources];
    return judgeBy(settings, now, ({ checkResource }) => (checkResource === undefined ? [] : all.flatMap(checkResource)));
}

function judgeBy(settings: Settings, now: Date, ask: (policy: Policy) => readonly Found[]): Verdict {
    const verdict = { refused: [] as string[], warned: [] as string[], waived: [] as string[] };
    for (const policy of policies) {
        const { id } = policy;
        const ownLevel = levelOf(policy, settings.environment);
        if (ownLevel === "off") continue;
        const waiver = settings.waive[id];
        const ended = waiver !== undefined && now.getTime() >= Date.parse(waiver.until) + 86_400_000;
        for (const found of new Set(ask(policy))) {
            const { problem, level, fix = policy.fix } = typeof found === "string" ? { problem: found, level: ownLevel } : found;
            if (waiver !== undefined && !ended)
                verdict.waived.push(`${problem}; waived until ${waiver.until}: ${waiver.reason} (rule ${id})`);
            else
                verdict[level === "refuse" && ownLevel === "refuse" ? "refused" : "warned"].push(
                    `${problem}; ${fix} (rule ${id}${ended ? `, whose waiver ended on ${waiver.until}` : ""})`,
                );
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
export function enforce(settings: Settings, now: Date = new Date(), around: Around = {}): Verdict {
    const verdict = judge(settings, now, around);
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
