import { readFileSync } from "node:fs";
import { join } from "node:path";
import { coverage } from "../../../tools/coverage";
import { reasons } from "../../../tools/coverage/reasons";
import { requirements } from "../../../tools/coverage/requirements";
import { ROOT } from "./documents";

/** Rows of docs/coverage.md: requirement → what is said of it. */
const written = new Map(
    [...readFileSync(join(ROOT, "docs/coverage.md"), "utf8").matchAll(/^\| (R\d+) \|.*\| ([^|]+) \|$/gm)].map(([, id = "", said = ""]) => [
        id,
        said,
    ]),
);

describe("requirements of the guides", () => {
    test("every one of the 129 is in the document, once", () => {
        expect(requirements).toHaveLength(129);
        expect([...written.keys()]).toEqual(requirements.map(({ id }) => id));
    });

    test("each is named by a test, or has a reason", () => {
        expect(coverage().unexplained.map(({ id }) => id)).toEqual([]);
    });

    test("what the document calls covered is (else: npm run coverage)", () => {
        const { proved } = coverage();
        const claimed = [...written].filter(([, said]) => !said.startsWith("not covered")).map(([id]) => id);
        expect(claimed.length).toBeGreaterThan(60);
        expect(claimed.filter((id) => !proved.has(id))).toEqual([]);
    });

    test("reasons are of requirements that there are", () => {
        const ids = requirements.map(({ id }) => id);
        expect(Object.keys(reasons).filter((id) => !ids.includes(id))).toEqual([]);
    });
});
