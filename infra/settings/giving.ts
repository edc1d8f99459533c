import { isMapping } from "./problems";

/** The command that gives a secret its value, encrypted. @param secret its name, or `name.former` */
export function setCommand(secret: string, stack: string): string {
    return `./quai secrets set ${secret}${stack === "dev" ? "" : ` --stack ${stack}`}`;
}

/**
 * Entries of a stack file's `quai:secrets` that stand readable there, one problem each. The engine tells only whether a whole setting has
 * something encrypted in it.
 *
 * @param config the `quai:` keys as they are written, `{ secure: … }` included
 */
export function clearSecrets(config: Readonly<Record<string, unknown>>, stack: string): string[] {
    const secrets = config["quai:secrets"];
    if (!isMapping(secrets)) return [];
    return Object.entries(secrets)
        .filter(([name]) => name !== "secure")
        .flatMap(([name, given]) =>
            !isMapping(given) ? [name] : ["value", "former"].flatMap((part) => (isText(given[part]) ? [`${name}.${part}`] : [])),
        )
        .map(
            (path) =>
                `quai:secrets.${path}: is written in clear: set it anew with \`${setCommand(path, stack)}\`, and renew what was in Git`,
        );
}

function isText(value: unknown): boolean {
    return value !== undefined && !isMapping(value);
}
