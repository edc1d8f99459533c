/** One builder at a time for all checkouts of a user, also after one was killed. */
import { linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

interface Owner {
    readonly pid: number;
    readonly host: string;
    /** When the process began, in clock ticks since the machine started: tells a reused process id from the old one. */
    readonly started: string;
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

function startOf(pid: number): string {
    try {
        // The second field is a name in brackets that may hold blanks; the start time is the 22nd.
        return (
            readFileSync(`/proc/${pid}/stat`, "utf8")
                .replace(/^.*\) /s, "")
                .split(" ")[19] ?? ""
        );
    } catch {
        return "";
    }
}

/** Whether a process of this machine runs. This folder needs nothing of the rest of the project, so that it can be tried by itself. */
export function runs(pid: number): boolean {
    try {
        process.kill(pid, 0);
        return true;
    } catch (error) {
        return codeOf(error) === "EPERM";
    }
}

function isAlive(owner: Owner): boolean {
    // A cache folder may be shared over a network: who works on another machine can't be asked.
    if (owner.host !== hostname()) return true;
    return runs(owner.pid) && ["", owner.started].includes(startOf(owner.pid));
}

function readOwner(file: string): Owner | undefined {
    try {
        return JSON.parse(readFileSync(file, "utf8")) as Owner;
    } catch {
        return undefined;
    }
}

function tryTake(file: string, mine: string): boolean {
    try {
        linkSync(mine, file);
        return true;
    } catch (error) {
        if (codeOf(error) !== "EEXIST") throw error;
        return false;
    }
}

/** A killed owner leaves the file that its lock was linked from. */
function removeOwnFiles(file: string, owner: Owner): void {
    for (const name of readdirSync(dirname(file))) {
        if (name.startsWith(`${basename(file)}.${owner.pid}.`) && owner.pid !== process.pid)
            rmSync(join(dirname(file), name), { force: true });
    }
}

/** Moves a dead owner's lock away; puts it back where another was quicker and the moved one is alive. */
function dropDead(file: string, aside: string): void {
    try {
        renameSync(file, aside);
    } catch (error) {
        if (codeOf(error) === "ENOENT") return;
        throw error;
    }
    const moved = readOwner(aside);
    if (moved !== undefined && isAlive(moved)) tryTake(file, aside);
    else if (moved !== undefined) removeOwnFiles(file, moved);
    rmSync(aside, { force: true });
}

/**
 * Runs `work` while holding the lock `file`. Waits for whoever holds it, without a limit, as builds take minutes; `onWait` is told once.
 * A lock whose owner has died is taken over. A second `work` of the same process waits too.
 */
export async function withLock<T>(file: string, onWait: (owner: string) => void, work: () => Promise<T>): Promise<T> {
    mkdirSync(dirname(file), { recursive: true });
    const mine = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}`;
    const owner: Owner = { pid: process.pid, host: hostname(), started: startOf(process.pid) };
    writeFileSync(mine, JSON.stringify(owner));
    try {
        for (let told = false; !tryTake(file, mine);) {
            const holder = readOwner(file);
            if (holder !== undefined && !isAlive(holder)) {
                dropDead(file, `${mine}.dead`);
                continue;
            }
            if (!told && holder !== undefined) onWait(`process ${holder.pid} on ${holder.host}`);
            told = true;
            await sleep(250);
        }
        try {
            return await work();
        } finally {
            rmSync(file, { force: true });
        }
    } finally {
        rmSync(mine, { force: true });
    }
}
