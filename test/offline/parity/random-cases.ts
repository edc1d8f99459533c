import type { Case, Refusal } from "./case";

const type = (kind: string): string => `random:index/${kind.charAt(0).toLowerCase()}${kind.slice(1)}:${kind}`;

const drawn = (
    kind: string,
    name: string,
    inputs: Record<string, unknown>,
    volatile: readonly string[],
    changes: Case["changes"] = [],
): Case => ({
    name,
    plugin: "random",
    type: type(kind),
    inputs: () => inputs,
    volatile,
    changes,
    inspect: async (id, outputs) => ({ id: facts(id), values: Object.fromEntries(volatile.map((key) => [key, facts(outputs[key])])) }),
});

/** What can be said of a random value without saying it: whether it has a sign in it, and its length, which a number's digits vary. */
function facts(value: unknown): unknown {
    const plain = typeof value === "object" && value !== null && "value" in value ? value.value : value;
    if (typeof plain !== "string") return typeof plain;
    if (/^(a-)?[0-9]{15,22}$/.test(plain)) return "a number";
    return { length: plain.length, signs: /[^a-zA-Z0-9]/.test(plain), digitsOnly: /^[0-9]+$/.test(plain) };
}

const text = ["result", "bcryptHash"];

export const randomCases: readonly Case[] = [
    drawn("RandomPassword", "password", { length: 32, special: false, keepers: { v: "1" } }, text, [
        { name: "keepers", set: { keepers: { v: "2" } } },
        { name: "no keepers", set: { keepers: undefined } },
        { name: "length", set: { length: 33 } },
        { name: "special", set: { special: true } },
        { name: "minimum", set: { minNumeric: 2 } },
        { name: "a default said", set: { upper: true } },
        { name: "overrideSpecial", set: { overrideSpecial: "_-" } },
    ]),
    drawn("RandomPassword", "password of digits", { length: 40, upper: false, lower: false, special: false, minNumeric: 40 }, text),
    drawn(
        "RandomString",
        "text",
        { length: 16, special: true, overrideSpecial: "_-", minSpecial: 16 },
        ["result"],
        [{ name: "length", set: { length: 20 } }],
    ),
    drawn(
        "RandomId",
        "id",
        { byteLength: 8, prefix: "a-" },
        ["b64Std", "b64Url", "dec", "hex"],
        [
            { name: "byteLength", set: { byteLength: 9 } },
            { name: "prefix", set: { prefix: "b-" } },
            { name: "keepers", set: { keepers: { v: "1" } } },
        ],
    ),
    drawn("RandomBytes", "bytes", { length: 32 }, ["base64", "hex"], [{ name: "length", set: { length: 33 } }]),
    drawn("RandomUuid", "uuid", {}, ["result"], [{ name: "keepers", set: { keepers: { v: "1" } } }]),
    drawn(
        "RandomInteger",
        "integer",
        { min: 5, max: 5 },
        [],
        [
            { name: "max", set: { max: 6 } },
            { name: "seed", set: { seed: "x" } },
        ],
    ),
    drawn("RandomInteger", "integer of nothing", { min: 6, max: 5 }, ["result"]),
    drawn("RandomPassword", "password too short for its minimums", { length: 2, minLower: 3 }, text),
    drawn("RandomPassword", "password of nothing", { length: 8, upper: false, lower: false, numeric: false, special: false }, text),
];

export const randomRefusals: readonly Refusal[] = [
    { name: "no length", plugin: "random", type: type("RandomPassword"), inputs: {} },
    { name: "length 0", plugin: "random", type: type("RandomPassword"), inputs: { length: 0 } },
    { name: "text for a number", plugin: "random", type: type("RandomPassword"), inputs: { length: "long" } },
    { name: "unknown property", plugin: "random", type: type("RandomPassword"), inputs: { length: 8, speciall: true } },
    { name: "byteLength 0", plugin: "random", type: type("RandomId"), inputs: { byteLength: 0 } },
    { name: "keepers that are a list", plugin: "random", type: type("RandomUuid"), inputs: { keepers: ["x"] } },
];
