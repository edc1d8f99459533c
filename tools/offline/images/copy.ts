/** Brings images from one engine to another, where a registry can't. */
import { spawn } from "node:child_process";
import { finished } from "node:stream/promises";
import type { Docker } from "./docker";

/** Those of the images that `from` has, copied to `to` in one go, so that what they share travels once. @returns what was copied */
export async function copyImages(tags: readonly string[], from: Docker, to: Docker): Promise<readonly string[]> {
    const there = await from.present(tags).catch(() => new Set<string>());
    const copied = tags.filter((tag) => there.has(tag));
    if (copied.length === 0) return [];
    const save = spawn(from.command, ["save", ...copied], { env: from.env, stdio: ["ignore", "pipe", "pipe"] });
    const load = spawn(to.command, ["load", "--quiet"], { env: to.env, stdio: ["pipe", "ignore", "pipe"] });
    save.stdout.pipe(load.stdin);
    // An end that breaks off is told by the other's exit code.
    load.stdin.on("error", () => save.kill());
    const [saved, loaded] = await Promise.all([outcome(save), outcome(load)]);
    const failed = loaded ?? saved;
    if (failed !== undefined) throw new Error(`docker: copying ${copied.join(", ")} to the host failed:\n${failed}`);
    return copied;
}

/** Undefined where it went well, else what the program said. */
async function outcome(child: ReturnType<typeof spawn>): Promise<string | undefined> {
    let said = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-2000)));
    const code = new Promise<number | null>((resolve, reject) => child.once("close", resolve).once("error", reject));
    if (child.stderr) await finished(child.stderr).catch(() => undefined);
    return (await code) === 0 ? undefined : said.trim() || "no reason given";
}
