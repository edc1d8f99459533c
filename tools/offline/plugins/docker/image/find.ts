import type { CallContext } from "../../kit/types";
import { isNotFound, type EngineClient } from "../engine/client";
import { pullImage } from "./pull";

export interface InspectedImage {
    readonly Id: string;
    readonly RepoDigests?: readonly string[] | null;
    readonly RepoTags?: readonly string[] | null;
    readonly Config?: {
        readonly Env?: readonly string[] | null;
        readonly Labels?: Readonly<Record<string, string>> | null;
    } | null;
}

/** A local image by name, id or digest; undefined when there is none. */
export async function inspectImage(engine: EngineClient, name: string): Promise<InspectedImage | undefined> {
    try {
        return await engine.json<InspectedImage>("GET", `/images/${encodePath(name)}/json`);
    } catch (error) {
        if (isNotFound(error)) {
            return undefined;
        }
        throw error;
    }
}

/** The local image, pulled first where there is none. A local one is taken as it is, even if the registry has a newer one. */
export async function ensureImage(engine: EngineClient, name: string, context: CallContext, platform?: string): Promise<InspectedImage> {
    const local = await inspectImage(engine, name);
    if (local !== undefined) {
        return local;
    }
    if (name.startsWith("sha256:")) {
        throw new Error(`image ${name}: it isn't on this engine, and an image id can't be pulled; was it removed by hand?`);
    }
    await pullImage(engine, name, context, platform);
    const pulled = await inspectImage(engine, name);
    if (pulled === undefined) {
        throw new Error(`image ${name}: the engine has pulled it but doesn't find it; check the name and the platform`);
    }
    return pulled;
}

/** An image's name as part of a path: its slashes stay. */
export function encodePath(name: string): string {
    return name.split("/").map(encodeURIComponent).join("/");
}

/** The digest under which a registry has the image: the one of the name's own repository, else the first. */
export function repoDigest(name: string, image: InspectedImage): string {
    const digests = image.RepoDigests ?? [];
    const repository = name.split("@")[0]?.replace(/:[^/:]*$/, "") ?? name;
    return digests.find((digest) => digest.startsWith(`${repository}@`)) ?? digests[0] ?? "";
}
