import { spawn } from "node:child_process";
import { existsSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { isStale, withLock } from "../../../tools/engine/lock";
import { scratchFolder } from "./support";

const folder = scratchFolder("lock");
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const holder = (pid: number, host = hostname(), started = ""): string => JSON.stringify({ pid, host, started, token: "t" });

async function deadProcess(): Promise<number> {
    const child = spawn("true");
    await new Promise((resolve) => child.once("close", resolve));
    return child.pid ?? 0;
}

describe("withLock", () => {
    it("runs one at a time, and tells the one that waits whom it waits for", async () => {
        const file = join(folder, "one");
        const running: string[] = [];
        let most = 0;
        const waited: (number | undefined)[] = [];
        const job = (name: string) => async (): Promise<void> => {
            running.push(name);
            most = Math.max(most, running.length);
            await pause(60);
            running.pop();
        };
        const options = { pollMs: 5, onWait: (pid?: number) => void waited.push(pid) };
        await Promise.all(["a", "b", "c"].map((name) => withLock(file, job(name), options)));
        expect(most).toBe(1);
        expect(waited).toEqual([process.pid, process.pid]);
        expect(existsSync(file)).toBe(false);
    });

    it("gives the lock back when the work fails", async () => {
        const file = join(folder, "fails");
        await expect(withLock(file, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
        expect(existsSync(file)).toBe(false);
    });

    it("takes over the lock of a process that died, once only", async () => {
        const file = join(folder, "dead");
        writeFileSync(file, holder(await deadProcess()));
        let most = 0;
        let now = 0;
        const work = async (): Promise<void> => {
            most = Math.max(most, ++now);
            await pause(30);
            now--;
        };
        await Promise.all([1, 2, 3, 4].map(() => withLock(file, work, { pollMs: 5 })));
        expect(most).toBe(1);
    });

    it("stops waiting when it is told to", async () => {
        const file = join(folder, "waits");
        writeFileSync(file, holder(process.pid));
        await expect(withLock(file, async () => undefined, { pollMs: 5, signal: AbortSignal.timeout(40) })).rejects.toThrow();
        expect(readFileSync(file, "utf8")).toBe(holder(process.pid));
    });
});

describe("isStale", () => {
    const aged = (name: string, content: string, seconds: number): string => {
        const file = join(folder, name);
        writeFileSync(file, content);
        const then = new Date(Date.now() - seconds * 1000);
        utimesSync(file, then, then);
        return file;
    };
    it("no: the holder runs", () => expect(isStale(aged("runs", holder(process.pid), 3600))).toBe(false));
    it("yes: another process has the holder's number now", () =>
        expect(isStale(aged("reused", holder(process.pid, hostname(), "1"), 0))).toBe(true));
    it("no: a holder on another machine was heard of lately", () => expect(isStale(aged("far", holder(1, "elsewhere"), 30))).toBe(false));
    it("yes: a holder on another machine fell silent", () => expect(isStale(aged("silent", holder(1, "elsewhere"), 90))).toBe(true));
    it("no: it is being written", () => expect(isStale(aged("fresh", "", 0))).toBe(false));
    it("yes: it was left half-written", () => expect(isStale(aged("half", '{"pid":', 60))).toBe(true));
});
