import { run, type RunOptions, type RunResult } from "./process";
import type { Engine } from "./types";

export type PulumiOptions = Omit<RunOptions, "abortSignal" | "killAfterMs">;

/**
 * Runs `pulumi` in the checkout, with the engine's environment and `options.env` on top. An abort asks it to stop as Ctrl-C would, which
 * lets it write its state down; it is killed after two minutes.
 */
export function runPulumi(engine: Engine, args: readonly string[], options: PulumiOptions = {}): Promise<RunResult> {
    return run(engine.pulumi, args, {
        cwd: engine.checkout,
        ...options,
        env: { ...engine.env, ...options.env },
        abortSignal: "SIGINT",
        killAfterMs: 120_000,
    });
}
