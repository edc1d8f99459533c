import { parse } from "yaml";
import { roomFor } from "../../../../tools/cli/stack/secret-edit";

const A = { secure: "v1:a" };
const B = { secure: "v1:b" };
const file = (entry?: unknown) =>
    `# ours\nconfig:\n  quai:domain: a.eu # the name\n${entry === undefined ? "" : `  quai:secrets: ${JSON.stringify({ other: B, mail: entry })}\n`}encryptionsalt: v1:x\n`;
const room = (entry: unknown, secret = "mail", keepFormer = false) => {
    const { text, path } = roomFor(file(entry), secret, keepFormer);
    const { config } = parse(text) as { config: Record<string, Record<string, unknown> | undefined> };
    return [config["quai:secrets"]?.["mail"], path];
};

describe("R26: room in a stack file for another value of a secret", () => {
    test.each([
        ["a new one", undefined, undefined, "mail"],
        ["over the former text", A, A, "mail"],
        ["over one in clear", "clear", "clear", "mail"],
        ["over what says where it is read", { command: ["cat"], timeout: "5s" }, { command: ["cat"], timeout: "5s" }, "mail"],
        ["beside a former one", { value: A, former: B }, { value: A, former: B }, "mail.value"],
        ["in the place of a source, beside a former one", { environment: "MAIL", former: B }, { former: B }, "mail.value"],
        ["in a mapping", { value: A }, { value: A }, "mail.value"],
    ])("%s", (_, written, left, path) => expect(room(written)).toEqual([left, path]));

    test.each([
        ["of an encrypted text", A, { former: A }],
        ["of a value with a former one, which goes", { value: A, former: B }, { former: A }],
        ["of a variable", { environment: "MAIL", former: A }, { former: { environment: "MAIL" } }],
        ["of a vault's command", { command: ["op", "read"], timeout: "5s" }, { former: { command: ["op", "read"], timeout: "5s" } }],
    ])("the present value is kept as the former one, still encrypted: %s", (_, written, left) =>
        expect(room(written, "mail", true)).toEqual([left, "mail.value"]),
    );

    test("a part of a lone text: the engine can't write into it", () => {
        expect(room(A, "mail.former")).toEqual([{ value: A }, "mail.former"]);
        expect(room(A, "mail.value")).toEqual([{ value: A }, "mail.value"]);
        expect(room({ value: A }, "mail.former")).toEqual([{ value: A }, "mail.former"]);
    });

    test("nothing to keep, or nothing that may be kept", () => {
        expect(() => room(undefined, "mail", true)).toThrow("quai:secrets.mail: has no value yet that could be kept");
        for (const clear of ["in clear", { value: "in clear" }]) {
            expect(() => room(clear, "mail", true)).toThrow(
                "quai:secrets.mail: stands in clear, so it must not be kept; set it without --keep-former",
            );
        }
    });

    test("what is beside it stays, comments too", () => {
        const { text } = roomFor(file(A), "mail", true);
        expect(text).toContain("# ours\n");
        expect(text).toContain("a.eu # the name");
        expect(text).toContain("v1:b");
        expect(roomFor(file(A), "mail", false).text).toBe(file(A));
    });
});
