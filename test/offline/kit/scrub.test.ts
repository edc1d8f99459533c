import { randomBytes } from "node:crypto";
import { Scrubber } from "../../../tools/offline/plugins/kit/scrub";

function clean(text: string, ...secrets: readonly string[]): string {
    const scrubber = new Scrubber();
    scrubber.add(secrets);
    return scrubber.clean(text);
}

describe("R27: what a plugin shows holds no secret", () => {
    test.each([
        ["as it is", "pass: tr0ub4dor", ["tr0ub4dor"], "pass: [secret]"],
        ["every time", "tr0ub4dor,tr0ub4dor", ["tr0ub4dor"], "[secret],[secret]"],
        ["in JSON", '{"p":"a\\"b\\\\c"}', ['a"b\\c'], '{"p":"[secret]"}'],
        ["in an address", "redis://:p%40ss%3Aword@host", ["p@ss:word"], "redis://:[secret]@host"],
        ["line by line", "got first-long-line.", ["first-long-line\nsecond-long-line"], "got [secret]."],
        ["the value of a variable alone", "is hunter22", ["PASSWORD=hunter22"], "is [secret]"],
        ["a short one where it stands alone", "abc xabc abc.", ["abc"], "[secret] xabc [secret]."],
        ["two that overlap", "alphabeta", ["alphab", "phabeta"], "[secret]"],
        ["one that is in another", "alphabet", ["pha", "alphabet"], "[secret]"],
        ["one that reads like what is shown", "secret token", ["secret", "token"], "[secret] [secret]"],
        ["none", "as it was", [], "as it was"],
    ])("%s", (_, text, secrets, shown) => expect(clean(text, ...secrets)).toBe(shown));

    // A regular expression of all of them was "too large", and the error showed it whole.
    test("however many and however long they are", () => {
        const secrets = Array.from({ length: 3000 }, (_, i) =>
            Array.from({ length: 40 }, (_, j) => `${i} ${j} ${randomBytes(60).toString("base64")}`).join("\n"),
        );
        const scrubber = new Scrubber();
        scrubber.add(secrets);
        const shown = scrubber.clean(`before\n${secrets[1234]}\n${secrets[2999]?.split("\n")[7]} after`);
        expect(shown).toBe("before\n[secret]\n[secret] after");
    });
});
