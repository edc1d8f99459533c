import { version } from "@pulumi/command/package.json";
import facts from "../facts/command.json";
import type { Plugin } from "../kit/types";
import { localCommand } from "./local-command";

/** Commands on this machine and, over OpenSSH, on others. */
export const plugin: Plugin = {
    name: "command",
    version,
    facts,
    resources: {
        "command:local:Command": localCommand,
    },
};
