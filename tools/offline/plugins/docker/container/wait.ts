import type { CallContext } from "../../kit/types";
import { pause } from "../cancel";
import type { EngineClient } from "../engine/client";
import { flag, integer, text, type Values } from "../values";
import { inspectContainer, type InspectedContainer } from "./inspect";
import { containerLogs } from "./logs";

const LAST_LINES = 20;
/** Checks often at first: most containers are healthy within seconds, and a release waits for each of them. */
const EAGER_MILLISECONDS = 5000;
const SAID_MILLISECONDS = 2000;

/** Waits until the container is healthy. Fails after `waitTimeout` seconds, or at once where it ended for good or has no healthcheck. */
export async function waitUntilHealthy(engine: EngineClient, id: string, inputs: Values, context: CallContext): Promise<void> {
    const name = text(inputs, "name") ?? id;
    const seconds = integer(inputs, "waitTimeout") ?? 60;
    const started = Date.now();
    let said = started;
    for (;;) {
        const found = await inspectContainer(engine, id);
        if (found === undefined) {
            throw new Error(`container "${name}": it disappeared while it was waited for (with rm it is removed as soon as it ends)`);
        }
        const health = found.State.Health;
        if (health === undefined) {
            throw new Error(
                `container "${name}": wait needs a healthcheck, and neither the program nor the image gives one; add healthcheck`,
            );
        }
        if (health.Status === "healthy") {
            return;
        }
        if (endedForGood(found, inputs)) {
            throw new Error(await explain(engine, found, inputs, "ended before it was healthy"));
        }
        const waited = Date.now() - started;
        if (waited >= seconds * 1000) {
            throw new Error(await explain(engine, found, inputs, `failed to be in healthy state within waitTimeout (${seconds} s)`));
        }
        if (Date.now() - said > SAID_MILLISECONDS) {
            said = Date.now();
            context.log("info", `waiting to be healthy: ${health.Status}, ${Math.round(waited / 1000)} of ${seconds} s`, true);
        }
        await pause(waited < EAGER_MILLISECONDS ? 200 : 1000, context.signal);
    }
}

function endedForGood(found: InspectedContainer, inputs: Values): boolean {
    return found.State.Status === "exited" && !found.State.Restarting && (text(inputs, "restart") ?? "no") === "no";
}

/** What happened, the last answer of the healthcheck and the last lines of output. */
async function explain(engine: EngineClient, found: InspectedContainer, inputs: Values, what: string): Promise<string> {
    const { State: state } = found;
    const check = state.Health?.Log?.at(-1);
    const parts = [`container "${text(inputs, "name") ?? found.Id}" ${what}: ${stateText(found)}`];
    if (check !== undefined) {
        parts.push(`last healthcheck (exit code ${check.ExitCode}): ${check.Output.trim() || "no output"}`);
    }
    const output = await lastOutput(engine, found.Id, flag(inputs, "tty"));
    parts.push(output === "" ? "it has written no output" : `last lines of its output:\n${output}`);
    return parts.join("\n");
}

function stateText({ State: state }: InspectedContainer): string {
    const health = state.Health === undefined ? "" : `, ${state.Health.Status} after ${state.Health.FailingStreak} failed checks in a row`;
    const exit = state.Running ? "" : `, exit code ${state.ExitCode}${state.OOMKilled === true ? ", out of memory" : ""}`;
    return `${state.Status}${exit}${health}`;
}

export async function lastOutput(engine: EngineClient, id: string, tty: boolean): Promise<string> {
    try {
        const output = await containerLogs(engine, id, { tty, tail: LAST_LINES });
        return output
            .split("\n")
            .slice(-LAST_LINES - 1)
            .join("\n")
            .trim();
    } catch (error) {
        // Some log drivers can't be read back; the failure itself matters more.
        return `(its output can't be read: ${error instanceof Error ? error.message : String(error)})`;
    }
}
