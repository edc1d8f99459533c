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

/** Lines of the engine that say nothing to the reader, or that tell him to do what `./quai` does by itself. */
const NOISE = [
    ...[/^@ /, /^\s*$/, /^Updating \(/, /^Previewing update/, /^View (Live|in Browser)/, /^\s*pulumi:pulumi:Stack quai-\S+\s*$/],
    // After a deletion: the state goes, too, as soon as the engine has ended.
    ...[/^The resources in the stack have been deleted, but the history/, /^If you want to remove the stack completely, run /],
];

/** `+  docker:index:Container api-3fa9 creating (2s) waiting to be healthy` */
const PROGRESS = /^\s*[+~<>-]+\s+(\S+) (\S+) (\w+(?: \w+)?) \([\d.]+m?s\)\s*(.*)$/;
const EVERY_MS = 5_000;

/**
 * Decides which of the engine's lines are shown: the beginning and the end of what happens to a resource, everything that a command
 * prints, and a sign of life every few seconds. The engine repeats a line whenever anything about it changes.
 */
export function progressFilter(now: () => number = Date.now): (line: string) => string | undefined {
    const shown = new Map<string, { readonly text: string; readonly at: number }>();
    return (line) => {
        if (NOISE.some((pattern) => pattern.test(line))) {
            return undefined;
        }
        const [, type = "", name = "", verb = "", detail = ""] = PROGRESS.exec(line) ?? [];
        if (name === "") {
            return line;
        }
        const last = shown.get(`${name} ${verb}`);
        const speaks = type.startsWith("command:") && detail !== "" && detail !== last?.text;
        if (last !== undefined && !speaks && now() - last.at < EVERY_MS) {
            return undefined;
        }
        shown.set(`${name} ${verb}`, { text: detail, at: now() });
        return line;
    };
}

/** Runs an operation of the engine and shows its lines as they come. */
export async function runEngine(out: Terminal, session: Session, operation: readonly string[]): Promise<UpdateResult> {
    let changed = false;
    const filter = progressFilter();
    const result = await runPulumi(session.engine, [...operation, ...engineArguments(session)], {
        env: session.dockerEnv,
        signal: interruptSignal(),
        onLine: (line) => {
            changed ||= /^\s+\d+ changes?\.|^\s+[+~-]+\s*\d+ /.test(line);
            const text = filter(line);
            if (text !== undefined) {
                out.info(text);
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
