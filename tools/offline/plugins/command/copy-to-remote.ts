import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import facts from "../facts/command.json";
import { compareInputs } from "../kit/diff";
import type { CallContext, CheckFailure, Properties, ResourceHandler } from "../kit/types";
import { isArchive, isAsset, sameValue } from "../kit/values";
import { checkConnection, connectionOf } from "./connection";
import { text } from "./lifecycle";
import { quote } from "./shell";
import { sessionFor } from "./ssh-pool";

/** One file, put on another machine: written beside its place and renamed, so that nobody reads half of it. */
export const copyToRemote: ResourceHandler = {
    check(inputs) {
        const source = inputs["source"];
        const failures: CheckFailure[] = [];
        if (isArchive(source))
            failures.push({
                property: "source",
                reason: "archives and folders are beyond the fallback plugin: give single files, or install the official plugin",
            });
        if (isAsset(source) && typeof source["uri"] === "string")
            failures.push({ property: "source", reason: "the fallback plugin downloads nothing: give a file or a text" });
        return [...checkConnection(inputs), ...failures];
    },
    diff: (_id, previousInputs, _previousOutputs, inputs) =>
        compareInputs(facts.resources["command:remote:CopyToRemote"].inputs, previousInputs, inputs),
    async create(inputs, context) {
        await copy(inputs, context);
        return { id: randomBytes(4).toString("hex"), outputs: inputs };
    },
    async update(_id, previousInputs, _previousOutputs, inputs, context) {
        const same = ["source", "remotePath"].every((name) => sameValue(previousInputs[name], inputs[name]));
        if (!same) await copy(inputs, context);
        return inputs;
    },
    async delete() {
        // As the official one: the file stays.
    },
};

async function copy(inputs: Properties, context: CallContext): Promise<void> {
    const source = inputs["source"];
    const path = text(inputs, "remotePath") ?? "";
    const local = isAsset(source) && typeof source["path"] === "string" ? source["path"] : undefined;
    const content = isAsset(source) && typeof source["text"] === "string" ? Buffer.from(source["text"]) : await contentOf(local);
    const finished = await sessionFor(connectionOf(inputs)).run(
        { command: `/bin/sh -c ${quote(script(path, local))}`, environment: {}, stdin: content, logging: "none" },
        context,
    );
    if (finished.code !== 0) throw new Error(`remotePath: can't write ${path}: ${finished.stderr.trim()}`);
}

async function contentOf(local: string | undefined): Promise<Buffer> {
    if (local === undefined) throw new Error("source: has neither a path nor a text");
    return readFile(local);
}

function script(path: string, local: string | undefined): string {
    const inFolder = local === undefined ? 'echo "is a folder" >&2; exit 1' : `to="$to"/${quote(basename(local))}`;
    const temporary = `.quai-${randomBytes(4).toString("hex")}`;
    return [
        "set -e",
        `to=${quote(path)}`,
        'if [ -L "$to" ]; then to=$(readlink -f "$to"); fi',
        `if [ -d "$to" ]; then ${inFolder}; else mkdir -p "$(dirname "$to")"; fi`,
        `new="$to${temporary}"`,
        "trap 'rm -f \"$new\"' EXIT",
        // An existing file keeps its mode and its owner.
        'if [ -f "$to" ]; then cp -p "$to" "$new"; fi',
        'cat > "$new"',
        'mv -f "$new" "$to"',
    ].join("\n");
}
