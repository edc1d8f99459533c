import { rmSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../engine/process";
import { SetupError } from "../../engine/types";
import type { Entry } from "../history/entries";

/** Files of the checkout as of a commit. */
export interface Sources {
    /** Those that differ from now. */
    readonly files: readonly string[];
    /** Puts them in place. */
    restore(): Promise<void>;
    /** Puts back what was there before. */
    undo(): Promise<void>;
    /** Why it isn't certain that they are what was deployed; undefined: it is. */
    readonly doubt?: string;
}

const NONE: Sources = { files: [], restore: () => Promise.resolve(), undo: () => Promise.resolve() };

/**
 * What an entry's images and application were made of.
 *
 * @param paths folders and files, relative to the checkout
 * @throws SetupError where they can't be brought back without losing something
 */
export async function sourcesOf(checkout: string, { number, commit }: Entry, paths: readonly string[]): Promise<Sources> {
    const git = async (...args: string[]) => run("git", ["-C", checkout, ...args], { env: process.env });
    const must = async (...args: string[]) => {
        const { code, stdout, stderr } = await git(...args);
        if (code !== 0) throw new SetupError(`rollback: git ${args[0] ?? ""} failed: ${stderr.trim()}`);
        return stdout.split("\0").filter((name) => name !== "");
    };
    if (commit === null) return { ...NONE, doubt: `entry ${number} knows no commit` };
    const inside = await git("rev-parse", "--git-dir").catch(() => undefined);
    if (inside?.code !== 0) return { ...NONE, doubt: "this checkout has no Git repository" };
    if ((await git("cat-file", "-e", `${commit.id}^{commit}`)).code !== 0)
        return { ...NONE, doubt: `commit ${commit.id.slice(0, 12)} isn't in this repository: git fetch may bring it` };
    const compare = ["diff", "--name-only", "--no-renames", "--relative", "-z"];
    const all = await must(...compare, "HEAD", commit.id, "--", ...paths);
    if (all.length === 0) return { ...NONE, ...doubtOf(number, commit) };
    const open = await must("status", "--porcelain", "-z", "--untracked-files=all", "--", ...all);
    if (open.length > 0) {
        const names = open.map((each) => each.slice(3)).join(", ");
        throw new SetupError(`rollback: ${names}: changes that aren't committed would be lost; commit or stash them first`, 2);
    }
    const then = await must(...compare, "--diff-filter=A", "HEAD", commit.id, "--", ...paths);
    const known = all.filter((file) => !then.includes(file));
    return {
        files: all,
        ...doubtOf(number, commit),
        restore: async () => void (await must("restore", "--worktree", `--source=${commit.id}`, "--", ...all)),
        undo: async () => {
            for (const file of then) rmSync(join(checkout, file), { force: true });
            if (known.length > 0) await must("restore", "--worktree", "--", ...known);
        },
    };
}

function doubtOf(number: number, commit: NonNullable<Entry["commit"]>): Pick<Sources, "doubt"> {
    return commit.dirty ? { doubt: `entry ${number} was made with changes that weren't committed` } : {};
}
