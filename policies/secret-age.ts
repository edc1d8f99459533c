import { dayOf, versionsOf } from "../components/secrets-bundle/versions";
import { formatDuration, pathText } from "../infra/settings";
import type { Found, Policy } from "./policy";

/** Most days between two renewals; keys that sign tokens are longer than any password and change once a year (R32). */
export const SECRET_DAYS = { other: 90, signing: 365 } as const;
/** Days before the limit from which on it is warned: whoever deploys weekly hears of it twice. */
const NOTICE_DAYS = 14;

/** Where only the name is known. */
export function kindOf(name: string): keyof typeof SECRET_DAYS {
    return /jwt|rsa|keypair|signing|ed25519/i.test(name) ? "signing" : "other";
}

export function ageInDays(date: string, now: Date): number {
    return Math.floor((now.getTime() - Date.parse(date)) / 86_400_000);
}

export const secretAge: Policy = {
    id: "secret-age",
    why: "A secret that leaked unnoticed is good for as long as it isn't renewed: 90 days at most, a year for keys that sign tokens (R32).",
    fix: "rotate it: write today's date there, the next update does it without an interruption",
    checkAround: ({ secrets = [] }, { rotation, secretGrace }, now) => {
        const dated = Object.entries(rotation).flatMap(([name, renewals]) => {
            const rotatedOn = dayOf(versionsOf(renewals)[0]);
            return rotatedOn === undefined ? [] : [{ name, kind: kindOf(name), rotatedOn }];
        });
        // A date in the settings is newer than what runs: the update that is judged would rotate.
        const others = secrets.filter(({ name }) => dated.every((each) => each.name !== name));
        return [...dated, ...others].flatMap(({ name, kind, rotatedOn }): Found[] => {
            const [age, limit, grace] = [ageInDays(rotatedOn, now), SECRET_DAYS[kind], Math.floor(secretGrace / 86_400)];
            const path = pathText(["rotation", name]);
            const since = `${rotatedOn} is ${age} days ago`;
            if (age > limit + grace) {
                const late = grace === 0 ? "" : ` and ${formatDuration(secretGrace)} of grace`;
                return [`${path}: ${since}, more than ${limit}${late}`];
            }
            if (age > limit)
                return [{ problem: `${path}: ${since}, more than ${limit}; refused from ${limit + grace + 1} days on`, level: "warn" }];
            return age > limit - NOTICE_DAYS ? [{ problem: `${path}: ${since}; more than ${limit} is refused`, level: "warn" }] : [];
        });
    },
};
