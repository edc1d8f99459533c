import * as grpc from "@grpc/grpc-js";
import { isSecret, type PluginProcess, revealed, secret, UNKNOWN, urnOf } from "../harness";
import { BOX, FROZEN, failureOf, startSample } from "./sample";

// Processes are started for real, on a machine that may be busy.
jest.setTimeout(60_000);

const TOKEN = 'a "very" secret & long value';

let plugin: PluginProcess;
beforeAll(async () => {
    plugin = await startSample();
});
afterAll(() => plugin.stop());

describe("create, update and delete", () => {
    test("handlers see plain values; the secret ones come back secret", async () => {
        const { id, properties } = await plugin.create(BOX, {
            image: "i",
            token: secret(TOKEN),
            labels: { a: secret("inner secret"), b: "2" },
        });
        expect(id).toBe("id-of-thing");
        expect(revealed(properties["token"])).toBe(TOKEN);
        // As deep as it stood in the input, like the official plugins.
        expect(properties["labels"]).toEqual({ a: secret("inner secret"), b: "2" });
        expect(revealed(properties["key"])).toBe("generated");
        // An output of another name in which the secret turns up.
        expect(revealed(properties["address"])).toBe(`10.0.0.1?${TOKEN}`);
        expect(properties["image"]).toBe("i");
    });

    test("nothing that is logged or refused shows a secret, in whatever form", async () => {
        await plugin.create(BOX, { image: "i", token: secret(TOKEN) });
        expect(plugin.logs.filter(({ severity }) => severity === 2).at(-1)).toEqual({
            severity: 2,
            message: "token is [secret]",
            urn: urnOf(BOX),
            ephemeral: false,
        });
        const failure = await failureOf(plugin.create(BOX, { image: "i", token: secret(TOKEN), fail: "plainly" }));
        expect(failure).toMatchObject({ code: grpc.status.FAILED_PRECONDITION, initFailed: undefined });
        expect(failure.message).toBe('no: [secret], [secret] and "[secret]"');
        // Marked by the schema alone.
        expect((await failureOf(plugin.create(BOX, { image: "i", token: "only-the-schema-knows", fail: "plainly" }))).message).toContain(
            "no: [secret],",
        );
        const removal = await failureOf(plugin.delete(BOX, "id", { fail: "delete" }, { token: secret(TOKEN) }));
        expect(removal.message).toBe("can't delete with [secret]");
    });

    test("a resource that exists but isn't fit is kept, and is replaced next time", async () => {
        const inputs = { image: "i", token: secret(TOKEN), fail: "half" };
        for (const call of [plugin.create(BOX, inputs), plugin.update(BOX, "id", {}, {}, inputs)]) {
            const { message, initFailed } = await failureOf(call);
            expect(message).toBe("unhealthy: [secret]; exit code 1");
            expect(initFailed).toMatchObject({ id: "half-id", reasons: ["unhealthy: [secret]", "exit code 1"] });
            expect(initFailed?.properties).toMatchObject({ image: "i", token: secret(TOKEN), key: secret("k") });
        }
        const next = await plugin.diff(BOX, { image: "i" }, { image: "i", key: "k" }, { image: "i" });
        expect(next).toMatchObject({ replaces: ["address"], deleteBeforeReplace: true, detailed: { address: "ADD_REPLACE" } });
    });

    test("a preview calls no handler: inputs are known, the rest is not", async () => {
        const { id, properties } = await plugin.create(BOX, { image: "i", size: UNKNOWN, fail: "plainly" }, { preview: true });
        expect(id).toBe("");
        expect(properties).toMatchObject({ image: "i", size: UNKNOWN, address: UNKNOWN });
        expect(revealed(properties["key"])).toBe(UNKNOWN);
        expect(await plugin.update(BOX, "id", {}, { address: "old" }, { image: "i", fail: "plainly" }, true)).toMatchObject({
            address: UNKNOWN,
        });
    });
});

describe("read", () => {
    test("a refresh answers what is there, with inputs, and keeps secrets", async () => {
        const found = await plugin.read(BOX, "id", { image: "i", size: 3 }, { image: "i", size: 3, name: secret("hidden") });
        expect(found).toMatchObject({ id: "id", inputs: { image: "i", size: 99 }, properties: { size: 99, imported: false } });
        expect(revealed(found.properties["name"])).toBe("hidden");
    });

    test("what is gone has no id, an import has nothing but the id", async () => {
        expect((await plugin.read(BOX, "gone", { image: "i" }, { image: "i" })).id).toBe("");
        expect((await plugin.read(BOX, "there")).properties).toEqual({ size: 99, imported: true });
        await expect(plugin.read(FROZEN, "x")).rejects.toThrow(`thing: ${FROZEN} can't be imported`);
    });
});

test("a secret of one or two letters hides only where it stands alone", async () => {
    const failure = await failureOf(plugin.create(BOX, { image: "i", token: secret("no"), fail: "plainly" }));
    expect(failure.message).toBe('[secret]: [secret], [secret] and "[secret]"');
    expect(isSecret((await plugin.create(BOX, { image: "nothing", token: secret("no") })).properties["image"])).toBe(false);
});
