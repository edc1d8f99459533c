import type { Command } from "commander";
import { readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { nearest } from "../../../infra/settings";
import { SetupError } from "../../engine/types";
import { groups } from "../help";
import { renewed, type Rotatable, secretCalled, withRotation } from "../stack/rotation-edit";
import { openStack, stackSettings } from "../stack/session";
import { readStackFile } from "../stack/stack-file";
import { outputsOf, readState } from "../stack/state";
import { terminal } from "../terminal";
import { up } from "./up";

interface RotateOptions {
    readonly stack: string;
    readonly yes?: boolean;
    readonly write?: boolean;
}

/** Writes the date, and goes on as `./quai up` does. Whoever then says no finds the file as it was. */
async function rotate(name: string, named: string | undefined, options: RotateOptions): Promise<void> {
    const out = terminal();
    const stack = named ?? options.stack;
    const session = await openStack(out, stack, { yes: options.yes, images: false, connect: false });
    const secret = await rotatable(session, name);
    const { path } = readStackFile(session.checkout, stack);
    const before = readFileSync(path, "utf8");
    const renewals = renewed(session.settings.rotation[secret.name], secret, new Date());
    write(path, withRotation(before, secret.name, renewals));
    const file = `Pulumi.${stack}.yaml`;
    out.info(`${file}: quai:rotation.${secret.name}: ${JSON.stringify(renewals)}`);
    try {
        stackSettings(session.checkout, stack);
        if (options.write === true) {
            out.print(`${file} is written; ./quai up${stack === "dev" ? "" : ` ${stack}`} rotates.`);
            return;
        }
        if (await up(stack, options)) return;
    } catch (error) {
        out.info(
            `${file} keeps the new date: the next ./quai up finishes the rotation. Until then the former value is valid. To take it back: git checkout ${file}`,
        );
        throw error;
    }
    write(path, before);
    out.info(`${file} is as it was.`);
}

async function rotatable({ engine, stack, settings }: Awaited<ReturnType<typeof openStack>>, name: string): Promise<Rotatable> {
    const state = await readState(engine, stack);
    const known = state === undefined ? undefined : outputsOf(state)["secrets"];
    if (!Array.isArray(known)) throw new SetupError(`rotate: stack ${stack} isn't deployed: there is nothing to rotate`, 2);
    const secrets = known as Rotatable[];
    const found = secretCalled(name, secrets);
    if (found !== undefined) return found;
    if (settings.secrets[name] !== undefined) {
        throw new SetupError(
            `rotate: ${name} is given from outside: give another value with: pulumi config set --secret --path 'quai:secrets.${name}'`,
            2,
        );
    }
    const names = secrets.map((each) => each.name);
    const near = nearest(name, names);
    throw new SetupError(
        `rotate: stack ${stack} has no generated secret ${JSON.stringify(name)}; ${near === undefined ? `there are: ${names.join(", ")}` : `did you mean ${near}?`}`,
        2,
    );
}

/** At once or not at all. */
function write(path: string, text: string): void {
    const draft = `${path}.${process.pid}`;
    writeFileSync(draft, text, { mode: statSync(path).mode });
    renameSync(draft, path);
}

export function register(program: Command): void {
    program
        .command("rotate")
        .helpGroup(groups.data)
        .summary("renew a generated secret")
        .description(
            "Writes today's date into quai:rotation of the stack file, and goes on like ./quai up: preview, question, update. A part of a name will do: database for databasePassword.",
        )
        .argument("<secret>", "which one, as ./quai status lists them")
        .argument("[stack]", "which stack")
        .option("-s, --stack <stack>", "the same", "dev")
        .option("-y, --yes", "ask nothing")
        .option("--write", "only write the date; ./quai up does the rest")
        .action(rotate);
}
