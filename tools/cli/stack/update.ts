import { runPulumi } from "../../engine";
import { SetupError } from "../../engine/types";
import { interruptSignal } from "../interrupt";
import type { Terminal } from "../terminal";
import type { Session } from "./session";
import { engineArguments } from "./session";

export interface UpdateResult {
    readonly code: number;
    readonly changed: boolean;
}

/** Lines of the engine that say nothing to the reader. */
const NOISE = [/^@ /, /^\s*$/, /^Updating \(/, /^Previewing update/, /^View (Live|in Browser)/, /^\s*pulumi:pulumi:Stack quai-\S+\s*$/];

/** Runs an operation of the engine and shows its lines as they come. */
export async function runEngine(out: Terminal, session: Session, operation: readonly string[]): Promise<UpdateResult> {
    let changed = false;
    const result = await runPulumi(session.engine, [...operation, ...engineArguments(session)], {
        env: session.dockerEnv,
        signal: interruptSignal(),
        onLine: (line) => {
            changed ||= /^\s+\d+ changes?\.|^\s+[+~-]+\s*\d+ /.test(line);
            if (!NOISE.some((pattern) => pattern.test(line))) {
                out.info(line);
            }
        },
    });
    return { code: result.code, changed };
}

/** @throws SetupError that says what is still serving and what to do. */
export function mustHaveWorked(result: UpdateResult, what: string, next: string): void {
    if (result.code !== 0) {
        throw new SetupError(`${what} failed; see above. ${next}`);
    }
}
