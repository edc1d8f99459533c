/** Who needs the equivalents just now: between their making and the first container of a stack nothing on the engine tells. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { runs } from "./lock";

/** Beside the root file systems: that folder is empty where nothing was built. */
const folderOf = (cache: string): string => join(dirname(cache), "needed-by");

/** Says so for as long as this process lives. */
export function need(cache: string): void {
    const file = join(folderOf(cache), String(process.pid));
    try {
        mkdirSync(folderOf(cache), { recursive: true });
        writeFileSync(file, "");
        process.once("exit", () => rmSync(file, { force: true }));
    } catch {
        // A cache that can't be written: then nobody is told, and an update that is disturbed goes well when it is run again.
    }
}

/** Whether another process of this machine needs them. One that was killed doesn't count. */
export function neededByOthers(cache: string): boolean {
    try {
        return readdirSync(folderOf(cache)).some((pid) => Number(pid) !== process.pid && runs(Number(pid)));
    } catch {
        return false; // Nobody ever said so.
    }
}
