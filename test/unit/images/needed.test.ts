import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { need, neededByOthers } from "../../../tools/offline/images/needed";
import { scratchFolder } from "../support/scratch";

const folder = scratchFolder("needed");
const cache = join(folder, "images");
const markers = join(folder, "needed-by", hostname());

test("equivalents of images are needed by others while their processes run, never by oneself or by one that was killed", async () => {
    expect(neededByOthers(cache)).toBe(false);
    const listeners = process.listenerCount("exit");
    need(cache);
    need(cache);
    expect(process.listenerCount("exit")).toBe(listeners + 1);
    expect(existsSync(join(markers, String(process.pid)))).toBe(true);
    expect(neededByOthers(cache)).toBe(false);
    const other = spawn(process.execPath, ["-e", "setInterval(() => undefined, 1000)"], { stdio: "ignore" });
    writeFileSync(join(markers, String(other.pid)), "");
    expect(neededByOthers(cache)).toBe(true);
    const ended = new Promise((resolve) => other.once("close", resolve));
    other.kill("SIGKILL");
    await ended;
    expect(neededByOthers(cache)).toBe(false);
    expect(readdirSync(markers)).toEqual([String(process.pid)]);
});

test("a cache that can't be written disturbs nobody", () => {
    const file = join(folder, "file");
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, "");
    expect(() => need(join(file, "images"))).not.toThrow();
    expect(neededByOthers(join(file, "images"))).toBe(false);
});
