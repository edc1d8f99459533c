/** Who needs the equivalents just now: between their making and the first container of a stack nothing on the engine tells. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { runs } from "./lock";

/** Beside the root file systems: that folder is empty where nothing was built. A cache may be shared with another machine, whose processes have numbers of their own. */
const folderOf = (cache: string): string => join(dirname(cache), "needed-by", hostname());

const told = new Set<string>();

/** Says so for as long as this process lives. */
export function need(cache: string): void {
    const file = join(folderOf(cache), String(process.pid));
    if (told.has(file)) return;
    try {
        mkdirSync(folderOf(cache), { recursive: true });
        writeFileSync(file, "");
        told.add(file);
        process.once("exit", () => rmSync(file, { force: true }));
    } catch {
        // A cache that can't be written: then nobody is told, and an update that is disturbed goes well when it is run again.
    }
}

/** Whether another process of this machine needs them. What one that was killed has left goes: its number may be given to another. */
export function neededByOthers(cache: string): boolean {
    try {
        const pids = readdirSync(folderOf(cache)).map(Number);
        for (const pid of pids) if (!runs(pid)) rmSync(join(folderOf(cache), String(pid)), { force: true });
        return pids.some((pid) => pid !== process.pid && runs(pid));
    } catch {
        return false; // Nobody ever said so.
    }
}
