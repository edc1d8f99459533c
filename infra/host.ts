import type { SshConnection } from "../components/targets/ssh";
import { sshConnection } from "../components/targets/ssh";
import type { Settings } from "./settings";

/** How the stack's host is reached; undefined: it's this machine, or none. */
export function sshOf({ target }: Settings): SshConnection | undefined {
    return target.kind === "docker" && target.host !== undefined
        ? sshConnection(target.host, target.hostKey, target.identityFile)
        : undefined;
}
