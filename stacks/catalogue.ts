import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { Preset } from "../infra/settings";

/** Applications that are described in a file of this folder, in the words of quai:custom. */
const described = readdirSync(__dirname).flatMap((file) => /^([a-z][a-z0-9-]*)\.yaml$/.exec(file)?.[1] ?? []);

/** What `quai:application` may name. The command line reads this before the program runs, so nothing of Pulumi is loaded here. */
export const applications: readonly string[] = ["custom", "demo", ...described.sort()];

/** The description of an application; undefined where it is in the stack file, or programmed. */
export function presetOf(application: string): Preset | undefined {
    const path = join(__dirname, `${application}.yaml`);
    if (!described.includes(application) || !existsSync(path)) {
        return undefined;
    }
    const { settings = {}, ...rest } = parse(readFileSync(path, "utf8")) as Record<string, Record<string, unknown>>;
    return { settings, application: { name: application, ...rest } };
}
