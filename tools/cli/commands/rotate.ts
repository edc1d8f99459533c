import type { Command } from "commander";
import { readFileSync } from "node:fs";
import { sshOf } from "../../../infra/host";
import { nearest } from "../../../infra/settings";
import { SetupError } from "../../engine/types";
import { checkoutRoot } from "../../engine/versions";
import { groups } from "../help";
import { sshKeySteps, stepsFor } from "../stack/given-rotation";
import { nextOf } from "../../../components/secrets-bundle/versions";
import { renewed, type Rotatable, secretCalled, withRotation } from "../stack/rotation-edit";
import { openStack, stackSettings } from "../stack/session";
import { renewSshKey } from "../stack/ssh-key";
import { readStackFile, replaceFile, stackWord } from "../stack/stack-file";
import { outputsOf, readState } from "../stack/state";
import { terminal, type Terminal } from "../terminal";
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
    if (/^(ssh|ssh-?key|deploy-?key)$/i.test(name)) {
        await rotateSshKey(out, stack, options);
        return;
    }
    const session = await openStack(out, stack, { yes: options.yes, images: false, connect: false });
    const secret = await rotatable(session, name);
    const { path } = readStackFile(session.checkout, stack);
    const before = readFileSync(path, "utf8");
    // Where tasks of two releases answer by turns, the former release must know what the new one signs with.
    const onAws = session.settings.target.kind === "aws";
    const renewals = renewed(session.settings.rotation[secret.name], secret, new Date(), onAws);
    replaceFile(path, withRotation(before, secret.name, renewals));
    const file = `Pulumi.${stack}.yaml`;
    out.info(`${file}: quai:rotation.${secret.name}: ${JSON.stringify(renewals)}`);
    try {
        stackSettings(session.checkout, stack);
        if (options.write === true) {
            const how = onAws ? `pulumi up -s ${stack}` : `./quai up${stackWord(stack)}`;
            const only = nextOf([renewals].flat()) === undefined ? "rotates" : "announces the new value; rotate once more, and it signs";
            out.print(`${file} is written; ${how} ${only}.`);
            return;
        }
        if (await up(stack, { ...options, command: "rotate", message: `rotate ${secret.name}` })) return;
    } catch (error) {
        out.info(
            `${file} keeps the new date: the next ./quai up finishes the rotation. Until then the former value is valid. To take it back: git checkout ${file}`,
        );
        throw error;
    }
    replaceFile(path, before);
    out.info(`${file} is as it was.`);
}

/** The key that logs in on the host of `quai:target`: no update is needed, as nothing that runs uses it. */
async function rotateSshKey(out: Terminal, stack: string, { yes, write: onlyWrite }: RotateOptions): Promise<void> {
    const settings = stackSettings(checkoutRoot, stack);
    const ssh = sshOf(settings);
    if (ssh === undefined) throw new SetupError(`rotate: stack ${stack} is on this machine's Docker: there is no SSH key to renew`, 2);
    const { identityFile } = ssh;
    if (identityFile === undefined || onlyWrite === true) {
        throw new SetupError(`rotate: ${sshKeySteps(ssh, stack)}`, 2);
    }
    const { path } = readStackFile(checkoutRoot, stack);
    if (yes !== true && !(await out.confirm(`Renew ${identityFile}, which logs in on ${ssh.host} as ${ssh.user}?`))) {
        throw new SetupError("nothing was changed: say --yes where nobody can be asked", 2);
    }
    const firstUser = settings.host?.firstUser === ssh.user ? undefined : settings.host?.firstUser;
    const onRenewed = (former: string, present: string) => {
        const text = readFileSync(path, "utf8");
        if (!text.includes(former)) return;
        replaceFile(path, text.split(former).join(present));
        out.info(
            `Pulumi.${stack}.yaml: quai:host.authorizedKeys names the new key; the next ./quai up looks whether the host has the same`,
        );
    };
    const { kept } = await renewSshKey({ ...ssh, identityFile }, { firstUser, onRenewed, onStep: (what) => out.info(what) });
    out.print(`${identityFile} is another key now; the former one is refused by ${ssh.host}.`);
    out.print(`It is kept as ${kept}: remove it when no other machine and no pipeline logs in with it. Give pipelines the new one.`);
}

async function rotatable({ engine, stack, settings }: Awaited<ReturnType<typeof openStack>>, name: string): Promise<Rotatable> {
    const state = await readState(engine, stack);
    const known = state === undefined ? undefined : outputsOf(state)["secrets"];
    if (!Array.isArray(known)) throw new SetupError(`rotate: stack ${stack} isn't deployed: there is nothing to rotate`, 2);
    const secrets = known as Rotatable[];
    const found = secretCalled(name, secrets);
    if (found !== undefined) return found;
    const steps = stepsFor(settings, name);
    if (steps !== undefined) throw new SetupError(`rotate: ${steps}`, 2);
    const names = secrets.map((each) => each.name);
    const near = nearest(name, names);
    throw new SetupError(
        `rotate: stack ${stack} has no generated secret ${JSON.stringify(name)}; ${near === undefined ? `there are: ${names.join(", ")}` : `did you mean ${near}?`}`,
        2,
    );
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
