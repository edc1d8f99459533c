import { dayOf, versionsOf } from "../components/secrets-bundle/versions";
import { formatDuration, pathText, setCommand, type Settings } from "../infra/settings";
import type { Found, Level, Policy } from "./policy";
import { isIdentifier } from "./strong-secrets";

/** Most days between two renewals; keys that sign tokens are longer than any password and change once a year (R32). */
export const SECRET_DAYS = { other: 90, signing: 365 } as const;
/** Days before the limit from which on it is warned: whoever deploys weekly hears of it twice. */
const NOTICE_DAYS = 14;

/** Where only the name is known. */
export function kindOf(name: string): keyof typeof SECRET_DAYS {
    return /jwt|rsa|keypair|signing|ed25519|certificate|authority/i.test(name) ? "signing" : "other";
}

/** Where a description says what it is. */
function kindIn({ custom }: Settings, name: string): keyof typeof SECRET_DAYS {
    const kind = custom?.secrets[name]?.kind;
    return kind === "rsa" || kind === "ed25519" || kind === "certificate" ? "signing" : kindOf(name);
}

export function ageInDays(date: string, now: Date): number {
    return Math.floor((now.getTime() - Date.parse(date)) / 86_400_000);
}

/** Of a secret that was given: where its value stands, another one does. */
function remedyOf({ secrets, stack }: Settings, name: string): string {
    const given = secrets[name];
    const source = typeof given === "object" && given.value === undefined ? given : undefined;
    if (source === undefined) return `give another value with \`${setCommand(name, stack)}\``;
    return source.environment === undefined
        ? `put another value where ${source.command?.[0] ?? "its command"} reads it`
        : `put another value in variable ${source.environment}`;
}

export const secretAge: Policy = {
    id: "secret-age",
    why: "A secret that leaked unnoticed is good for as long as it isn't renewed: 90 days at most, a year for keys that sign tokens (R32).",
    fix: "rotate it: write today's date there, the next update does it without an interruption",
    checkAround: ({ secrets = [] }, settings, now) => {
        const { rotation, secretGrace } = settings;
        const dated = Object.entries(rotation).flatMap(([name, renewals]) => {
            const rotatedOn = dayOf(versionsOf(renewals)[0]);
            return rotatedOn === undefined ? [] : [{ name, kind: kindIn(settings, name), rotatedOn, given: false }];
        });
        // A date in the settings is newer than what runs: the update that is judged would rotate.
        const others = secrets.filter(({ name }) => dated.every((each) => each.name !== name) && !isIdentifier(settings, name));
        return [...dated, ...others].flatMap(({ name, kind, rotatedOn, given }): Found[] => {
            const [age, limit, grace] = [ageInDays(rotatedOn, now), SECRET_DAYS[kind], Math.floor(secretGrace / 86_400)];
            const path = pathText([given === true ? "secrets" : "rotation", name]);
            const found = (words: string, level: Level): Found[] => {
                const problem = `${path}: ${rotatedOn} is ${age} days ago${words}`;
                if (given === true) return [{ problem, level, fix: remedyOf(settings, name) }];
                return [level === "refuse" ? problem : { problem, level }];
            };
            if (age > limit + grace) {
                return found(`, more than ${limit}${grace === 0 ? "" : ` and ${formatDuration(secretGrace)} of grace`}`, "refuse");
            }
            if (age > limit) return found(`, more than ${limit}; refused from ${limit + grace + 1} days on`, "warn");
            return age > limit - NOTICE_DAYS ? found(`; more than ${limit} is refused`, "warn") : [];
        });
    },
};
