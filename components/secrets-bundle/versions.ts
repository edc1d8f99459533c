/**
 * The days on which a secret was renewed, as settings write them: the last one, or a list with the newest first, whose others are former
 * values that still count for a while. The first signs: a newer one right behind it is the next, which others are told of before. A second renewal of a day is `2026-11-20.2`; `first` is the value from before any renewal.
 */
export type Renewals = string | readonly string[];

/** In settings: the value that a secret had before it was ever renewed. */
export const FIRST = "first";
/** In names and in the state, the same. */
const FIRST_VERSION = "1";

const HOUR = 3_600_000;
/** From the beginning of a day in UTC until it has ended everywhere on Earth. */
const WHOLE_DAY = 36 * HOUR;

/** Versions of a secret, the present one first. */
export function versionsOf(renewals: Renewals | undefined): readonly [string, ...string[]] {
    const [present = FIRST_VERSION, ...former] = [renewals ?? []].flat().map((each) => (each === FIRST ? FIRST_VERSION : each));
    return [present, ...former];
}

/** The day of a version; undefined for the value from before any renewal. */
export function dayOf(version: string): string | undefined {
    return /^\d{4}-\d\d-\d\d/.exec(version)?.[0];
}

/** The day of the last renewal, and which one of that day it was. */
export function renewalOf(version: string): readonly [day: string, number: number] {
    return [dayOf(version) ?? "", Number(/\.(\d+)$/.exec(version)?.[1] ?? 1)];
}

/** Whether the first of two versions is the newer one. */
export function isNewer(version: string, than: string): boolean {
    const [[day, number], [otherDay, otherNumber]] = [renewalOf(version), renewalOf(than)];
    return day === otherDay ? number > otherNumber : day > otherDay;
}

/** The version that will sign next, if the settings say so: everything that verifies is told of it before. */
export function nextOf([present = FIRST_VERSION, next]: readonly string[]): string | undefined {
    return next !== undefined && isNewer(next, present) ? next : undefined;
}

/** Versions that have signed or sign now, the newest first. */
export function signedWith(versions: readonly string[]): readonly string[] {
    return nextOf(versions) === undefined ? versions : versions.filter((_, index) => index !== 1);
}

/**
 * The versions that count beside the present one: the next, and former ones, each for so many seconds from the end of the day on which another
 * took its place.
 */
export function formerVersions(versions: readonly string[], overlap: number, now: Date): readonly string[] {
    const [next, signed] = [nextOf(versions), signedWith(versions)];
    const former = signed.slice(1).filter((_, index) => {
        const replacedOn = Date.parse(dayOf(signed[index] ?? "") ?? "");
        return overlap > 0 && now.getTime() < replacedOn + WHOLE_DAY + overlap * 1000;
    });
    return next === undefined ? former : [next, ...former];
}

/** Versions of the authority that signs the stack's own certificates, the former ones as long as they count. */
export interface AuthorityVersions {
    readonly present: string;
    readonly former: readonly string[];
}

/** The one that was never renewed. */
export const FIRST_AUTHORITY: AuthorityVersions = { present: FIRST_VERSION, former: [] };

export function isFirst({ present, former }: AuthorityVersions): boolean {
    return present === FIRST_VERSION && former.length === 0;
}

/** Changes when what is trusted does. */
export function trustedVersion({ present, former }: AuthorityVersions): string {
    return [present, ...former].join("+");
}

/** Name of that authority in `quai:rotation`. */
export const AUTHORITY = "localAuthority";
