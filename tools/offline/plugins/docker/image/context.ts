import { createReadStream } from "node:fs";
import { lstat, readdir, readFile, readlink, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { Readable } from "node:stream";
import { TAR_END, tarHeader, tarPadding } from "../tar";
import { instructionsOf } from "./dockerfile";
import { parseIgnore, type IgnoreRules } from "./ignore";

export interface BuildContext {
    /** The archive, uncompressed. */
    readonly archive: Readable;
    /** Path of the Dockerfile inside the archive. */
    readonly dockerfile: string;
    /** Its instructions. */
    readonly instructions: readonly string[];
}

/** Name under which a Dockerfile from outside the context is sent. */
const OUTSIDE_DOCKERFILE = ".dockerfile.quai";

/** Opens a build's context: the folder's files, without what .dockerignore names, in the order of their names. */
export async function openContext(folder: string, dockerfile: string): Promise<BuildContext> {
    const root = resolve(expandHome(folder));
    if (!(await isFolder(root))) {
        throw new Error(`build.context: no folder is at ${JSON.stringify(root)}; give the path of the folder that holds the Dockerfile`);
    }
    const file = isAbsolute(dockerfile) ? dockerfile : join(root, dockerfile);
    const content = await readFile(file).catch(() => undefined);
    if (content === undefined) {
        throw new Error(`build.dockerfile: no file is at ${JSON.stringify(file)}; the path is relative to build.context`);
    }
    const inside = relative(root, file).split(sep).join("/");
    const isOutside = inside === ".." || inside.startsWith("../");
    const rules = await ignoreRules(root, file, isOutside ? [] : [inside]);
    const extra = isOutside ? content : undefined;
    return {
        archive: Readable.from(archive(root, rules, extra), { objectMode: false }),
        dockerfile: isOutside ? OUTSIDE_DOCKERFILE : inside,
        instructions: instructionsOf(content.toString("utf8")),
    };
}

/** `<Dockerfile>.dockerignore` goes before `.dockerignore`, as in the docker command line. */
async function ignoreRules(root: string, dockerfile: string, kept: readonly string[]): Promise<IgnoreRules> {
    for (const path of [`${dockerfile}.dockerignore`, join(root, ".dockerignore")]) {
        const content = await readFile(path, "utf8").catch(() => undefined);
        if (content !== undefined) {
            return parseIgnore(content, [...kept, ".dockerignore"]);
        }
    }
    return parseIgnore("", kept);
}

async function* archive(root: string, rules: IgnoreRules, outsideDockerfile: Buffer | undefined): AsyncGenerator<Buffer> {
    yield* folderEntries(root, "", rules);
    if (outsideDockerfile !== undefined) {
        const size = outsideDockerfile.length;
        yield tarHeader({ name: OUTSIDE_DOCKERFILE, mode: 0o644, modified: 0, kind: "file", size });
        yield outsideDockerfile;
        yield tarPadding(size);
    }
    yield TAR_END;
}

async function* folderEntries(root: string, folder: string, rules: IgnoreRules): AsyncGenerator<Buffer> {
    const names = (await readdir(join(root, folder))).sort((a, b) => (a < b ? -1 : 1));
    for (const name of names) {
        const path = folder === "" ? name : `${folder}/${name}`;
        const ignored = rules.ignores(path);
        if (ignored && rules.skipsFolders) {
            continue;
        }
        const found = await lstat(join(root, path));
        // Times stay as they are: a server's Last-Modified and ETag come from them. Modes too, so that scripts stay executable.
        const entry = { name: path, mode: found.mode, modified: Math.floor(found.mtimeMs / 1000) };
        if (found.isDirectory()) {
            if (!ignored) {
                yield tarHeader({ ...entry, name: `${path}/`, kind: "folder" });
            }
            yield* folderEntries(root, path, rules);
        } else if (!ignored && found.isSymbolicLink()) {
            yield tarHeader({ ...entry, kind: "link", target: await readlink(join(root, path)) });
        } else if (!ignored && found.isFile()) {
            yield tarHeader({ ...entry, kind: "file", size: found.size });
            yield* fileContent(join(root, path), path, found.size);
        }
    }
}

async function* fileContent(file: string, path: string, size: number): AsyncGenerator<Buffer> {
    let sent = 0;
    if (size > 0) {
        for await (const chunk of createReadStream(file, { end: size - 1 }) as AsyncIterable<Buffer>) {
            sent += chunk.length;
            yield chunk;
        }
    }
    if (sent !== size) {
        throw new Error(
            `build.context: ${JSON.stringify(path)} became shorter while it was read; exclude files that change in .dockerignore`,
        );
    }
    yield tarPadding(size);
}

async function isFolder(path: string): Promise<boolean> {
    return stat(path).then(
        (found) => found.isDirectory(),
        () => false,
    );
}

export function expandHome(path: string): string {
    return path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(1)) : path;
}
