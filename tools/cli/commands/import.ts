import type { Command } from "commander";
import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { stringify } from "yaml";
import { z } from "zod";
import { SetupError } from "../../engine/types";
import { checkoutRoot } from "../../engine/versions";
import { readCompose } from "../../import/compose";
import type { ImageFacts } from "../../import/container";
import { convert, type Imported } from "../../import/convert";
import { plainName } from "../../import/words";
import { groups } from "../help";
import { terminal } from "../terminal";

interface ImportOptions {
    readonly name?: string;
    readonly environment: "development" | "staging" | "production";
    readonly domain?: string;
    readonly envFile?: string;
    readonly force?: boolean;
}

function importCompose(files: readonly string[], options: ImportOptions): void {
    const out = terminal();
    if (!["development", "staging", "production"].includes(options.environment)) {
        throw new SetupError(`--environment: must be development, staging or production (got ${JSON.stringify(options.environment)})`, 2);
    }
    const compose = readCompose(files, options.envFile);
    const name = plainName(options.name ?? compose.name ?? basename(compose.folder));
    const stack = `${name}-${options.environment}`;
    const path = join(checkoutRoot, `Pulumi.${stack}.yaml`);
    if (existsSync(path) && options.force !== true) {
        throw new SetupError(`Pulumi.${stack}.yaml: is there already; give another --name, or --force to replace it`, 2);
    }
    const imported = convert(compose, {
        name,
        environment: options.environment,
        stack,
        domain: options.domain,
        root: checkoutRoot,
        inspect,
    });
    writeFileSync(path, stackFile(imported, files.map((file) => basename(file)).join(", ")));
    const tell = (title: string, lines: readonly string[]) => {
        if (lines.length > 0) out.print([`\n${title}:`, ...lines.map((line) => `  - ${line}`)].join("\n"));
    };
    out.print(`Pulumi.${stack}.yaml is written.`);
    tell("Not carried over", imported.notes.left);
    tell("To look at", imported.notes.check);
    tell("To give, before the first update", givenSecrets(imported, stack));
    tell("To complete: the file is refused as it is", imported.incomplete);
    out.print(`\nNext: ./quai preview ${stack}`);
}

/** What the image starts, if this machine has the image; asking a registry would take its login. */
function inspect(image: string): ImageFacts {
    const asked = spawnSync("docker", ["image", "inspect", "--format", "{{json .Config}}", image], { encoding: "utf8", timeout: 10_000 });
    if (asked.status !== 0) return {};
    const { Entrypoint, Cmd, User, ExposedPorts } = IMAGE.parse(JSON.parse(asked.stdout));
    const command = [...(Entrypoint ?? []), ...(Cmd ?? [])];
    const port = Number(Object.keys(ExposedPorts ?? {})[0]?.split("/")[0]);
    return {
        ...(command.length === 0 ? {} : { command }),
        ...(/^[1-9]\d*(:\d+)?$/.test(User ?? "") ? { user: User ?? "" } : {}),
        ...(port > 0 ? { port } : {}),
    };
}

const IMAGE = z.object({
    Entrypoint: z.array(z.string()).nullish(),
    Cmd: z.array(z.string()).nullish(),
    User: z.string().nullish(),
    ExposedPorts: z.record(z.string(), z.unknown()).nullish(),
});

export function stackFile({ config }: Imported, source: string): string {
    const head = `# yaml-language-server: $schema=./schema/stack.schema.json\n#\n# Written by \`./quai import\` from ${source}. The words: docs/custom.md.\n`;
    return `${head}${stringify({ config }, { lineWidth: 0 })}`;
}

function givenSecrets({ config }: Imported, stack: string): string[] {
    const { secrets = {} } = config["quai:custom"] as { secrets?: Readonly<Record<string, { kind: string }>> };
    return Object.entries(secrets).flatMap(([name, { kind }]) => (kind === "given" ? [`./quai secrets set ${name} --stack ${stack}`] : []));
}

export function register(program: Command): void {
    program
        .command("import")
        .helpGroup(groups.begin)
        .summary("write a stack file from a compose file")
        .description(
            "Writes Pulumi.<name>-<environment>.yaml from a compose file and its env files, and lists what could not be carried over.",
        )
        .argument(
            "<file...>",
            "a compose file, such as docker-compose.prod.yml; or several, the later ones over the former, as with docker compose -f",
        )
        .option("-n, --name <name>", "name of the application (default: the compose project's, or the folder's)")
        .option("-e, --environment <environment>", "development, staging or production", "production")
        .option("-d, --domain <domain>", "main host name (default: the first one in the file's routes)")
        .option("--env-file <file>", "values of the file's variables (default: .env beside it)")
        .option("--force", "replace the stack file that is there")
        .action(importCompose);
}
