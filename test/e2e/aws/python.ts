import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** A virtual environment of Python with what a file of requirements pins, made once per machine. @returns its folder */
export function pythonWith(name: string, requirements: string): string {
    const version = createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 12);
    const folder = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "quai", `${name}-${version}`);
    if (existsSync(join(folder, "complete"))) return folder;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const run = (program: string, ...args: string[]) => execFileSync(program, args, { stdio: ["ignore", "ignore", "inherit"] });
    run("python3", "-m", "venv", folder);
    run(join(folder, "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", requirements);
    mkdirSync(join(folder, "making"));
    renameSync(join(folder, "making"), join(folder, "complete"));
    return folder;
}
