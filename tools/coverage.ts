/* Writes docs/coverage.md: which test proves which requirement of the guides. `npm run coverage` */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { reasons } from "./coverage/reasons";
import { type Requirement, requirements } from "./coverage/requirements";

const ROOT = join(__dirname, "..");

/** Requirement → files with a test whose title names it. */
export function proofs(): ReadonlyMap<string, readonly string[]> {
    const found = new Map<string, Set<string>>();
    for (const file of readdirSync(join(ROOT, "test"), { recursive: true, encoding: "utf8" })) {
        if (!file.endsWith(".test.ts")) continue;
        const text = readFileSync(join(ROOT, "test", file), "utf8");
        // Titles begin with their rows: "R24, R27: …"; those of a table may end with them, in brackets.
        for (const [, first, last] of text.matchAll(/["'`](?:%s[^"'`]*?)?((?:R\d+(?:, )?)+):|\(((?:R\d+(?:, )?)+)\)["'`]/g)) {
            for (const [id] of (first ?? last ?? "").matchAll(/R\d+/g)) {
                found.set(id, (found.get(id) ?? new Set()).add(`test/${file}`));
            }
        }
    }
    return new Map([...found].map(([id, files]) => [id, [...files].sort()]));
}

/** A row is covered, has a reason, or is a mistake. */
export function coverage() {
    const proved = proofs();
    const covered = requirements.filter(({ id }) => proved.has(id));
    const open = requirements.filter(({ id }) => !proved.has(id));
    return { proved, covered, open, unexplained: open.filter(({ id }) => reasons[id] === undefined) };
}

export function page(): string {
    const { proved, covered, open } = coverage();
    const who = ({ systems }: Requirement) => (systems.length === 0 ? "" : systems.length === 5 ? "all" : systems.join(", "));
    const cell = (text: string) => text.replaceAll("|", "\\|");
    const rows = requirements.map((row) => {
        const files = proved.get(row.id);
        const short = (file: string) => `\`${file.replace(/^test\//, "").replace(/\.test\.ts$/, "")}\``;
        const proof =
            files === undefined
                ? `not covered: ${reasons[row.id] ?? ""}`
                : [files.slice(0, 3).map(short).join(", "), ...(reasons[row.id] === undefined ? [] : [`not all: ${reasons[row.id]}`])].join(
                      "; ",
                  );
        return `| ${row.id} | ${cell(row.title)} | ${who(row)} | ${row.target} | ${proof} |`;
    });
    return [
        "# What is covered",
        "",
        `The five guides make ${requirements.length} requirements. ${covered.length} are named by a test, ${open.length} aren't; written by \`npm run coverage\`.`,
        "A test that names a requirement proves what its title says, on the targets that there are: for rows of target `both` that may be one of the two.",
        "",
        "| row | requirement | systems | target | proved by a test in, or why not |",
        "| --- | --- | --- | --- | --- |",
        ...rows,
        "",
    ].join("\n");
}

if (require.main === module) writeFileSync(join(ROOT, "docs/coverage.md"), page());
