import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readCompose } from "../../../tools/import/compose";
import { interpolate } from "../../../tools/import/interpolate";
import { words } from "../../../tools/import/words";
import { scratchFolder } from "../support/scratch";

const scratch = scratchFolder("import-read");

describe("compose files that can't be read say why", () => {
    test.each([
        ["{ a: { extends: b }, b: { extends: a } }", /services\.a\.extends: leads back to itself/],
        ["{ a: { extends: b } }", /services\.a\.extends: there is no service b$/],
        ["{ a: { extends: { file: none.yml, service: b } } }", /services\.a\.extends: .*none\.yml isn't there$/],
    ])("extends that lead nowhere: %s", (services, message) => {
        const path = join(scratch, "extends.yml");
        writeFileSync(path, `services: ${services}`);
        expect(() => readCompose(path)).toThrow(message);
    });

    test("a file that isn't one, and one of several", () => {
        const write = (name: string, text: string) => {
            writeFileSync(join(scratch, name), text);
            return () => readCompose(join(scratch, name));
        };
        expect(write("overlay.yml", "services: { db: { restart: always } }")).toThrow(
            /db: neither image nor build; is this one of several files that belong together\? Name them all, the base first/,
        );
        expect(write("other.yml", "jobs: {}")).toThrow(/other\.yml: has no services: it isn't a compose file$/);
        expect(write("broken.yml", "a: [")).toThrow(/broken\.yml: /);
        expect(() => readCompose(join(scratch, "nowhere.yml"))).toThrow(/nowhere\.yml: can't be read; give the path of a compose file$/);
    });
});

describe("parts", () => {
    test.each([
        ["gunicorn a:b --bind 0.0.0.0:80", ["gunicorn", "a:b", "--bind", "0.0.0.0:80"]],
        [`a 'b c' "d \\" e" f\\ g`, ["a", "b c", 'd " e', "f g"]],
        ["", []],
    ])("words of %j", (line, expected) => {
        expect(words(line)).toEqual(expected);
    });

    test.each([
        ["${A}-$A-$$A", "1-1-$A"],
        ["${B:-x}${E:-y}${E-z}", "xy"],
        ["${A:+set}${B:+set}", "set"],
    ])("variables of %j", (text, expected) => {
        expect(interpolate(text, { A: "1", E: "" }, new Set())).toBe(expected);
    });
});
