import { randomBytes } from "node:crypto";
import { UNKNOWN, type CallContext, type Properties, type ResourceHandler } from "../kit/types";
import { compareInputs } from "../kit/diff";
import { sameValue } from "../kit/values";
import type { PropertyFacts } from "../kit/types";
import type { Finished, Logging } from "./run";

/** What a command left behind the last time it ran. */
export interface Previous {
    readonly stdout: string;
    readonly stderr: string;
}

/** Runs one command; the two kinds of command differ in where. */
export type Runner = (command: string, inputs: Properties, previous: Previous, context: CallContext) => Promise<Finished>;

/** How much of a failed command's output its error shows, in characters, from the end. */
const TAIL = 4000;

/** The life of a command: `create` once, `update` (or else `create`) when an input changes, `delete` where it is set. */
export function commandHandler(facts: Readonly<Record<string, PropertyFacts>>, run: Runner): Omit<ResourceHandler, "check"> {
    const execute = async (command: string, inputs: Properties, previous: Previous, context: CallContext): Promise<Properties> => {
        const finished = await run(command, inputs, previous, context);
        if (finished.code !== 0) throw new Error(failureOf(command, inputs, finished));
        return { stdout: withoutNewline(finished.stdout), stderr: withoutNewline(finished.stderr) };
    };
    const nothing: Previous = { stdout: "", stderr: "" };
    return {
        diff: (_id, previousInputs, _previousOutputs, inputs) => compareInputs(facts, previousInputs, inputs),
        previewUpdate(_id, previousInputs, previousOutputs, inputs) {
            const same = Object.keys({ ...previousInputs, ...inputs }).every((key) => sameValue(previousInputs[key], inputs[key]));
            return same ? recorded(previousOutputs) : { stdout: UNKNOWN, stderr: UNKNOWN };
        },
        async create(inputs, context) {
            const id = context.resource.name + randomBytes(4).toString("hex");
            const command = text(inputs, "create");
            const outputs = command === undefined ? nothing : await execute(command, inputs, nothing, context);
            return { id, outputs: { ...inputs, ...outputs } };
        },
        async update(_id, _previousInputs, previousOutputs, inputs, context) {
            const previous = recorded(previousOutputs);
            const command = text(inputs, "update") ?? text(inputs, "create");
            const outputs = command === undefined ? previous : await execute(command, inputs, previous, context);
            return { ...inputs, ...outputs };
        },
        async delete(_id, _inputs, outputs, context) {
            const command = text(outputs, "delete");
            if (command !== undefined) await execute(command, outputs, recorded(outputs), context);
        },
    };
}

/** The output of the previous run, for the next one to see. */
export function previousOutput(inputs: Properties, previous: Previous): Readonly<Record<string, string>> {
    if (inputs["addPreviousOutputInEnv"] === false) return {};
    return {
        ...(previous.stdout === "" ? {} : { PULUMI_COMMAND_STDOUT: previous.stdout }),
        ...(previous.stderr === "" ? {} : { PULUMI_COMMAND_STDERR: previous.stderr }),
    };
}

export function text(properties: Properties, name: string): string | undefined {
    const value = properties[name];
    return typeof value === "string" ? value : undefined;
}

export function loggingOf(inputs: Properties): Logging {
    const logging = inputs["logging"];
    return logging === "stdout" || logging === "stderr" || logging === "none" ? logging : "stdoutAndStderr";
}

export function environmentOf(inputs: Properties): Readonly<Record<string, string>> {
    const environment = inputs["environment"];
    if (typeof environment !== "object" || environment === null) return {};
    return Object.fromEntries(Object.entries(environment).filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

function recorded(outputs: Properties): { stdout: string; stderr: string } {
    return { stdout: text(outputs, "stdout") ?? "", stderr: text(outputs, "stderr") ?? "" };
}

function withoutNewline(output: string): string {
    return output.endsWith("\n") ? output.slice(0, -1) : output;
}

/** Like the official one, without what could be a secret: the input is never shown, and the output only where it would be logged. */
function failureOf(command: string, inputs: Properties, finished: Finished): string {
    const how = finished.code === undefined ? `signal: ${finished.signal ?? "unknown"}` : `exit status ${finished.code}`;
    const shown = loggingOf(inputs) === "none" ? '(output not shown: logging is "none")' : finished.combined;
    const output = shown.length > TAIL ? `…${shown.slice(-TAIL)}` : shown;
    return `${how}: running ${JSON.stringify(command)}:\n${output}`;
}
