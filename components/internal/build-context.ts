import dockerignore from "@balena/dockerignore";
import { createHash } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join, relative, sep } from "node:path";

/**
 * The content hash of a build context (SHA-256, 12 hexadecimal digits): paths, file modes' executable bit, contents and link targets,
 * less what `.dockerignore` leaves out. Times and owners don't count, so a fresh clone gives the same image name.
 *
 * @throws Error when the folder or its Dockerfile doesn't exist; `setting` is where the message says to look.
 */
export function contextHash(context: string, dockerfile: string, setting: string): string {
    if (!existsSync(context) || !lstatSync(context).isDirectory()) {
        throw new Error(`${setting}.build: must be a folder, relative to the project (got ${JSON.stringify(context)})`);
    }
    if (!existsSync(join(context, dockerfile))) {
        throw new Error(
            `${setting}.dockerfile: no such file in the build context (got ${JSON.stringify(dockerfile)} in ${JSON.stringify(context)})`,
        );
    }
    const hash = createHash("sha256");
    for (const path of contextFiles(context, dockerfile)) {
        const full = join(context, path);
        const stat = lstatSync(full);
        if (stat.isSymbolicLink()) {
            hash.update(`link ${path}\0${readlinkSync(full)}\0`);
        } else {
            hash.update(`file ${path}\0${stat.mode & 0o100 ? "x" : "-"} ${stat.size}\0`).update(readFileSync(full));
        }
    }
    return hash.digest("hex").slice(0, 12);
}

/** The files that are sent to the engine, sorted. The Dockerfile always is, as the engine needs it. */
export function contextFiles(context: string, dockerfile: string): readonly string[] {
    const rules = join(context, ".dockerignore");
    const ignored = existsSync(rules) ? dockerignore().add(readFileSync(rules, "utf8")).createFilter() : () => true;
    return walk(context, context)
        .filter((path) => path === dockerfile || path === ".dockerignore" || ignored(path))
        .sort();
}

function walk(root: string, folder: string): string[] {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
        const full = join(folder, entry.name);
        return entry.isDirectory() ? walk(root, full) : [relative(root, full).split(sep).join("/")];
    });
}
