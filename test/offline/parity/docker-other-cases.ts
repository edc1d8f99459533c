import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Case, Refusal } from "./case";
import { BASE_IMAGE, docker, PREFIX } from "./docker-engine";

const netName = `${PREFIX}-n`;
const volName = `${PREFIX}-v`;
const tag = `quai-parity/built:${process.pid}`;
const labels = [{ label: "io.quai.stack", value: "parity" }];
const context = join(tmpdir(), `${PREFIX}-context`);

const network = {
    plugin: "docker",
    type: "docker:index/network:Network",
    volatile: ["ipamConfigs"],
    cleanUp: async (): Promise<void> => void docker("network", "rm", netName),
} as const;
const volume = {
    plugin: "docker",
    type: "docker:index/volume:Volume",
    cleanUp: async (): Promise<void> => void docker("volume", "rm", "-f", volName),
} as const;
const image = {
    plugin: "docker",
    type: "docker:index/remoteImage:RemoteImage",
    volatile: ["imageId", "repoDigest"],
    cleanUp: async (): Promise<void> => {
        docker("image", "rm", "-f", tag);
        docker("image", "rm", "-f", `${tag}-again`);
        rmSync(context, { recursive: true, force: true });
    },
} as const;

async function writeContext(): Promise<void> {
    rmSync(context, { recursive: true, force: true });
    const made = mkdtempSync(join(tmpdir(), "quai-parity-"));
    writeFileSync(join(made, "Dockerfile"), `FROM ${BASE_IMAGE}\nARG GREETING=none\nCOPY file /file\nRUN echo "$GREETING" > /greeting\n`);
    writeFileSync(join(made, "file"), "content\n");
    writeFileSync(join(made, "ignored"), "ignored\n");
    writeFileSync(join(made, ".dockerignore"), "ignored\n");
    const { renameSync } = await import("node:fs");
    renameSync(made, context);
}

async function builtImage(): Promise<unknown> {
    const text = docker("run", "--rm", tag, "cat", "/greeting", "/file");
    const [found] = JSON.parse(docker("image", "inspect", tag) || "[]") as { Config?: { Labels?: unknown } }[];
    return { text, labels: found?.Config?.Labels ?? null };
}

export const dockerCases: readonly Case[] = [
    {
        ...network,
        name: "network",
        inputs: () => ({ name: netName, labels, internal: true }),
        changes: [
            { name: "internal", set: { internal: false } },
            { name: "labels", set: { labels: [] } },
            { name: "driver", set: { driver: "macvlan" } },
            { name: "subnet", set: { ipamConfigs: [{ subnet: "10.251.3.0/24" }] } },
        ],
        tampering: [{ name: "docker network rm", apply: async (id) => void docker("network", "rm", id) }],
    },
    {
        ...network,
        name: "network with a subnet",
        inputs: () => ({
            name: netName,
            ipamConfigs: [{ subnet: "10.251.2.0/24", gateway: "10.251.2.1" }],
            options: { "com.docker.network.bridge.name": "quaiparity0" },
        }),
        changes: [{ name: "subnet", set: { ipamConfigs: [{ subnet: "10.251.3.0/24" }] } }],
    },
    {
        ...network,
        name: "network whose name is taken",
        inputs: () => ({ name: netName }),
        prepare: async () => void docker("network", "create", netName),
    },
    {
        ...volume,
        name: "volume",
        inputs: () => ({ name: volName, labels }),
        changes: [
            { name: "labels", set: { labels: [{ label: "io.quai.stack", value: "other" }] } },
            { name: "driver", set: { driver: "local" } },
            { name: "driverOpts", set: { driverOpts: { type: "tmpfs", device: "tmpfs" } } },
            { name: "name", set: { name: `${volName}-2` } },
        ],
        tampering: [{ name: "docker volume rm", apply: async () => void docker("volume", "rm", volName) }],
    },
    {
        ...volume,
        name: "volume with options",
        inputs: () => ({ name: volName, driver: "local", driverOpts: { type: "tmpfs", device: "tmpfs", o: "size=1m" } }),
    },
    {
        ...volume,
        name: "volume that exists, with other labels",
        inputs: () => ({ name: volName, labels }),
        prepare: async () => void docker("volume", "create", "--label", "other=label", volName),
    },
    {
        ...image,
        name: "image that is here",
        inputs: () => ({ name: tag, keepLocally: true }),
        prepare: async () => void docker("tag", BASE_IMAGE, tag),
        changes: [
            { name: "keepLocally", set: { keepLocally: false }, apply: true },
            { name: "triggers", set: { triggers: { hash: "2" } } },
            { name: "pullTriggers", set: { pullTriggers: ["2"] } },
            { name: "name", set: { name: "quai-parity/other:1" } },
        ],
        tampering: [{ name: "docker image rm", apply: async () => void docker("image", "rm", tag) }],
    },
    { ...image, name: "image that is nowhere", inputs: () => ({ name: "localhost:1/none:1" }) },
    {
        ...image,
        name: "image built from a folder",
        inputs: () => ({
            name: tag,
            build: {
                context,
                dockerfile: "Dockerfile",
                buildArgs: { GREETING: "hello" },
                networkMode: "host",
                label: { x: "y" },
                labels: { x: "y" },
            },
            triggers: { hash: "1" },
        }),
        prepare: writeContext,
        inspect: builtImage,
        changes: [
            { name: "triggers", set: { triggers: { hash: "2" } } },
            { name: "build arguments", set: { build: { context, buildArgs: { GREETING: "other" } } } },
            { name: "no build", set: { build: undefined } },
            { name: "keepLocally", set: { keepLocally: true } },
        ],
    },
    {
        ...image,
        name: "image whose build fails",
        inputs: () => ({ name: tag, build: { context, buildArgs: {}, target: "nothing" } }),
        prepare: writeContext,
    },
    {
        plugin: "docker",
        type: "docker:index/tag:Tag",
        name: "tag",
        volatile: ["sourceImageId"],
        inputs: () => ({ sourceImage: BASE_IMAGE, targetImage: tag }),
        changes: [
            { name: "target", set: { targetImage: `${tag}-again` } },
            { name: "triggers", set: { tagTriggers: ["2"] } },
        ],
        cleanUp: image.cleanUp,
    },
];

export const dockerRefusals: readonly Refusal[] = [
    { name: "network without a name", plugin: "docker", type: network.type, inputs: { nam: "x" } },
    { name: "image without a context", plugin: "docker", type: image.type, inputs: { name: tag, build: { dockerfile: "Dockerfile" } } },
    {
        name: "image with build and pullTriggers",
        plugin: "docker",
        type: image.type,
        inputs: { name: tag, build: { context: "." }, pullTriggers: ["1"] },
    },
    { name: "volume driver", plugin: "docker", type: volume.type, inputs: { name: volName, driverOpts: "x" } },
];
