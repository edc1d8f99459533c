import { pathText } from "../infra/settings";
import type { Policy } from "./policy";

/** Most days between two renewals; keys that sign tokens are longer than any password and change once a year (R32). */
const DAYS = 90;
const DAYS_OF_KEYS = 365;

export const secretAge: Policy = {
    id: "secret-age",
    why: "A secret that leaked unnoticed is good for as long as it isn't renewed: 90 days at most, a year for keys that sign tokens (R32).",
    fix: "write today's date: the next update rotates it without an interruption",
    check: ({ rotation }, now) =>
        Object.entries(rotation).flatMap(([name, date]) => {
            const limit = /jwt|rsa|keypair|signing/i.test(name) ? DAYS_OF_KEYS : DAYS;
            const age = Math.floor((now.getTime() - Date.parse(date)) / 86_400_000);
            return age > limit ? [`${pathText(["rotation", name])}: ${date} is ${age} days ago, more than ${limit}`] : [];
        }),
};
