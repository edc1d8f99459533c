import type { CallContext, CheckFailure, Created, Properties, ReadResult, ResourceHandler } from "../../kit/types";
import { Problems } from "../checks";
import { inputsAfterRead } from "../compare";
import { EngineError, engineFor, isConflict, isNotFound, type EngineClient } from "../engine/client";
import { flag, isRecord, record, text, texts, withDefaults } from "../values";
import { buildImage } from "./build";
import { encodePath, ensureImage, inspectImage, repoDigest, type InspectedImage } from "./find";
import { BUILD_DEFAULTS, diffImage, IMAGE_RULES } from "./rules";

const UNSUPPORTED_BUILD = [
    "additionalContexts",
    "buildId",
    "buildLogFile",
    "builder",
    "cacheTos",
    "isolation",
    "provenance",
    "remoteContext",
    "sbom",
    "secrets",
    "sessionId",
    "squash",
];

export const imageHandler: ResourceHandler = {
    normalize: (inputs) =>
        isRecord(inputs.build) && typeof inputs.build !== "symbol"
            ? { ...inputs, build: withDefaults(inputs.build, BUILD_DEFAULTS) }
            : inputs,
    check,
    diff: diffImage,
    create,
    read,
    previewUpdate: (_id, _previousInputs, state, inputs) => ({ ...state, ...inputs }),
    update,
    delete: remove,
};

function check(inputs: Properties): readonly CheckFailure[] {
    const problems = new Problems();
    problems.pattern(inputs, "name", /^\S+$/, "an image name such as nginx:1.28.0");
    const build = record(inputs, "build");
    if (build !== undefined) {
        problems.unsupported(build, UNSUPPORTED_BUILD, "build.");
        problems.pattern(build, "version", /^[12]$/, '"1" (the classic builder) or "2" (BuildKit)', "build.");
        if (inputs.pullTriggers !== undefined) {
            problems.add("pullTriggers", "conflicts with build; use triggers");
        }
    }
    return problems.found;
}

async function create(inputs: Properties, context: CallContext): Promise<Created> {
    const engine = engineFor(context.config);
    const name = text(inputs, "name") ?? "";
    const build = record(inputs, "build");
    if (build !== undefined) {
        await buildImage(engine, name, build, context);
    }
    const image = await ensureImage(engine, name, context, text(inputs, "platform"));
    return { id: image.Id + name, outputs: outputsOf(inputs, name, image) };
}

function outputsOf(known: Properties, name: string, image: InspectedImage): Properties {
    return { ...known, name, imageId: image.Id, repoDigest: repoDigest(name, image) };
}

async function read(
    id: string,
    inputs: Properties | undefined,
    outputs: Properties | undefined,
    context: CallContext,
): Promise<ReadResult | undefined> {
    const engine = engineFor(context.config);
    // An id is the image's id with the name behind it; an import may also give the name alone.
    const name = text(outputs ?? {}, "name") ?? id.replace(/^sha256:[0-9a-f]{64}/, "");
    const image = await inspectImage(engine, name);
    if (image === undefined) {
        return undefined;
    }
    const now = outputsOf(outputs ?? {}, name, image);
    return { id: image.Id + name, inputs: inputsAfterRead(IMAGE_RULES, { name, ...inputs }, now), outputs: now };
}

async function update(
    _id: string,
    _previousInputs: Properties,
    state: Properties,
    inputs: Properties,
    context: CallContext,
): Promise<Properties> {
    const engine = engineFor(context.config);
    const name = text(inputs, "name") ?? "";
    const image = await ensureImage(engine, name, context, text(inputs, "platform"));
    const had = texts(record(state, "build") ?? {}, "tags");
    for (const tag of texts(record(inputs, "build") ?? {}, "tags").filter((candidate) => !had.includes(candidate))) {
        await tagImage(engine, image.Id, tag);
    }
    return outputsOf(inputs, name, image);
}

/** Gives an image another name. Without a tag it is "latest". */
export async function tagImage(engine: EngineClient, image: string, name: string): Promise<void> {
    const tag = /:([^/:]+)$/.exec(name)?.[1];
    const repo = tag === undefined ? name : name.slice(0, -tag.length - 1);
    await engine.send("POST", `/images/${encodePath(image)}/tag`, { query: { repo, tag: tag ?? "latest" } });
}

async function remove(_id: string, inputs: Properties, outputs: Properties, context: CallContext): Promise<void> {
    const known = { ...inputs, ...outputs };
    if (flag(known, "keepLocally")) {
        return;
    }
    const engine = engineFor(context.config);
    const name = text(known, "name") ?? "";
    const image = await inspectImage(engine, name);
    if (image === undefined) {
        return;
    }
    if (text(known, "imageId") !== undefined && image.Id !== known.imageId) {
        // A replacement under the same name was made before this one is deleted: the name belongs to it now.
        context.log("info", `${name} is another image by now, so it stays`);
        return removeReplaced(engine, text(known, "imageId") ?? "");
    }
    try {
        await engine.send("DELETE", `/images/${encodePath(name)}`, { query: { force: flag(known, "forceRemove") } });
    } catch (error) {
        if (isNotFound(error)) {
            return;
        }
        throw error instanceof EngineError
            ? new Error(
                  `image ${name}: can't remove it: ${error.message} (keepLocally: true leaves it; forceRemove: true removes its name)`,
              )
            : error;
    }
}

/** The image that lost its name, unless something else still uses it. */
async function removeReplaced(engine: EngineClient, id: string): Promise<void> {
    try {
        const image = await inspectImage(engine, id);
        if (image !== undefined && (image.RepoTags ?? []).length === 0) {
            await engine.send("DELETE", `/images/${encodePath(id)}`);
        }
    } catch (error) {
        if (!isConflict(error) && !isNotFound(error)) {
            throw error;
        }
    }
}
