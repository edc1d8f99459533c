import { closeEngines } from "../../../tools/offline/plugins/docker/engine/client";
import { BASE_IMAGE, calls, cleanUp, CONTAINER, engine, inspect, makeBaseImage, NETWORK, present, unique, VOLUME } from "./support/engine";

jest.setTimeout(120_000);

const network = calls(NETWORK);
const volume = calls(VOLUME);

beforeAll(() => makeBaseImage());
afterAll(async () => {
    closeEngines();
    await cleanUp();
    engine.close();
});

describe("network", () => {
    const LABELS = [
        { label: "b", value: "2" },
        { label: "a", value: "1" },
    ];

    test("created as asked for; a second look finds no difference", async () => {
        const inputs = network.normalize({
            name: unique("n"),
            internal: true,
            attachable: true,
            labels: LABELS,
            options: { "com.docker.network.bridge.enable_icc": "false" },
            ipamConfigs: [
                { subnet: "10.213.7.0/24", gateway: "10.213.7.1", ipRange: "10.213.7.128/25", auxAddress: { router: "10.213.7.254" } },
            ],
        });
        expect(network.check(inputs)).toEqual([]);
        const made = await network.create(inputs);
        expect(await inspect("networks", made.id)).toMatchObject({
            Name: inputs.name,
            Driver: "bridge",
            Internal: true,
            Attachable: true,
            Labels: { a: "1", b: "2" },
            Options: { "com.docker.network.bridge.enable_icc": "false" },
            IPAM: { Driver: "default", Config: [{ Subnet: "10.213.7.0/24", Gateway: "10.213.7.1", IPRange: "10.213.7.128/25" }] },
        });
        expect(made.outputs).toMatchObject({ driver: "bridge", scope: "local", ipv6: false });
        expect(network.diff(made.outputs, inputs).changed).toEqual([]);
        expect(present(await network.read(made.id, inputs, made.outputs))).toEqual({ id: made.id, inputs, outputs: made.outputs });
        const imported = present(await network.read(String(inputs.name)));
        expect(imported.id).toBe(made.id);
        expect(network.diff(imported.outputs, inputs).changed).toEqual([]);
        expect(network.diff(imported.outputs, network.normalize(imported.inputs)).changed).toEqual([]);
        await network.delete(made.id, made.outputs);
        await network.delete(made.id, made.outputs);
        expect(await network.read(made.id, inputs, made.outputs)).toBeUndefined();
    });

    test("a name in use is refused, and says what to do", async () => {
        const name = unique("n");
        await network.create({ name });
        await expect(network.create({ name })).rejects.toThrow(
            `network "${name}": the name is taken; remove it with "docker network rm ${name}"`,
        );
    });

    test("deleted while a container is leaving it: waits; used for good: the error names who uses it", async () => {
        const name = unique("n");
        const made = await network.create({ name });
        const container = calls(CONTAINER);
        const user = await container.create({
            name: unique("c"),
            image: BASE_IMAGE,
            command: ["sleep", "600"],
            networksAdvanced: [{ name }],
        });
        setTimeout(() => void container.delete(user.id, user.outputs), 1500);
        await network.delete(made.id, made.outputs);
        expect(await network.read(made.id, {}, made.outputs)).toBeUndefined();
    });

    const base = { name: "n" };
    const state = {
        ...network.normalize(base),
        driver: "bridge",
        internal: false,
        options: {},
        ipamConfigs: [{ subnet: "172.1.0.0/16" }],
        labels: [],
    };
    test.each([
        ["driver", { driver: "macvlan" }],
        ["internal", { internal: true }],
        ["labels", { labels: LABELS }],
        ["attachable", { attachable: true }],
        ["ipv6", { ipv6: true }],
        ["options", { options: { a: "b" } }],
        ["ipamConfigs", { ipamConfigs: [{ subnet: "10.0.0.0/8" }] }],
    ])("%s replaces, the old one first because the name stays", (property, change) => {
        const answer = network.diff(state, network.normalize({ ...base, ...change }));
        expect(answer).toEqual({ changed: [property], replaces: [property], deleteBeforeReplace: true });
    });

    test("another name: the new one may come first", () => {
        expect(network.diff(state, network.normalize({ name: "m" }))).toEqual({
            changed: ["name"],
            replaces: ["name"],
            deleteBeforeReplace: false,
        });
    });

    test("a subnet that is none", () => {
        expect(network.check({ ipamConfigs: [{ subnet: "10.0.0.0" }] })).toEqual([
            'ipamConfigs[0].subnet: must be a network such as "10.20.0.0/24" (got "10.0.0.0")',
        ]);
    });
});

