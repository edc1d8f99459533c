import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { quote, script, sh } from "../../../components/internal/shell";

/** Words as the real shell reads them. */
function readBack(words: readonly string[]): string[] {
    const out = execFileSync("/bin/sh", ["-c", `printf '%s\\0' ${words.map(quote).join(" ")}`]).toString("utf8");
    return out.split("\0").slice(0, -1);
}

const word = fc.string({ unit: "binary", maxLength: 40 }).map((text) => text.replaceAll("\0", ""));

describe("quoting for the shell", () => {
    test.each([
        ["plain", "plain"],
        ["/a/b-c_d.e:8080", "/a/b-c_d.e:8080"],
        ["name=value,ro", "name=value,ro"],
        ["", "''"],
        ["two words", "'two words'"],
        ["it's", "'it'\\''s'"],
        ["$(reboot)", "'$(reboot)'"],
        ["a;b", "'a;b'"],
        ["~", "'~'"],
        ["*", "'*'"],
        ["line\nbreak", "'line\nbreak'"],
    ])("%j is written %j", (given, expected) => {
        expect(quote(given)).toBe(expected);
    });

    test("the shell reads back what was given, whatever it is", () => {
        fc.assert(
            fc.property(fc.array(word, { minLength: 20, maxLength: 60 }), (words) => {
                expect(readBack(words)).toEqual(words);
            }),
            { numRuns: 40 },
        );
    });

    test("the nastiest single characters", () => {
        const all = Array.from({ length: 0x7f }, (_, code) => String.fromCharCode(code + 1));
        expect(readBack(all)).toEqual(all);
        expect(readBack(all.map((each) => `${each}${each}`))).toEqual(all.map((each) => `${each}${each}`));
    });
});

test("a command line leaves out what isn't there, and keeps empty words and zero", () => {
    expect(sh("docker", "run", undefined, false, "--memory", 0, "", "a b")).toBe("docker run --memory 0 '' 'a b'");
});

test("a script is its lines, less those that aren't there", () => {
    expect(script("one", undefined, false, "", "two")).toBe("one\ntwo");
});
