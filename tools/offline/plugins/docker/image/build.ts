import { constants, createGzip } from "node:zlib";
import type { CallContext } from "../../kit/types";
import { EngineError, type EngineClient } from "../engine/client";
import { jsonLines, lineError } from "../engine/json-lines";
import { registryConfigHeader } from "../engine/registry-auth";
import { defined, flag, integer, records, text, textMap, texts, type Values } from "../values";
import { BuildOutput } from "./build-output";
import { openContext, type BuildContext } from "./context";
import { baseImages, needsBuildKit } from "./dockerfile";
import { ensureImage } from "./find";

/**
 * What the classic builder says where a layer of its cache was deleted while it built upon it: with the last image that had it, perhaps of
 * another stack. The next attempt builds that layer.
 */
const LOST_LAYER = /failed to get digest sha256:|unknown parent image|layer does not exist|No such image: sha256:/;
const ATTEMPTS = 3;

/** Builds an image with the engine's own builder and tags it with `name` and `build.tags`. Its output shows while it comes. */
export async function buildImage(engine: EngineClient, name: string, build: Values, context: CallContext): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
        const output = new BuildOutput(context);
        try {
            await buildOnce(engine, name, build, context, output);
            return;
        } catch (error) {
            if (!(error instanceof EngineError)) throw error;
            if (!LOST_LAYER.test(error.message) || attempt === ATTEMPTS) {
                throw new Error(`image ${name}: the build failed: ${error.message.trim()}${output.tail()}`);
            }
            context.log("info", "a layer that this was built upon has been deleted meanwhile; once more");
        }
    }
}

async function buildOnce(engine: EngineClient, name: string, build: Values, context: CallContext, output: BuildOutput): Promise<void> {
    const source = await openContext(text(build, "context") ?? ".", text(build, "dockerfile") ?? "Dockerfile");
    const buildKit = usesBuildKit(build, source);
    if (buildKit) {
        await pullBases(engine, source, build, context);
    }
    const response = await engine.stream("POST", "/build", {
        query: {
            ...buildQuery(build),
            t: [name, ...texts(build, "tags")],
            dockerfile: source.dockerfile,
            version: buildKit ? "2" : "1",
        },
        body: compressed(engine, source),
        headers: { "Content-Type": "application/x-tar", ...registryConfigHeader(context.config, ownLogins(build)) },
        signal: context.signal,
    });
    for await (const line of jsonLines(response)) {
        output.add(line);
        const error = lineError(line);
        if (error !== undefined) {
            throw new EngineError(500, error);
        }
    }
}

/**
 * BuildKit where the program asks for it (version "2") or the Dockerfile can't do without; else the classic builder, which every engine
 * has, whose log comes as plain lines and which logs in to registries by itself.
 */
function usesBuildKit(build: Values, source: BuildContext): boolean {
    const version = text(build, "version");
    return !flag(build, "useLegacyBuilder") && (version === "2" || (version === undefined && needsBuildKit(source.instructions)));
}

/** Over the plain API BuildKit can't ask back for logins, so what it builds upon is pulled before. */
async function pullBases(engine: EngineClient, source: BuildContext, build: Values, context: CallContext): Promise<void> {
    for (const image of baseImages(source.instructions)) {
        await ensureImage(engine, image, context, text(build, "platform"));
    }
}

/** Compressing pays over a network, not over a local socket. */
function compressed(engine: EngineClient, source: BuildContext): BuildContext["archive"] {
    if (engine.endpoint.kind !== "ssh") {
        return source.archive;
    }
    const gzip = createGzip({ level: constants.Z_BEST_SPEED });
    source.archive.on("error", (error) => gzip.destroy(error));
    return source.archive.pipe(gzip);
}

function buildQuery(build: Values): Record<string, string | number | boolean | readonly string[] | undefined> {
    const limits = records(build, "ulimits").map((limit) => ({ Name: limit.name, Soft: limit.soft, Hard: limit.hard }));
    return {
        buildargs: jsonOf(textMap(build, "buildArgs")),
        labels: jsonOf({ ...textMap(build, "label"), ...textMap(build, "labels") }),
        target: text(build, "target"),
        networkmode: text(build, "networkMode"),
        nocache: flag(build, "noCache") || undefined,
        pull: flag(build, "pullParent") ? 1 : undefined,
        rm: build.remove !== false,
        forcerm: flag(build, "forceRemove") || undefined,
        q: flag(build, "suppressOutput") || undefined,
        platform: text(build, "platform"),
        extrahosts: texts(build, "extraHosts"),
        cachefrom: jsonOf(texts(build, "cacheFroms")),
        securityopt: texts(build, "securityOpts"),
        ulimits: jsonOf(limits),
        shmsize: integer(build, "shmSize"),
        memory: integer(build, "memory"),
        memswap: integer(build, "memorySwap"),
        cpushares: integer(build, "cpuShares"),
        cpuquota: integer(build, "cpuQuota"),
        cpuperiod: integer(build, "cpuPeriod"),
        cpusetcpus: text(build, "cpuSetCpus"),
        cpusetmems: text(build, "cpuSetMems"),
        cgroupparent: text(build, "cgroupParent"),
    };
}

function jsonOf(value: object | undefined): string | undefined {
    return value === undefined || Object.keys(value).length === 0 ? undefined : JSON.stringify(value);
}

function ownLogins(build: Values): Record<string, unknown> {
    const logins = records(build, "authConfigs").map((login): [string, Values] => [
        text(login, "hostName") ?? "",
        defined({
            username: text(login, "userName"),
            password: text(login, "password"),
            auth: text(login, "auth"),
            email: text(login, "email"),
            serveraddress: text(login, "serverAddress"),
            identitytoken: text(login, "identityToken"),
            registrytoken: text(login, "registryToken"),
        }),
    ]);
    return Object.fromEntries(logins);
}