describe("volume", () => {
    test("created as asked for, read, imported, deleted", async () => {
        const inputs = volume.normalize({
            name: unique("v"),
            driver: "local",
            driverOpts: { type: "tmpfs", device: "tmpfs" },
            labels: [{ label: "a", value: "1" }],
        });
        const made = await volume.create(inputs);
        expect(await inspect("volumes", made.id)).toMatchObject({
            Name: inputs.name,
            Labels: { a: "1" },
            Options: { type: "tmpfs", device: "tmpfs" },
        });
        expect(made.id).toBe(inputs.name);
        expect(made.outputs.mountpoint).toMatch(/_data$/);
        expect(volume.diff(made.outputs, inputs).changed).toEqual([]);
        expect(present(await volume.read(made.id, inputs, made.outputs))).toEqual({ id: made.id, inputs, outputs: made.outputs });
        expect(volume.diff(present(await volume.read(made.id)).outputs, inputs).changed).toEqual([]);
        await volume.delete(made.id, made.outputs);
        await volume.delete(made.id, made.outputs);
        expect(await volume.read(made.id, inputs, made.outputs)).toBeUndefined();
    });

    test("an existing volume with other labels is no change at first: a replacement would cost its data", async () => {
        const name = unique("v");
        await volume.create({ name, labels: [{ label: "made", value: "before" }] });
        const inputs = { name, labels: [{ label: "made", value: "after" }] };
        const { id, outputs } = await volume.create(inputs);
        expect(volume.diff(outputs, inputs).changed).toEqual([]);
        const refreshed = present(await volume.read(id, inputs, outputs));
        expect(volume.diff(refreshed.outputs, inputs).replaces).toEqual(["labels"]);
    });

    test("an existing volume is taken over with what it holds", async () => {
        const name = unique("v");
        const job = (command: string) =>
            calls(CONTAINER).create({
                name: unique("c"),
                image: BASE_IMAGE,
                command: ["sh", "-c", command],
                mounts: [{ type: "volume", source: name, target: "/data" }],
                attach: true,
                logs: true,
                mustRun: false,
            });
        await volume.create({ name });
        await job("echo kept > /data/f");
        await volume.create({ name });
        expect((await job("cat /data/f")).outputs.containerLogs).toBe("kept\n");
    });

    test("deleted while a container is being removed: waits for it", async () => {
        const name = unique("v");
        const made = await volume.create({ name });
        const container = calls(CONTAINER);
        const user = await container.create({
            name: unique("c"),
            image: BASE_IMAGE,
            command: ["sleep", "600"],
            volumes: [{ volumeName: name, containerPath: "/d" }],
        });
        setTimeout(() => void container.delete(user.id, user.outputs), 1500);
        await volume.delete(made.id, made.outputs);
        expect(await volume.read(made.id, {}, made.outputs)).toBeUndefined();
    });

    test.each([
        ["driver", { driver: "nfs" }],
        ["driverOpts", { driverOpts: { a: "b" } }],
        ["labels", { labels: [{ label: "a", value: "1" }] }],
    ])("%s replaces", (property, change) => {
        const state = { name: "v", driver: "local", driverOpts: {}, labels: [] };
        expect(volume.diff(state, { name: "v", ...change })).toEqual({
            changed: [property],
            replaces: [property],
            deleteBeforeReplace: true,
        });
    });

    test.each([
        [{ cluster: { scope: "single" } }, "cluster: the offline docker plugin doesn't support cluster"],
        [{ name: "-x" }, 'name: must be letters, digits, _ . or -, two at least, not beginning with a sign (got "-x")'],
    ])("%j is refused", (inputs, message) => {
        expect(volume.check(inputs)[0]).toContain(message);
    });
});
