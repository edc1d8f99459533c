import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Session } from "./session";
import { stackNames } from "./stack-file";
import { outputsOf, parseStateFile, readState, stateFolder } from "./state";

const DAYS = 7;
const DAY = 86_400_000;

/**
 * Stacks of the same application whose file is gone while this one is deployed for the first time: the file was renamed, and the engine
 * would begin anew beside the data. Where the state is elsewhere than in files, nobody is asked.
 *
 * @returns why nothing is done, one text each
 */
export async function movedAway(session: Session, now: Date): Promise<readonly string[]> {
    const { engine, stack, checkout, settings } = session;
    const folder = join(stateFolder(engine) ?? "", "stacks", "quai");
    if ((settings.environment !== "production" && !settings.protect) || stateFolder(engine) === undefined || !existsSync(folder)) return [];
    const own = await readState(engine, stack);
    if (own !== undefined && own.resources.length > 0) return [];
    const files = stackNames(checkout);
    return readdirSync(folder)
        .flatMap((file) => /^(.+)\.json$/.exec(file)?.[1] ?? [])
        .filter((name) => name !== stack && !files.includes(name))
        .filter((name) => {
            const former = parseStateFile(readFileSync(join(folder, `${name}.json`), "utf8"));
            const until = settings.retired[name];
            const left = until !== undefined && now.getTime() < Date.parse(until) + DAY;
            return former.resources.length > 0 && outputsOf(former)["application"] === settings.name && !left;
        })
        .map((name) => {
            const until = new Date(now.getTime() + DAYS * DAY).toISOString().slice(0, 10);
            return `stack ${name} is deployed and has no file any more, and ${stack} would begin with empty data beside it. If Pulumi.${name}.yaml was renamed, rename it back, or rename the stack (\`pulumi stack rename\`, docs/security.md); to leave ${name} as it is, write into Pulumi.${stack}.yaml: quai:retired: { ${JSON.stringify(name)}: ${until} }`;
        });
}
