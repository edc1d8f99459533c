// Deployed by pulumi.test.ts through the real engine. QUAI_TEST_STAGE says what this run is about.
const docker = require("@pulumi/docker");
const pulumi = require("@pulumi/pulumi");

const stage = JSON.parse(process.env.QUAI_TEST_STAGE);
const { prefix, release, secret, baseImage } = stage;
const provider = new docker.Provider("host", stage.provider);
const labels = [{ label: "io.quai.stack", value: prefix }];
const network = new docker.Network("network", { name: `${prefix}-net`, labels }, { provider });
const volume = new docker.Volume("volume", { labels }, { provider });
const image = new docker.RemoteImage(
    "image",
    {
        name: `${prefix}-app:${release}`,
        build: { context: stage.context, buildArgs: { RELEASE: release, BASE: baseImage } },
        triggers: { release },
        keepLocally: true,
    },
    { provider },
);

/** The release is part of the logical name. */
const service = new docker.Container(
    `service-${release}`,
    {
        name: `${prefix}-service-${release}`,
        image: image.imageId,
        command: ["sh", "-c", 'echo "token is $TOKEN"; exec sleep 600'],
        envs: [pulumi.secret(`TOKEN=${secret}`)],
        uploads: [{ file: "/etc/app/token", content: pulumi.secret(secret), permissions: "0400" }],
        labels,
        networksAdvanced: [{ name: network.name, aliases: ["service"] }],
        mounts: [{ type: "volume", source: volume.name, target: "/data" }],
        healthcheck: {
            tests: stage.broken ? ["CMD-SHELL", "echo it is $TOKEN; false"] : ["CMD", "cat", "/etc/app/token"],
            interval: "300ms",
        },
        wait: true,
        waitTimeout: stage.broken ? 2 : 60,
        ...stage.extra,
    },
    { provider },
);

/** One logical name, another Docker name each time: the new one comes before the old one goes. */
const swapped = new docker.Container(
    "swapped",
    { name: `${prefix}-swapped-${release}`, image: image.imageId, command: ["sleep", "600"], restart: stage.restart ?? "no", labels },
    { provider, deleteBeforeReplace: false },
);

module.exports = {
    service: service.id,
    swapped: swapped.id,
    address: service.networkDatas.apply((datas) => datas[0].ipAddress),
    volume: volume.name,
};
