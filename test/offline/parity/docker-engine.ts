import { spawnSync } from "node:child_process";
import type { Tampering } from "./case";

/** Everything these tests make in Docker begins with this. */
export const PREFIX = `quai-parity-${process.pid}`;
/** What containers of these tests run; made by `tagBaseImage`. */
export const BASE_IMAGE = "quai-parity/base:1";

export function docker(...args: string[]): string {
    const ran = spawnSync("docker", args, { encoding: "utf8" });
    return ran.status === 0 ? ran.stdout.trim() : "";
}

/** A command of docker on the container, behind the plugin's back. */
export function tamper(...command: string[]): Tampering {
    return {
        name: `docker ${command.join(" ")}`,
        apply: async (id) => void docker(...command, id),
    };
}

/**
 * Gives a small Debian that is on this engine the name that the cases use.
 * @throws Error where there is none.
 */
export function tagBaseImage(): void {
    const here = docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").split("\n");
    const found = [process.env["QUAI_PARITY_IMAGE"], ...here.filter((tag) => /^(quai\.local\/)?debian:(bookworm|trixie)/.test(tag))].find(
        (tag) => tag !== undefined,
    );
    if (found === undefined)
        throw new Error(
            "no Debian image on this engine: run `npx tsx tools/offline/images/build.ts debian`, or name one in QUAI_PARITY_IMAGE",
        );
    docker("tag", found, BASE_IMAGE);
}

/** Removes what the cases may have left. */
export function removeAll(): void {
    for (const [kind, list, drop] of [
        ["container", ["ps", "-aq"], ["rm", "-fv"]],
        ["network", ["network", "ls", "-q"], ["network", "rm"]],
        ["volume", ["volume", "ls", "-q"], ["volume", "rm", "-f"]],
    ] as const) {
        const found = docker(...list, "--filter", `name=${PREFIX}`);
        if (found !== "") docker(...drop, ...found.split("\n"));
        if (kind === "volume") docker("image", "rm", BASE_IMAGE);
    }
}

/** What the container is to the engine, without what differs by nature. */
export async function inspectContainer(id: string): Promise<unknown> {
    const [found] = JSON.parse(docker("inspect", id) || "[]") as Record<string, Record<string, unknown>>[];
    if (found === undefined) return "gone";
    const { Config: config, HostConfig: host, NetworkSettings: network } = found;
    const files = docker("diff", id)
        .split("\n")
        .filter((line) => /^[AC] \/(a|x|etc\/x)/.test(line));
    const networks = Object.entries((network?.["Networks"] ?? {}) as Record<string, { Aliases?: string[] | null }>).map(
        ([name, endpoint]) => ({
            name,
            aliases: (endpoint.Aliases ?? []).filter((alias) => !id.startsWith(alias)),
        }),
    );
    const hostname = config?.["Hostname"] === id.slice(0, 12) ? "<id>" : config?.["Hostname"];
    return { config: { ...config, Hostname: hostname }, host, networks, files };
}
