import { parse } from "yaml";
import { renewed, secretCalled, withRotation } from "../../../../tools/cli/stack/rotation-edit";

const now = new Date("2026-11-20T10:00:00Z");
const key = { name: "jwt", overlap: 86400 };
const password = { name: "databasePassword" };

test.each<[string, Parameters<typeof renewed>[0], typeof key | typeof password, ReturnType<typeof renewed>]>([
    ["a password for the first time", undefined, password, "2026-11-20"],
    ["again on another day", "2026-08-01", password, "2026-11-20"],
    ["again on the same day", "2026-11-20", password, "2026-11-20.2"],
    ["a third time", "2026-11-20.2", password, "2026-11-20.3"],
    ["where it is tomorrow already", "2026-11-21", password, "2026-11-21.2"],
    ["a key for the first time: the one from before still counts", undefined, key, ["2026-11-20", "first"]],
    ["a key again: the former one counts", "2026-08-01", key, ["2026-11-20", "2026-08-01"]],
    ["R33: two rotations in a row: both former ones count", ["2026-11-20", "first"], key, ["2026-11-20.2", "2026-11-20", "first"]],
    ["former ones whose time is over are left out", ["2026-08-01", "first"], key, ["2026-11-20", "2026-08-01"]],
    ["a key whose overlap was switched off", undefined, { ...key, overlap: 0 }, "2026-11-20"],
])("what stands in quai:rotation after renewing %s", (_what, written, secret, expected) => {
    expect(renewed(written, secret, now)).toEqual(expected);
});

test.each<[string, Parameters<typeof renewed>[0], typeof key | typeof password, ReturnType<typeof renewed>]>([
    ["a key for the first time: what verifies is told of it", undefined, key, ["first", "2026-11-20"]],
    ["a key that was announced: it signs", ["first", "2026-11-20"], key, ["2026-11-20", "first"]],
    ["a key again, on the same day", ["2026-11-20", "first"], key, ["2026-11-20", "2026-11-20.2", "first"]],
    ["that one was announced", ["2026-11-20", "2026-11-20.2", "first"], key, ["2026-11-20.2", "2026-11-20", "first"]],
    ["a key that was announced so long ago that the present one would be cut off", ["first", "2026-11-01"], key, ["first", "2026-11-20"]],
    ["a password, which nobody verifies with two", undefined, password, "2026-11-20"],
])("R33: where two releases answer by turns, after renewing %s", (_what, written, secret, expected) => {
    expect(renewed(written, secret, now, true)).toEqual(expected);
});

describe("the stack file", () => {
    const FILE = `# yaml-language-server: $schema=./schema/stack.schema.json
config:
    quai:application:   demo   # what
    quai:images: { api: "registry.example.com/api@sha256:0000000000000000000000000000000000000000000000000000000000000000", web: 'x' }

    # The end.
    quai:postgres: {version: 15}  # old
encryptionsalt: v1:abc
`;
    const line = (text: string) => FILE.replace("    # The end.", `${text}\n    # The end.`);

    test("without quai:rotation: one line more, all else as it was", () => {
        expect(withRotation(FILE, "jwt", ["2026-11-20", "first"])).toBe(
            FILE.replace("# old\n", '# old\n    quai:rotation: { jwt: ["2026-11-20", first] }\n'),
        );
    });

    test.each([
        [
            "another secret is there",
            "    quai:rotation: { a: 2026-01-01 } # why",
            '    quai:rotation: { a: 2026-01-01, jwt: "2026-11-20" } # why',
        ],
        [
            "the secret is there",
            "    quai:rotation: { jwt: 2026-01-01, a: x } # why",
            '    quai:rotation: { jwt: "2026-11-20", a: x } # why',
        ],
        ["its list is there", "    quai:rotation: { jwt: [2026-01-01, first] }", '    quai:rotation: { jwt: "2026-11-20" }'],
        ["it's empty", "    quai:rotation: {} # none", '    quai:rotation: { jwt: "2026-11-20" } # none'],
        [
            "one to a line",
            "    quai:rotation:\n      # first of all\n      a: 2026-01-01 # a\n",
            '    quai:rotation:\n      # first of all\n      a: 2026-01-01 # a\n      jwt: "2026-11-20"\n',
        ],
        [
            "one to a line, and there",
            "    quai:rotation:\n      jwt: '2026-01-01' # a\n      b: x",
            '    quai:rotation:\n      jwt: "2026-11-20" # a\n      b: x',
        ],
    ])("%s", (_what, before, after) => {
        expect(withRotation(line(before), "jwt", "2026-11-20")).toBe(line(after));
    });

    test("without an end of line at its end", () => {
        expect(withRotation("config:\n  quai:application: demo", "jwt", "2026-11-20")).toBe(
            'config:\n  quai:application: demo\n  quai:rotation: { jwt: "2026-11-20" }',
        );
    });

    test("JSON, which is YAML, too", () => {
        const file = JSON.stringify({ config: { "quai:application": "demo" } }, null, 2);
        expect(parse(withRotation(file, "jwt", ["2026-11-20", "first"]))).toEqual({
            config: { "quai:application": "demo", "quai:rotation": { jwt: ["2026-11-20", "first"] } },
        });
    });

    test("a second time", () => {
        const twice = withRotation(withRotation(FILE, "jwt", "2026-11-19"), "jwt", "2026-11-20");
        expect(twice).toBe(withRotation(FILE, "jwt", "2026-11-20"));
    });
});

test("a part of a name will do, where it is one secret's alone", () => {
    const known = [{ name: "databasePassword" }, { name: "jwt" }, { name: "jwtOther" }, { name: "jwtThird" }];
    expect(secretCalled("database", known)?.name).toBe("databasePassword");
    expect(secretCalled("jwt", known)?.name).toBe("jwt");
    expect(secretCalled("jwtO", known)?.name).toBe("jwtOther");
    expect(secretCalled("j", known)).toBeUndefined();
    expect(secretCalled("smtp", known)).toBeUndefined();
});
