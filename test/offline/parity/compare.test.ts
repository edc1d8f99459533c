import { compare } from "./compare";
import { clearTexts, fromStruct, markSecrets, Secret, secret, secretKeys, toStruct } from "./wire";

test("what differs is named by its path, with both answers", () => {
    const official = { create: { outputs: { image: "a", memory: 1 } }, "change memory": { changes: "update" } };
    const ours = { create: { outputs: { image: "a", memory: 2 } }, "change memory": { changes: "replace" } };
    expect(compare("container", official, ours)).toEqual([
        { path: "container/change memory.changes", official: '"update"', ours: '"replace"' },
        { path: "container/create.outputs.memory", official: "1", ours: "2" },
    ]);
});

test("a property that only one of them answers is a difference", () => {
    expect(compare("c", { delete: "done", real: { a: 1 } }, { delete: "done" })).toEqual([
        { path: "c/real", official: '{"a":1}', ours: "null" },
    ]);
});

test.each([
    ["lists without an order", { envs: ["a", "b"] }, { envs: ["b", "a"] }],
    ["nothing, null and an empty list", { a: [], b: null, c: {} }, {}],
    ["keys in another order", { a: { x: 1, y: 2 } }, { a: { y: 2, x: 1 } }],
])("no difference: %s", (_name, official, ours) => {
    expect(compare("c", { outputs: official }, { outputs: ours })).toEqual([]);
});

test("the order of a command is a difference", () => {
    expect(compare("c", { outputs: { command: ["a", "b"] } }, { outputs: { command: ["b", "a"] } })).toHaveLength(1);
});

test("an accepted difference keeps its reason; the same path in another case is not accepted", () => {
    const seen = [{ "change seed": { changes: "replace" } }, { "change seed": { changes: "none" } }] as const;
    expect(compare("integer", ...seen)[0]?.accepted?.reason).toMatch(/seeded/);
    expect(compare("text", ...seen)[0]?.accepted).toBeUndefined();
});

test("secrets travel as the engine sends them, and are told from clear texts", () => {
    const values = { plain: "p", list: ["x", secret("hidden")], map: { deep: secret({ a: "hidden too" }) } };
    const back = fromStruct(toStruct(values));
    expect(back).toEqual(values);
    expect(secretKeys(back)).toEqual(["list", "map"]);
    expect(clearTexts(back).sort()).toEqual(["p", "x"]);
});

test("for a plugin that takes no secrets the engine marks outputs by their inputs", () => {
    const marked = markSecrets(
        { envs: ["a", "b"], tmpfs: { x: "1", y: "2" }, other: 1 },
        { envs: ["a", secret("b")], tmpfs: { x: "1", y: secret("2") } },
    );
    expect(marked).toEqual({ envs: new Secret(["a", "b"]), tmpfs: { x: "1", y: new Secret("2") }, other: 1 });
});
