import { compareSync } from "bcryptjs";
import { isSecret, type PluginProcess, revealed, startInstalled, textOf } from "../harness";

// Processes are started for real, on a machine that may be busy.
jest.setTimeout(60_000);

const PASSWORD = "random:index/randomPassword:RandomPassword";
const STRING = "random:index/randomString:RandomString";
const BYTES = "random:index/randomBytes:RandomBytes";
const ID = "random:index/randomId:RandomId";
const UUID = "random:index/randomUuid:RandomUuid";
const INTEGER = "random:index/randomInteger:RandomInteger";

let plugin: PluginProcess;
beforeAll(async () => {
    plugin = await startInstalled("random");
});
afterAll(() => plugin.stop());

describe("RandomPassword", () => {
    test("is secret, as is its hash, and the hash is bcrypt's", async () => {
        const { id, properties } = await plugin.create(PASSWORD, { length: 32 });
        const result = textOf(revealed(properties["result"]));
        expect(id).toBe("none");
        expect(result).toHaveLength(32);
        expect(compareSync(result, textOf(revealed(properties["bcryptHash"])))).toBe(true);
        expect(properties).toMatchObject({ length: 32, upper: true, lower: true, numeric: true, number: true, special: true, minUpper: 0 });
    });

    test("keeps to the classes and minimums asked for", async () => {
        const inputs = { length: 40, upper: false, special: true, overrideSpecial: "_é", minSpecial: 10, minNumeric: 5, lower: false };
        const { properties } = await plugin.create(PASSWORD, inputs);
        const characters = [...textOf(revealed(properties["result"]))];
        expect(characters).toHaveLength(40);
        expect(characters.every((character) => /[0-9_é]/.test(character))).toBe(true);
        expect(characters.filter((character) => /[_é]/.test(character)).length).toBeGreaterThanOrEqual(10);
        expect(characters.filter((character) => /\d/.test(character)).length).toBeGreaterThanOrEqual(5);
    });

    test("spreads evenly over its characters", async () => {
        const { properties } = await plugin.create(STRING, { length: 40_000, upper: false, lower: false, special: false });
        const counts = new Map<string, number>();
        for (const character of textOf(properties["result"])) counts.set(character, (counts.get(character) ?? 0) + 1);
        // Each digit is expected 4000 times, with a standard deviation of 60: six of them are never left by chance.
        expect([...counts.values()].every((count) => Math.abs(count - 4000) < 360)).toBe(true);
        expect(counts.size).toBe(10);
    });

    test("names every wrong setting at once", async () => {
        const wrong = { length: 3, minUpper: 2, minLower: 2, lenght: 5, number: true, numeric: false, keepers: { a: "1" } };
        expect((await plugin.check(PASSWORD, wrong)).failures).toEqual([
            'lenght: unknown property of RandomPassword; did you mean "length"?',
            'number: contradicts "numeric"; it is the old name of the same setting: leave it out',
            "length: must be at least 4, the sum of minUpper, minLower, minNumeric, minSpecial (got 3)",
        ]);
        expect((await plugin.check(PASSWORD, { length: "12" })).failures).toEqual(['length: must be a whole number (got "12")']);
        expect((await plugin.check(PASSWORD, {})).failures).toEqual(["length: required property of RandomPassword is missing"]);
        const empty = { length: 4, upper: false, lower: false, numeric: false, special: false };
        expect((await plugin.check(PASSWORD, empty)).failures).toEqual([
            "special: no characters left to choose from: at least one of upper, lower, numeric, special must be true",
        ]);
    });

    test("is drawn anew when a keeper or a setting changes, and not when a default is spelled out", async () => {
        const { properties } = await plugin.create(PASSWORD, { length: 20, keepers: { on: "2026-01-01" } });
        const old = { length: 20, keepers: { on: "2026-01-01" } };
        const turned = await plugin.diff(PASSWORD, old, properties, { ...old, keepers: { on: "2026-02-01" } });
        expect(turned).toMatchObject({ changes: true, replaces: ["keepers"], detailed: { "keepers.on": "UPDATE_REPLACE" } });
        expect((await plugin.diff(PASSWORD, old, properties, { ...old, special: true, number: true })).changes).toBe(false);
        expect((await plugin.diff(PASSWORD, old, properties, { ...old, special: false })).replaces).toEqual(["special"]);
    });

    test("a refresh keeps it, and an import takes it from the id", async () => {
        const { properties } = await plugin.create(PASSWORD, { length: 9 });
        const refreshed = await plugin.read(PASSWORD, "none", { length: 9 }, properties);
        expect(refreshed).toEqual({ id: "none", inputs: { length: 9 }, properties });
        const imported = await plugin.read(PASSWORD, "from elsewhere");
        expect(imported.id).toBe("none");
        expect(imported.inputs).toEqual({ length: 14 });
        expect(revealed(imported.properties["result"])).toBe("from elsewhere");
        expect(compareSync("from elsewhere", textOf(revealed(imported.properties["bcryptHash"])))).toBe(true);
    });
});

