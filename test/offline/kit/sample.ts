import { join } from "node:path";
import { CallFailure, PluginProcess } from "../harness";

export const BOX = "docker:index/box:Box";
export const FROZEN = "docker:index/frozen:Frozen";
export const TSX = join(__dirname, "../../../node_modules/.bin/tsx");
export const SAMPLE = join(__dirname, "sample-plugin.ts");

export function startSample(): Promise<PluginProcess> {
    return PluginProcess.start(TSX, [SAMPLE]);
}

/** The failure of a call that must fail. */
export async function failureOf(call: Promise<unknown>): Promise<CallFailure> {
    const outcome = await call.then(
        () => undefined,
        (error: unknown) => error,
    );
    if (outcome instanceof CallFailure) return outcome;
    throw new Error("the call did not fail");
}
