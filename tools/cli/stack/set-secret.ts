import { readFileSync } from "node:fs";
import { NAMES } from "../../../infra/settings/shapes";
import { ensureEngine, runPulumi } from "../../engine";
import { lastLines } from "../../engine/process";
import { SetupError } from "../../engine/types";
import { checkoutRoot } from "../../engine/versions";
import { interruptSignal } from "../interrupt";
import type { Terminal } from "../terminal";
import { initialise } from "./session";
import { roomFor } from "./secret-edit";
import { readStackFile, replaceFile, stackWord, writeWorkingCopy } from "./stack-file";

/**
 * Encrypts a value into the stack file, as `pulumi config set --secret` does: for whoever has no Pulumi of their own, and before the first
 * update, too. The value comes from standard input, or is asked for without being shown.
 *
 * @param name of the secret; `name.value` or `name.former` mean one of its two
 * @param keepFormer whether the present value stays beside the new one, as `former`
 * @throws SetupError where there is no such stack, the name can't be one, or nothing was given; the file is then as it was
 */
export async function setSecret(out: Terminal, stack: string, name: string, { keepFormer = false } = {}): Promise<void> {
    const { path } = readStackFile(checkoutRoot, stack);
    const [first = "", ...rest] = name.split(".");
    if (!NAMES.secret.pattern.test(first) || rest.length > 1 || (rest[0] !== undefined && !/^(value|former)$/.test(rest[0])))
        throw new SetupError(`a secret's name must be ${NAMES.secret.what} (got ${JSON.stringify(name)})`, 2);
    if (keepFormer && rest.length > 0) throw new SetupError(`--keep-former: give the name alone, ${first}`, 2);
    const before = readFileSync(path, "utf8");
    const room = roomFor(before, name, keepFormer);
    const value = (out.interactive ? await out.askHidden(`Value of ${name} (not shown):`) : await out.read()).replace(/\r?\n$/, "");
    if (value === "") throw new SetupError(`quai:secrets.${name}: nothing was given, so nothing was changed`, 2);
    const engine = await ensureEngine({ reporter: out, signal: interruptSignal() });
    writeWorkingCopy(checkoutRoot, stack, {});
    await initialise({ engine, stack, checkout: checkoutRoot });
    const words = ["config", "set", "--secret", "--path", `quai:secrets.${room.path}`, "--stack", stack];
    if (room.text !== before) replaceFile(path, room.text);
    const { code, stderr } = await runPulumi(engine, [...words, "--non-interactive", "--color", "never"], { input: value });
    if (code !== 0) {
        if (room.text !== before) replaceFile(path, before);
        throw new SetupError(`quai:secrets.${room.path}: could not be written:\n${lastLines(stderr)}`);
    }
    const kept = keepFormer ? " The value before stands beside it, as former." : "";
    out.info(
        `Pulumi.${stack}.yaml: quai:secrets.${room.path} is written, encrypted.${kept} It's in use after: ./quai up${stackWord(stack)}`,
    );
}
