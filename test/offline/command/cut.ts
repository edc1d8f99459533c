import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * While this runs, from the nth connection on nothing reaches the host any more. Where the answer is lost, that one's command was still carried out.
 *
 * @param folder for a stand-in of ssh, which comes first on PATH
 */
export async function cutAt<T>(folder: string, n: number, answerLost: boolean, run: () => Promise<T>): Promise<T> {
    const ssh = execFileSync("/bin/sh", ["-c", "command -v ssh"], { encoding: "utf8" }).trim();
    const bin = join(folder, "cut");
    mkdirSync(bin, { recursive: true });
    const lines = [
        "#!/bin/sh",
        `echo >> "${bin}/calls"; n=$(wc -l < "${bin}/calls")`,
        `[ "$n" -ge ${n} ] || exec "${ssh}" "$@"`,
        `[ "$n" -gt ${n} ] || ${answerLost ? `"${ssh}" "$@" >/dev/null 2>&1 || :` : ":"}`,
        'echo "ssh: connect to host 127.0.0.1: Connection timed out" >&2; exit 255',
    ];
    writeFileSync(join(bin, "ssh"), `${lines.join("\n")}\n`, { mode: 0o755 });
    writeFileSync(join(bin, "calls"), "");
    const path = process.env["PATH"];
    process.env["PATH"] = `${bin}:${path}`;
    return run().finally(() => (process.env["PATH"] = path));
}
