import type { Command } from "commander";
import { writeFileSync } from "node:fs";
import { SetupError } from "../../engine/types";
import { pictureOf } from "../diagram/from-resources";
import { mermaid } from "../diagram/mermaid";
import { svg } from "../diagram/svg";
import { groups } from "../help";
import { reportOn } from "../report/make";
import { openApart } from "../stack/apart";
import { terminal } from "../terminal";

interface DiagramOptions {
    readonly stack: string;
    readonly svg?: boolean;
    readonly output?: string;
}

async function diagram(named: string | undefined, options: DiagramOptions): Promise<void> {
    const out = terminal();
    const { session, close } = await openApart(out, named ?? options.stack);
    try {
        const { preview } = await reportOn(out, session, { offline: true, apart: true });
        const resources = preview.changes.map((change) => ({
            type: change.type,
            name: change.name,
            inputs: {},
            outputs: {},
            ...change.new,
        }));
        const picture = preview.complete ? pictureOf(session.settings.stackId, resources) : undefined;
        if (picture === undefined) {
            throw new SetupError(`there is nothing to draw:\n${preview.errors.join("\n") || "the stack has no application"}`);
        }
        const text = options.svg === true ? await svg(picture) : mermaid(picture);
        if (options.output === undefined) out.print(text.trimEnd());
        else writeFileSync(options.output, text);
    } finally {
        close();
    }
}

export function register(program: Command): void {
    program
        .command("diagram")
        .helpGroup(groups.look)
        .summary("a picture of a stack: networks, services, routes, data, who is given which secrets")
        .description(
            "Draws what a stack file and the program describe, deployed or not. Asks neither state nor host, and needs no secret. The same stack gives the same text.",
        )
        .argument("[stack]", "which stack")
        .option("-s, --stack <stack>", "the same", "dev")
        .option("--svg", "as SVG; without it as Mermaid, which GitHub and GitLab draw")
        .option("-o, --output <file>", "write it there")
        .action(diagram);
}
