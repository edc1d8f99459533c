import { CONTAINER, type Made, mappings, roleOf, texts } from "./made";
import type { Policy } from "./policy";

/** With one of these a process in a container is as good as root of the host. */
const CAPABILITIES = /^(?:CAP_)?(?:ALL|SYS_ADMIN|SYS_MODULE|SYS_PTRACE|SYS_RAWIO|NET_ADMIN|DAC_READ_SEARCH|BPF)$/;
/** The backup service reads files of many users; it is root in its container for that, and has nothing of the host's. */
const BACKUP = /^(?:CAP_)?DAC_READ_SEARCH$/;
/** What listens for the proxy does so on the host's own addresses; it runs nothing else, and nobody's words reach it. */
const LISTENS = (made: Made, mode: string) => roleOf(made) === "port" && mode === "networkMode";
/** Folders of the host that open everything else. */
const FOLDERS =
    /^\/(?:$|etc(?:\/|$)|proc(?:\/|$)|sys(?:\/|$)|root(?:\/|$)|boot(?:\/|$)|dev(?:\/|$)|var\/lib\/docker|(?:var\/)?run\/docker\.sock)/;

function problems(made: Made): string[] {
    const { inputs } = made;
    const capabilities = inputs["capabilities"];
    const adds = capabilities !== null && typeof capabilities === "object" ? (capabilities as Record<string, unknown>)["adds"] : undefined;
    const sources = [
        ...mappings(inputs["mounts"])
            .filter(({ type }) => type === "bind")
            .map(({ source }) => source),
        ...mappings(inputs["volumes"]).map(({ hostPath }) => hostPath),
    ];
    return [
        ...(inputs["privileged"] === true ? ["is privileged"] : []),
        ...(["networkMode", "pidMode", "ipcMode", "usernsMode"] as const)
            .filter((mode) => inputs[mode] === "host" && !LISTENS(made, mode))
            .map((mode) => `shares the host's ${mode.replace("Mode", "")}`),
        ...texts(adds)
            .filter((name) => CAPABILITIES.test(name) && !(roleOf(made) === "backup" && BACKUP.test(name)))
            .map((name) => `has the capability ${name}`),
        ...sources
            .filter((source) => typeof source === "string" && FOLDERS.test(source))
            .map((source) => `sees ${String(source)} of the host`),
    ];
}

export const noPrivileges: Policy = {
    id: "no-privileges",
    why: "Whoever breaks into such a container has the host, and with it the data and secrets of every stack on it (R14).",
    fix: "take it away; what an application needs from the host is a volume of its own",
    staging: "refuse",
    checkResource: (made) => (made.type === CONTAINER ? problems(made).map((problem) => `container ${made.name}: ${problem}`) : []),
};
