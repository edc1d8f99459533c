import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { withLock } from "../../../tools/offline/images/lock";

let folder: string;
let file: string;
beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "lock-"));
    file = join(folder, "deep", "build.lock");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("one at a time, and nothing stays behind", async () => {
    let inside = 0;
    let most = 0;
    const told: string[] = [];
    const work = () =>
        withLock(
            file,
            (owner) => told.push(owner),
            async () => {
                most = Math.max(most, ++inside);
                await sleep(60);
                inside--;
            },
        );
    await Promise.all([work(), work(), work()]);
    expect(most).toBe(1);
    expect(told).toContain(`process ${process.pid} on ${hostname()}`);
    expect(readdirSync(join(folder, "deep"))).toEqual([]);
});

test("released when the work fails", async () => {
    await expect(
        withLock(
            file,
            () => undefined,
            () => Promise.reject(new Error("no")),
        ),
    ).rejects.toThrow("no");
    expect(existsSync(file)).toBe(false);
    await expect(
        withLock(
            file,
            () => undefined,
            async () => 1,
        ),
    ).resolves.toBe(1);
});

test.each([
    ["of a process that's gone", { pid: 2 ** 22 + 7, host: hostname(), started: "1" }],
    ["of a process id that's in use again", { pid: process.pid, host: hostname(), started: "1" }],
])("the lock %s is taken over by exactly one", async (_what, owner) => {
    await withLock(
        file,
        () => undefined,
        async () => undefined,
    );
    writeFileSync(file, JSON.stringify(owner));
    let inside = 0;
    const work = () =>
        withLock(
            file,
            () => undefined,
            async () => {
                expect(++inside).toBe(1);
                await sleep(30);
                inside--;
            },
        );
    await Promise.all([work(), work(), work()]);
    expect(readdirSync(join(folder, "deep"))).toEqual([]);
});

test("the lock of another machine is waited for", async () => {
    await withLock(
        file,
        () => undefined,
        async () => undefined,
    );
    writeFileSync(file, JSON.stringify({ pid: 1, host: "elsewhere.example.com", started: "1" }));
    let done = false;
    const waiting = withLock(
        file,
        () => undefined,
        async () => (done = true),
    );
    await sleep(400);
    expect(done).toBe(false);
    rmSync(file);
    await waiting;
    expect(done).toBe(true);
});
