import { CONTAINER, texts } from "./made";
import type { Policy } from "./policy";
import { buildArguments, environmentVariables, type Variable } from "./variables";

const SECRET_NAME = /(^|_)(PASSWORD|PASSWD|SECRET|SECRET_KEY|SIGNING_KEY|PRIVATE_KEY|API_KEY|ACCESS_KEY|TOKEN)$/i;
const CREDENTIALS = /^[a-z][a-z0-9+.-]*:\/\/[^\s/]*:[^\s/]+@/i;

function suspicion({ path, name, value }: Variable): string[] {
    if (CREDENTIALS.test(value)) return [`${path}: is an address with a password in it`];
    return SECRET_NAME.test(name) && value !== "" ? [`${path}: looks like a secret`] : [];
}

export const secretsNotInEnv: Policy = {
    id: "secrets-not-in-env",
    why: "Environment variables and build arguments are readable in the stack file, by `docker inspect` and in image layers (R27).",
    fix: "move it to quai:secrets, and renew it, as it has been in Git",
    staging: "refuse",
    check: (settings) => [...environmentVariables(settings), ...buildArguments(settings)].flatMap(suspicion),
    checkResource: ({ type, name, inputs }) =>
        type !== CONTAINER
            ? []
            : texts(inputs["envs"]).flatMap((pair) => {
                  const variable = pair.split("=")[0] ?? "";
                  return suspicion({
                      path: `container ${name}, variable ${variable}`,
                      name: variable,
                      value: pair.slice(variable.length + 1),
                  });
              }),
};
