import fc from "fast-check";
import type { Plain } from "../../../components/internal/release";
import { canonical, releaseOf } from "../../../components/internal/release";

const CONTENT = {
    image: "quai/demo-dev-api:3fa9c1d2",
    command: ["demo-api", "serve"],
    env: { LOG_LEVEL: "info", ZONE: "UTC" },
    secrets: { databaseUrl: "databaseUrl 1" },
    memory: 536870912,
    readOnlyRoot: true,
    cpus: undefined,
} satisfies Plain;

/** The same members in another order, all the way down. */
function reversed(value: Plain): Plain {
    if (Array.isArray(value)) return value.map((item) => reversed(item as Plain));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(
        Object.entries(value as Record<string, Plain>)
            .reverse()
            .map(([key, member]) => [key, reversed(member)]),
    );
}

describe("a release", () => {
    test("is 8 hexadecimal digits, the same each time", () => {
        expect(releaseOf(CONTENT)).toMatch(/^[0-9a-f]{8}$/);
        expect(releaseOf(CONTENT)).toBe(releaseOf({ ...CONTENT }));
    });

    test("doesn't depend on the order in which members are written", () => {
        expect(releaseOf(reversed(CONTENT))).toBe(releaseOf(CONTENT));
        const plain = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Plain>;
        fc.assert(fc.property(plain, (value) => canonical(reversed(value)) === canonical(value)));
    });

    test("a member without a value is as good as none, but not as null or empty", () => {
        expect(releaseOf({ a: 1, b: undefined })).toBe(releaseOf({ a: 1 }));
        expect(
            new Set([releaseOf({ a: 1 }), releaseOf({ a: 1, b: null }), releaseOf({ a: 1, b: "" }), releaseOf({ a: 1, b: [] })]).size,
        ).toBe(4);
    });

    const changes: [string, Plain][] = [
        ["image", { ...CONTENT, image: "quai/demo-dev-api:3fa9c1d3" }],
        ["order of the command", { ...CONTENT, command: ["serve", "demo-api"] }],
        ["split of the command", { ...CONTENT, command: ["demo-api serve"] }],
        ["value of a variable", { ...CONTENT, env: { ...CONTENT.env, LOG_LEVEL: "debug" } }],
        ["name of a variable", { ...CONTENT, env: { LOG_LEVELS: "info", ZONE: "UTC" } }],
        ["a variable moved", { ...CONTENT, env: { LOG_LEVEL: "UTC", ZONE: "info" } }],
        ["version of a secret", { ...CONTENT, secrets: { databaseUrl: "databaseUrl 2026-11-01" } }],
        ["memory", { ...CONTENT, memory: CONTENT.memory + 1 }],
        ["text instead of a number", { ...CONTENT, memory: String(CONTENT.memory) }],
        ["read-only root", { ...CONTENT, readOnlyRoot: false }],
        ["a member more", { ...CONTENT, cpus: 1 }],
    ];
    test.each(changes)("is another one after a change of: %s", (_, changed) => {
        expect(releaseOf(changed)).not.toBe(releaseOf(CONTENT));
    });

    test("different content has different text", () => {
        const plain = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Plain>;
        fc.assert(fc.property(plain, plain, (a, b) => (canonical(a) === canonical(b)) === sameJson(a, b)));
    });
});

function sameJson(a: Plain, b: Plain): boolean {
    try {
        expect(JSON.parse(JSON.stringify(a))).toEqual(JSON.parse(JSON.stringify(b)));
        return true;
    } catch {
        return false;
    }
}
