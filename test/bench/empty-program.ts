import { mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Engine } from "../../tools/engine";
import { ROOT, run, seconds } from "./measure";

export const FLAGS = ["--non-interactive", "--suppress-outputs", "--color", "never"];

/** An empty program in TypeScript as `pulumi new typescript` makes it: run by the language host's own ts-node, with type checks. */
function emptyProgram(folder: string, how: "as usual" | "transpiled"): void {
    writeFileSync(join(folder, "Pulumi.yaml"), "name: empty\nruntime: nodejs\n");
    writeFileSync(join(folder, "index.ts"), 'import * as pulumi from "@pulumi/pulumi";\nexport const project = pulumi.getProject();\n');
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
    const compilerOptions = { target: "es2020", module: "commonjs", moduleResolution: "node", strict: true, skipLibCheck: true };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["index.ts"] }));
    if (how === "transpiled") {
        writeFileSync(join(folder, "package.json"), '{ "name": "empty", "main": "main.cjs" }');
        writeFileSync(
            join(folder, "main.cjs"),
            `require(${JSON.stringify(join(ROOT, "tools/engine/typescript.cjs"))});\nmodule.exports = require("./index.ts");\n`,
        );
    } else {
        writeFileSync(join(folder, "package.json"), '{ "name": "empty", "main": "index.ts" }');
    }
}

/** What is measured; its result is the seconds that it took. */
export type Work = () => number;

/** A program that is deployed into a state of its own, and its preview. */
export function emptyPreview(engine: Engine, scratch: string, how: "as usual" | "transpiled"): Work {
    const folder = mkdtempSync(join(scratch, "empty-"));
    emptyProgram(folder, how);
    const typescript = how === "as usual" ? "true" : "false";
    const own = {
        PULUMI_NODEJS_TYPESCRIPT: typescript,
        PULUMI_BACKEND_URL: `file://${folder}`,
        PULUMI_CONFIG_PASSPHRASE: "none",
        PULUMI_CONFIG_PASSPHRASE_FILE: "",
    };
    const options = { cwd: folder, env: { ...engine.env, ...own } };
    run(engine.pulumi, ["stack", "init", "bench"], options);
    run(engine.pulumi, ["up", "--yes", "--skip-preview", "--stack", "bench", ...FLAGS], options);
    return () => seconds(() => run(engine.pulumi, ["preview", "--stack", "bench", ...FLAGS], options));
}
