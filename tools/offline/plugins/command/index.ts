import { version } from "@pulumi/command/package.json";
import facts from "../facts/command.json";
import type { Plugin } from "../kit/types";
import { copyToRemote } from "./copy-to-remote";
import { localCommand } from "./local-command";
import { remoteCommand } from "./remote-command";
import { closeSessions } from "./ssh-pool";

/** Commands on this machine and, over OpenSSH, on others. */
export const plugin: Plugin = {
    name: "command",
    version,
    facts,
    resources: {
        "command:local:Command": localCommand,
        "command:remote:Command": remoteCommand,
        "command:remote:CopyToRemote": copyToRemote,
    },
    close: closeSessions,
};
