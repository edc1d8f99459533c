import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import type { Document } from "./documents";
import { anchors, documents, exists, links, parse, paths, ROOT } from "./documents";

const all = documents();

function brokenLinks(document: Document): string[] {
    return links(document).filter((target) => {
        const [file = "", anchor] = target.split("#");
        const path = file === "" ? document.path : normalize(join(dirname(document.path), file));
        if (!exists(path)) return true;
        return anchor !== undefined && !anchors(parse(path, readFileSync(join(ROOT, path), "utf8"))).includes(anchor);
    });
}

describe("what documents refer to", () => {
    test("the checks find what is wrong", () => {
        const text =
            "[a](docs/nothing.md) [b](README.md#no-such) [c](README.md#how-it-works) [d](https://example.com) `tools/nothing.ts` `stacks/demo.ts`";
        const document = parse("x.md", text);
        expect(brokenLinks(document)).toEqual(["docs/nothing.md", "README.md#no-such"]);
        expect(paths(document).filter((path) => !exists(path))).toEqual(["tools/nothing.ts"]);
    });

    test.each(all.map((document) => [document.path, document] as const))("%s: links lead somewhere", (_, document) => {
        expect(brokenLinks(document)).toEqual([]);
    });

    test.each(all.map((document) => [document.path, document] as const))("%s: files and folders that it names exist", (_, document) => {
        expect(paths(document).filter((path) => !exists(path))).toEqual([]);
    });

    test("the index names every page", () => {
        const index = all.find(({ path }) => path === "docs/README.md");
        const linked = index === undefined ? [] : links(index).map((target) => normalize(join("docs", target)));
        expect(
            all.map(({ path }) => path).filter((path) => path.startsWith("docs/") && path !== "docs/README.md" && !linked.includes(path)),
        ).toEqual([]);
    });
});