test("RandomString: its value is its id, and public", async () => {
    const { id, properties } = await plugin.create(STRING, { length: 8, special: false });
    expect(properties["result"]).toBe(id);
    expect(id).toMatch(/^[A-Za-z0-9]{8}$/);
    expect((await plugin.read(STRING, "abc")).properties).toMatchObject({ result: "abc", length: 3 });
});

test("RandomBytes: secret, in both forms the same bytes, and not in the id", async () => {
    const { id, properties } = await plugin.create(BYTES, { length: 16 });
    const base64 = textOf(revealed(properties["base64"]));
    expect(id).toBe("none");
    expect(Buffer.from(base64, "base64")).toHaveLength(16);
    expect(revealed(properties["hex"])).toBe(Buffer.from(base64, "base64").toString("hex"));
    expect((await plugin.check(BYTES, { length: 0 })).failures).toEqual(["length: must be at least 1 (got 0)"]);
    const imported = await plugin.read(BYTES, base64);
    expect(imported.properties["hex"]).toEqual(properties["hex"]);
    await expect(plugin.read(BYTES, "not base64!")).rejects.toThrow("the id to import must be the bytes in base64");
});

test("RandomId: four forms of the same bytes, with the prefix", async () => {
    const { id, properties } = await plugin.create(ID, { byteLength: 6, prefix: "p-" });
    const bytes = Buffer.from(id, "base64url");
    const expected = {
        byteLength: 6,
        prefix: "p-",
        b64Url: `p-${id}`,
        b64Std: `p-${bytes.toString("base64")}`,
        hex: `p-${bytes.toString("hex")}`,
        dec: `p-${BigInt(`0x${bytes.toString("hex")}`)}`,
    };
    expect(properties).toEqual(expected);
    expect(await plugin.read(ID, `p-,${id}`)).toEqual({ id, inputs: { byteLength: 6, prefix: "p-" }, properties: expected });
});

test("RandomUuid: version 4", async () => {
    const { id, properties } = await plugin.create(UUID, {});
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(properties).toEqual({ result: id });
    await expect(plugin.read(UUID, "x")).rejects.toThrow('the id to import must be a UUID (got "x")');
});

test("RandomInteger: within its bounds, both reached; a seed is refused", async () => {
    const drawn = await Promise.all(Array.from({ length: 60 }, () => plugin.create(INTEGER, { min: -1, max: 1 })));
    expect(new Set(drawn.map(({ properties }) => properties["result"]))).toEqual(new Set([-1, 0, 1]));
    expect((await plugin.check(INTEGER, { min: 5, max: 1, seed: "s" })).failures).toEqual([
        "min: must not exceed max (got 5 > 1)",
        "seed: the fallback plugin can't repeat the official generator: leave it out, or install the official plugin",
    ]);
    expect((await plugin.read(INTEGER, "7,1,9")).properties).toEqual({ min: 1, max: 9, result: 7 });
});

test("a preview promises the settings, not the value", async () => {
    const { properties } = await plugin.create(PASSWORD, { length: 12 }, { preview: true });
    expect(properties["length"]).toBe(12);
    expect(isSecret(properties["result"])).toBe(true);
    expect(revealed(properties["result"])).toBe("04da6b54-80e4-46f7-96ec-b56ff0331ba9");
});
