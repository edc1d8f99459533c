import { pathText } from "../infra/settings";
import type { Policy } from "./policy";

export const sharedSecrets: Policy = {
    id: "shared-secrets",
    why: "A secret that two environments share makes every laptop of the weaker one a way into the stronger (R36).",
    fix: "give each environment a value of its own, and renew this one",
    staging: "refuse",
    checkAround: ({ others = [], fingerprints = {} }, settings) =>
        others
            .filter(({ environment }) => environment !== settings.environment)
            .flatMap((other) =>
                Object.entries(fingerprints).flatMap(([name, own]) =>
                    Object.entries(other.fingerprints)
                        .filter(([, theirs]) => theirs.some((each) => own.includes(each)))
                        .map(
                            ([theirName]) =>
                                `${pathText(["secrets", name])}: is the same as ${pathText(["secrets", theirName])} of Pulumi.${other.stack}.yaml (${other.environment})`,
                        ),
                ),
            ),
};
