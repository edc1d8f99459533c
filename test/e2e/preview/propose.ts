import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeWorkingCopy } from "../../../tools/cli/stack/stack-file";
import { ensureEngine, runPulumi } from "../../../tools/engine";
import { installFallbackPlugin } from "../../../tools/offline/plugins/install";
import { checkout, quai, type Result, STACK, writeSettings } from "../support/checkout";
import { BASE, type Proposal } from "./changes";

/** Makes a change in the checkout, runs a command on the stack, and takes the change back. */
export async function proposed(proposal: Proposal, ...command: readonly string[]): Promise<Result> {
    const originals = new Map<string, string>();
    for (const [file, from, to] of proposal.code ?? []) {
        const path = join(checkout(), file);
        const text = readFileSync(path, "utf8");
        if (!text.includes(from)) throw new Error(`${file}: no longer has ${from}; mend the proposal ${proposal.name}`);
        originals.set(path, originals.get(path) ?? text);
        writeFileSync(path, text.replace(from, to));
    }
    writeSettings({ ...BASE, ...proposal.settings });
    const [name = "", ...words] = command;
    try {
        if (proposal.aws === true) return await previewedByPulumi(words);
        return await quai(name, proposal.fresh === true ? freshStack() : STACK, ...words);
    } finally {
        for (const [path, text] of originals) writeFileSync(path, text);
        writeSettings(BASE);
    }
}

/** The same settings under a name that nothing is deployed under. */
function freshStack(): string {
    const file = (stack: string) => join(checkout(), `Pulumi.${stack}.yaml`);
    writeFileSync(file(`${STACK}-new`), readFileSync(file(STACK), "utf8"));
    return `${STACK}-new`;
}

/** What a person does for a stack on AWS (docs/preview.md): `pulumi preview`, and a report of its events. */
async function previewedByPulumi(words: readonly string[]): Promise<Result> {
    const events = words[words.indexOf("--events") + 1] ?? "";
    const engine = await ensureEngine({ checkout: checkout() });
    await installFallbackPlugin("aws", { pulumiHome: engine.home });
    const lines: string[] = [];
    await runPulumi(engine, ["preview", "--json", "--stack", STACK, "--config-file", writeWorkingCopy(checkout(), STACK, {})], {
        env: { QUAI_AWS_REHEARSAL: "1", PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true" },
        onLine: (line, stream) => void (stream === "stdout" && lines.push(line)),
    });
    writeFileSync(events, lines.join("\n"));
    return quai("preview", STACK, "--markdown", "--from", events);
}
