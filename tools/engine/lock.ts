import { randomBytes } from "node:crypto";
import { mkdirSync, openSync, closeSync, readFileSync, rmSync, statSync, utimesSync, writeSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { z } from "zod";
import { isRunning } from "../../infra/settings/running";

const holderSchema = z.object({ pid: z.number(), host: z.string(), started: z.string(), token: z.string() });
type Holder = z.infer<typeof holderSchema>;

/** A holder on another machine or in another container, whose process can't be looked at, touches the lock this often. */
const heartbeatMs = 5_000;
/** …and is taken for dead when it hasn't for this long. */
const silenceMs = 60_000;

/** When a process started, in the kernel's ticks: tells a holder from a later process with the same number. Empty where unknown. */
function startOf(pid: number): string {
    try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
    } catch {
        return "";
    }
}

function readHolder(file: string): Holder | undefined {
    try {
        return holderSchema.parse(JSON.parse(readFileSync(file, "utf8")));
    } catch {
        return undefined;
    }
}

function ageMs(file: string): number {
    try {
        return Date.now() - statSync(file).mtimeMs;
    } catch {
        return 0;
    }
}

/** Whether the lock's holder is gone, so that the lock may be taken over. */
export function isStale(file: string): boolean {
    const holder = readHolder(file);
    if (!holder) return ageMs(file) > heartbeatMs; // Being written right now, or left half-written by a machine that stopped.
    if (holder.host !== hostname()) return ageMs(file) > silenceMs;
    return !isRunning(holder.pid) || (holder.started !== "" && startOf(holder.pid) !== holder.started);
}

function createLock(file: string, holder: Holder): boolean {
    try {
        const descriptor = openSync(file, "wx", 0o600);
        writeSync(descriptor, JSON.stringify(holder));
        closeSync(descriptor);
        return true;
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
        throw error;
    }
}

/** Removes a dead holder's lock. A second lock around it, so that two who wait can't remove each other's. */
function removeStale(file: string, holder: Holder): void {
    const guard = `${file}.takeover`;
    if (ageMs(guard) > heartbeatMs) rmSync(guard, { force: true });
    if (!createLock(guard, holder)) return;
    try {
        if (isStale(file)) rmSync(file, { force: true });
    } finally {
        rmSync(guard, { force: true });
    }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export interface LockOptions {
    /** Called once if another holds the lock, with its process number. */
    readonly onWait?: (pid: number | undefined) => void;
    /** Milliseconds between two tries. @default 250 */
    readonly pollMs?: number;
    readonly signal?: AbortSignal;
}

/** Runs `work` while nobody else who asks for the same file runs theirs. A holder that died loses the lock. */
export async function withLock<T>(file: string, work: () => Promise<T>, options: LockOptions = {}): Promise<T> {
    mkdirSync(dirname(file), { recursive: true });
    const self: Holder = { pid: process.pid, host: hostname(), started: startOf(process.pid), token: randomBytes(8).toString("hex") };
    let waiting = false;
    while (!createLock(file, self)) {
        if (isStale(file)) {
            removeStale(file, self);
            await pause(20);
            continue;
        }
        if (!waiting) options.onWait?.(readHolder(file)?.pid);
        waiting = true;
        options.signal?.throwIfAborted();
        await pause(options.pollMs ?? 250);
    }
    const heartbeat = setInterval(() => {
        try {
            utimesSync(file, new Date(), new Date());
        } catch {
            // Removed by hand: the work goes on, and only a second one at the same time would notice.
        }
    }, heartbeatMs);
    heartbeat.unref();
    try {
        return await work();
    } finally {
        clearInterval(heartbeat);
        if (readHolder(file)?.token === self.token) rmSync(file, { force: true });
    }
}
