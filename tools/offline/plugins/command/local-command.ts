import facts from "../facts/command.json";
import { statSync } from "node:fs";
import type { CheckFailure, Properties, ResourceHandler } from "../kit/types";
import { commandHandler, environmentOf, loggingOf, previousOutput, text } from "./lifecycle";
import { run } from "./run";

const SHELL = ["/bin/sh", "-c"];

/** A command on the machine that runs the engine. */
export const localCommand: ResourceHandler = {
    ...commandHandler(facts.resources["command:local:Command"].inputs, async (command, inputs, previous, context) => {
        const [file = "/bin/sh", ...args] = interpreterOf(inputs);
        const cwd = text(inputs, "dir");
        if (cwd !== undefined && !isFolder(cwd)) throw new Error(`dir: no such folder (got ${JSON.stringify(cwd)})`);
        const env = { ...process.env, ...environmentOf(inputs), ...previousOutput(inputs, previous) };
        return run({ file, args: [...args, command], cwd, env, stdin: text(inputs, "stdin"), logging: loggingOf(inputs) }, context);
    }),
    check(inputs) {
        return ["assetPaths", "archivePaths"].flatMap((property): CheckFailure[] => {
            if (inputs[property] === undefined) return [];
            return [{ property, reason: "files as results are beyond the fallback plugin: leave it out, or install the official plugin" }];
        });
    },
};

function interpreterOf(inputs: Properties): readonly string[] {
    const interpreter = inputs["interpreter"];
    if (!Array.isArray(interpreter) || interpreter.length === 0) return SHELL;
    return interpreter.filter((word): word is string => typeof word === "string");
}

function isFolder(path: string): boolean {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
