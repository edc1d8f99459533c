import { type PluginProcess, revealed, secret, UNKNOWN } from "../harness";
import { BOX, FROZEN, startSample } from "./sample";

// Processes are started for real, on a machine that may be busy.
jest.setTimeout(60_000);

let plugin: PluginProcess;
beforeAll(async () => {
    plugin = await startSample();
});
afterAll(() => plugin.stop());

describe("check", () => {
    test("names every problem with its path, all at once", async () => {
        const { failures } = await plugin.check(BOX, {
            sise: 4,
            size: 4.5,
            mode: "quick",
            ports: [{ internal: 80 }, { internl: 80, protocol: 6 }],
            labels: { "a.b": 1 },
            name: ["x"],
        });
        expect(failures.sort()).toEqual([
            "image: required property of Box is missing",
            'labels["a.b"]: must be a string (got 1)',
            'mode: must be one of "fast", "slow" (got "quick")',
            'name: must be a string (got ["x"])',
            "ports[1].internal: required property of Port is missing",
            'ports[1].internl: unknown property of Port; did you mean "internal"?',
            "ports[1].protocol: must be a string (got 6)",
            'sise: unknown property of Box; did you mean "size"?',
            "size: must be a whole number (got 4.5)",
        ]);
    });

    test("lists the known names where none is near", async () => {
        const { failures } = await plugin.check(BOX, { image: "i", ports: [{ internal: 1, somethingElse: true }] });
        expect(failures).toEqual(["ports[0].somethingElse: unknown property of Port; it has: internal, protocol"]);
    });

    test("fills in defaults, nested ones too, then the handler's own, and runs its rules", async () => {
        const { inputs, failures } = await plugin.check(BOX, { image: "i", ports: [{ internal: 80 }] });
        expect(failures).toEqual([]);
        expect(inputs).toEqual({ image: "i", size: 3, name: "thing-1", ports: [{ internal: 80, protocol: "tcp" }] });
        expect((await plugin.check(BOX, { image: "i" }, { image: "i", name: "kept" })).inputs["name"]).toBe("kept");
        expect((await plugin.check(BOX, { image: "i", size: 13, extra: 1 })).failures).toEqual([
            "extra: unknown property of Box; it has: fail, image, labels, mode, name, ports, size, token",
            "size: 13 is no good (got 13)",
        ]);
    });

    test("lets unknown values pass for any type", async () => {
        const { inputs, failures } = await plugin.check(BOX, {
            image: UNKNOWN,
            size: UNKNOWN,
            ports: [{ internal: UNKNOWN }],
            mode: UNKNOWN,
        });
        expect(failures).toEqual([]);
        expect(inputs).toMatchObject({ image: UNKNOWN, size: UNKNOWN });
    });

    test("keeps secrets secret: where they stand, where the schema says so, and in messages", async () => {
        const { inputs } = await plugin.check(BOX, { image: secret("i"), token: "plain", labels: { a: secret("x"), b: "y" } });
        expect(revealed(inputs["image"])).toBe("i");
        expect(revealed(inputs["token"])).toBe("plain");
        expect(inputs["labels"]).toEqual({ a: secret("x"), b: "y" });
        const { failures } = await plugin.check(BOX, { image: secret(["hidden-value"]) });
        expect(failures).toEqual(["image: must be a string (got a secret of another type)"]);
    });

    test("refuses an unknown type by name, with those it knows and the way out", async () => {
        const reason = [
            `docker:index/other:Other: the fallback plugin for "docker" doesn't know this type; it knows ${BOX}, ${FROZEN}.`,
            "For every other type install the official plugin: pulumi plugin install resource docker 9.8.7",
        ].join("\n");
        expect((await plugin.check("docker:index/other:Other", {})).failures).toEqual([reason]);
        await expect(plugin.create("docker:index/other:Other", {})).rejects.toThrow(reason);
    });
});

describe("diff", () => {
    const old = { image: "i", size: 3, ports: [{ internal: 80 }, { internal: 81 }], labels: { a: "1", b: "2" } };
    const outputs = { ...old, address: "10.0.0.1" };

    test("names what changed, as deep as it goes", async () => {
        const news = { image: "i", size: 4, ports: [{ internal: 80 }, { internal: 82 }, { internal: 83 }], labels: { a: "1", c: "3" } };
        expect(await plugin.diff(BOX, old, outputs, news)).toEqual({
            changes: true,
            diffs: expect.arrayContaining(["size", "ports", "labels"]) as string[],
            replaces: ["ports"],
            deleteBeforeReplace: false,
            detailed: {
                size: "UPDATE",
                "ports[1].internal": "UPDATE_REPLACE",
                "ports[2]": "ADD_REPLACE",
                "labels.b": "DELETE",
                "labels.c": "ADD",
            },
        });
    });

    test("counts an unknown value as a change, and shows a secret one as a whole", async () => {
        expect((await plugin.diff(BOX, old, outputs, { ...old, ports: UNKNOWN })).replaces).toEqual(["ports"]);
        const hidden = await plugin.diff(BOX, old, outputs, { ...old, labels: secret({ a: "9" }) });
        expect(hidden.detailed).toEqual({ labels: "UPDATE" });
    });

    test("finds nothing in nothing: absent, empty and bridged providers' own keys", async () => {
        const bridged = { a: "1", __defaults: ["x"] };
        expect(await plugin.diff(FROZEN, bridged, {}, { a: "1" })).toMatchObject({ changes: false, diffs: [], detailed: {} });
    });

    test("replaces what can't be updated", async () => {
        expect((await plugin.diff(FROZEN, { a: "1" }, {}, { a: "2" })).replaces).toEqual(["a"]);
    });
});
