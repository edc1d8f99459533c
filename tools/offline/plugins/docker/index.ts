import { version } from "@pulumi/docker/package.json";
import type { CheckFailure, Plugin, Properties } from "../kit/types";
import facts from "../facts/docker.json";
import { Problems } from "./checks";
import { containerHandler } from "./container/handler";
import { closeEngines } from "./engine/client";
import { parseEndpoint } from "./engine/endpoint";
import { checkRegistryAuth } from "./engine/registry-auth";
import { imageHandler } from "./image/handler";
import { networkHandler } from "./network";
import { tagHandler } from "./tag";
import { texts } from "./values";
import { volumeHandler } from "./volume";

/** Stands in for the official docker plugin: the resources this project uses, on the real Docker Engine API. */
export const plugin: Plugin = {
    name: "docker",
    version,
    facts,
    checkConfig,
    close: async () => closeEngines(),
    resources: {
        "docker:index/container:Container": containerHandler,
        "docker:index/network:Network": networkHandler,
        "docker:index/volume:Volume": volumeHandler,
        "docker:index/remoteImage:RemoteImage": imageHandler,
        "docker:index/tag:Tag": tagHandler,
    },
};

function checkConfig(config: Properties): readonly CheckFailure[] {
    const problems = new Problems();
    problems.unsupported(config, ["caMaterial", "certMaterial", "certPath", "keyMaterial"]);
    if (typeof config.host === "string" && config.host !== "") {
        try {
            parseEndpoint(config.host, texts(config, "sshOpts"));
        } catch (error) {
            problems.add("host", (error instanceof Error ? error.message : String(error)).replace(/^docker:host: /, ""));
        }
    }
    return [...problems.found, ...checkRegistryAuth(config)];
}
