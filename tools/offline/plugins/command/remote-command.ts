import facts from "../facts/command.json";
import type { CheckFailure, ResourceHandler } from "../kit/types";
import { checkConnection, connectionOf } from "./connection";
import { commandHandler, environmentOf, loggingOf, previousOutput, text } from "./lifecycle";
import { sessionFor } from "./ssh-pool";

/** A command on another machine, over OpenSSH. */
export const remoteCommand: ResourceHandler = {
    ...commandHandler(facts.resources["command:remote:Command"].inputs, async (command, inputs, previous, context) => {
        const environment = environmentOf(inputs);
        if (Object.keys(environment).length > 0) {
            const note =
                "environment: the official plugin passes it only where the server's AcceptEnv allows it; standard input always works";
            context.log("warning", note);
        }
        const job = {
            command,
            environment: { ...environment, ...previousOutput(inputs, previous) },
            stdin: text(inputs, "stdin"),
            logging: loggingOf(inputs),
        };
        return sessionFor(connectionOf(inputs)).run(job, context);
    }),
    check(inputs) {
        const names = Object.keys(environmentOf(inputs)).filter((name) => !/^[A-Za-z_]\w*$/.test(name));
        const failures = names.map((name): CheckFailure => ({
            property: "environment",
            reason: `${JSON.stringify(name)} is no name of an environment variable`,
        }));
        return [...checkConnection(inputs), ...failures];
    },
};
