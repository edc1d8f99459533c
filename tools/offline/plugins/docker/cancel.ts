import { setTimeout as sleep } from "node:timers/promises";

/** Waits, and throws as soon as the engine (Pulumi) cancels. Milliseconds. */
export async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
    try {
        await sleep(milliseconds, undefined, { signal });
    } catch {
        throw new Error("cancelled");
    }
}
