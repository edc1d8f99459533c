/** Containers and volumes of these tests on the real engine: named with one prefix, removed at the end. */
import { spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

export const prefix = `quai-imagetest-${process.pid}`;

export interface Ran {
    readonly code: number;
    readonly out: string;
    readonly err: string;
}

export function docker(...args: string[]): Ran {
    return dockerWith("", ...args);
}

export function dockerWith(input: string, ...args: string[]): Ran {
    const result = spawnSync("docker", args, { input, encoding: "utf8", timeout: 120_000 });
    return { code: result.status ?? -1, out: result.stdout.trim(), err: result.stderr.trim() };
}

export function must(...args: string[]): string {
    const result = docker(...args);
    if (result.code !== 0) throw new Error(`docker ${args.slice(0, 3).join(" ")}…: ${result.err}`);
    return result.out;
}

export const logs = (container: string): string => {
    const result = docker("logs", container);
    return `${result.out}\n${result.err}`;
};

let count = 0;
/** A name for a container or a volume of this test file. */
export const fresh = (what: string): string => `${prefix}-${what}-${++count}`;

/** A volume with files in it, written through standard input. */
export function volumeWith(toolbox: string, files: Readonly<Record<string, string>>, owner = "0:0"): string {
    const name = fresh("files");
    must("volume", "create", name);
    for (const [path, text] of Object.entries(files)) {
        const script = 'd=$(dirname "/v/$1"); mkdir -p "$d"; cat >"/v/$1"; case "$1" in *.sh) chmod 0755 "/v/$1";; esac';
        const written = dockerWith(text, "run", "--rm", "-i", "-v", `${name}:/v`, toolbox, "sh", "-c", script, "sh", path);
        if (written.code !== 0) throw new Error(written.err);
    }
    must("run", "--rm", "-v", `${name}:/v`, toolbox, "chown", "-R", owner, "/v");
    return name;
}

/** Waits until `check` holds, at most `seconds`. */
export async function until(what: string, check: () => boolean, seconds = 30): Promise<void> {
    for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(200)) if (check()) return;
    throw new Error(`not in ${seconds} s: ${what}`);
}

/** Removes what these tests made. */
export function removeAll(): void {
    const ids = docker("ps", "-aq", "--filter", `name=${prefix}`).out.split("\n").filter(Boolean);
    if (ids.length > 0) docker("rm", "-fv", ...ids);
    const volumes = docker("volume", "ls", "-q", "--filter", `name=${prefix}`).out.split("\n").filter(Boolean);
    if (volumes.length > 0) docker("volume", "rm", ...volumes);
}

/** How components run everything: no capabilities, no new privileges, a root file system that can't be written. */
export const hardened = ["--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--read-only", "--tmpfs", "/tmp"];
