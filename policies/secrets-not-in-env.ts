import type { Policy } from "./policy";
import { buildArguments, environmentVariables } from "./variables";

const SECRET_NAME = /(^|_)(PASSWORD|PASSWD|SECRET|SECRET_KEY|SIGNING_KEY|PRIVATE_KEY|API_KEY|ACCESS_KEY|TOKEN)$/i;
const CREDENTIALS = /^[a-z][a-z0-9+.-]*:\/\/[^\s/]*:[^\s/]+@/i;

export const secretsNotInEnv: Policy = {
    id: "secrets-not-in-env",
    why: "Environment variables and build arguments are readable in the stack file, by `docker inspect` and in image layers (R27).",
    fix: "move it to quai:secrets, and renew it, as it has been in Git",
    check: (settings) =>
        [...environmentVariables(settings), ...buildArguments(settings)].flatMap(({ path, name, value }) => {
            if (CREDENTIALS.test(value)) return [`${path}: is an address with a password in it`];
            return SECRET_NAME.test(name) && value !== "" ? [`${path}: looks like a secret`] : [];
        }),
};
