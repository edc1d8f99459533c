import type { CallContext } from "../../kit/types";
import { EngineError, type EngineClient } from "../engine/client";
import { jsonLines, lineError } from "../engine/json-lines";
import { authHeader, loginFor, registryOf } from "../engine/registry-auth";
import { isRecord, type Values } from "../values";

const PROGRESS_MILLISECONDS = 500;
const MEGABYTE = 1e6;

/** Pulls an image, with its progress as one line that is replaced by the next. */
export async function pullImage(engine: EngineClient, name: string, context: CallContext, platform?: string): Promise<void> {
    const registry = registryOf(name);
    const login = loginFor(context.config, registry);
    try {
        const response = await engine.stream("POST", "/images/create", {
            query: { ...reference(name), platform: platform === "" ? undefined : platform },
            headers: authHeader(login),
            signal: context.signal,
        });
        const progress = new PullProgress();
        let shown = 0;
        for await (const line of jsonLines(response)) {
            const error = lineError(line);
            if (error !== undefined) {
                throw new EngineError(500, error);
            }
            progress.add(line);
            if (Date.now() - shown > PROGRESS_MILLISECONDS) {
                shown = Date.now();
                context.log("info", `pulling ${name}: ${progress.text()}`, true);
            }
        }
    } catch (error) {
        throw error instanceof EngineError
            ? new Error(`image ${name}: can't pull it: ${error.message}${hint(error.message, registry)}`)
            : error;
    }
}

/** Repository and tag or digest, as the engine wants them. Without either, the engine would pull every tag. */
function reference(name: string): { fromImage: string; tag?: string } {
    const [withTag = name, digest] = name.split("@");
    const tag = /:([^/:]+)$/.exec(withTag)?.[1];
    const repository = tag === undefined ? withTag : withTag.slice(0, -tag.length - 1);
    return { fromImage: repository, tag: digest ?? tag ?? "latest" };
}

function hint(message: string, registry: string): string {
    if (/no basic auth|unauthorized|denied|authentication required/i.test(message)) {
        return ` (log in to ${registry} with the provider's registryAuth)`;
    }
    if (/no such host|connection refused|timeout|deadline exceeded/i.test(message)) {
        return ` (no answer from ${registry}; load the image into the engine, or name a mirror)`;
    }
    return "";
}

/** Layers and bytes of a pull. */
class PullProgress {
    readonly #layers = new Map<string, { current: number; total: number; done: boolean }>();

    add(line: Values): void {
        const { id, status, progressDetail: detail } = line;
        if (typeof id !== "string" || typeof status !== "string" || status.startsWith("Pulling from")) {
            return;
        }
        const layer = this.#layers.get(id) ?? { current: 0, total: 0, done: false };
        if (status === "Downloading" && isRecord(detail)) {
            layer.current = Number(detail.current ?? 0);
            layer.total = Number(detail.total ?? 0);
        }
        layer.done ||= status === "Pull complete" || status === "Already exists";
        this.#layers.set(id, layer);
    }

    text(): string {
        const layers = [...this.#layers.values()];
        const sum = (of: "current" | "total") => Math.round(layers.reduce((total, layer) => total + layer[of], 0) / MEGABYTE);
        const done = layers.filter((layer) => layer.done).length;
        return `${done} of ${layers.length} layers, ${sum("current")} of ${sum("total")} MB downloaded`;
    }
}
