/* Writes what is derived from the settings' schema: schema/stack.schema.json for editors, and the tables of docs/settings.md and docs/rules.md. */
import fs from "node:fs";
import path from "node:path";
import { manual, rulesPage } from "./schema/manual";
import { stackSchema } from "./schema/stack-schema";

const ROOT = path.join(__dirname, "..");

/** The derived files, by their path in the project, with the content that they should have now. */
export function derivedFiles(): Record<string, string> {
    const page = (name: string) => fs.readFileSync(path.join(ROOT, name), "utf8");
    return {
        "schema/stack.schema.json": `${JSON.stringify(stackSchema(), null, 2)}\n`,
        "docs/settings.md": manual(page("docs/settings.md")),
        "docs/rules.md": rulesPage(page("docs/rules.md")),
    };
}

if (require.main === module) {
    for (const [name, content] of Object.entries(derivedFiles())) {
        const file = path.join(ROOT, name);
        if (fs.existsSync(file) && fs.readFileSync(file, "utf8") === content) continue;
        fs.mkdirSync(path.dirname(file), { recursive: true });
        fs.writeFileSync(file, content);
        console.log(`wrote ${name}`);
    }
}
