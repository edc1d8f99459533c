import type { Command } from "commander";
import { completed, readOutside } from "../../../infra/settings/outside";
import { runPulumi } from "../../engine";
import { SetupError } from "../../engine/types";
import { groups } from "../help";
import { isRecord } from "../report/values";
import { resourceOf, secretRows } from "../stack/secret-list";
import type { Session } from "../stack/session";
import { openStack } from "../stack/session";
import { generatedIn } from "../stack/generated-value";
import { setSecret } from "../stack/set-secret";
import { readState, type StackState } from "../stack/state";
import { terminal, type Terminal } from "../terminal";

interface SecretsOptions {
    readonly stack: string;
    readonly json?: boolean;
    readonly yes?: boolean;
    readonly keepFormer?: boolean;
}

async function opened(out: Terminal, stack: string): Promise<{ session: Session; state: StackState }> {
    const session = await openStack(out, stack, { images: false, connect: false });
    const state = await readState(session.engine, stack);
    if (state === undefined || state.resources.length === 0)
        throw new SetupError(`${session.settings.stackId} isn't deployed: ./quai up ${stack}`);
    return { session, state };
}

async function list(named: string | undefined, options: SecretsOptions): Promise<void> {
    const out = terminal();
    const { session, state } = await opened(out, named ?? options.stack);
    const rows = secretRows(session, state, new Date());
    if (options.json === true) {
        out.json(rows);
        return;
    }
    const dim = (text: string) => out.colour("dim", text, process.stdout);
    out.table([
        ["secret", "kind", "rotated on", "age", "of at most", "used by"].map(dim),
        ...rows.map(({ name, kind, from, rotatedOn, ageDays, limitDays, users }) => [
            name,
            from === undefined ? kind : `${kind} by ${from}`,
            rotatedOn ?? "–",
            ageDays === null ? "–" : ageDays > (limitDays ?? Infinity) ? out.colour("red", `${ageDays} d`, process.stdout) : `${ageDays} d`,
            limitDays === null ? "–" : `${limitDays} d`,
            users.join(", ") || "–",
        ]),
    ]);
}

async function show(name: string, options: SecretsOptions): Promise<void> {
    const out = terminal();
    const { session, state } = await opened(out, options.stack);
    const rows = secretRows(session, state, new Date());
    const row = rows.find((each) => each.name === name);
    if (row === undefined) {
        throw new SetupError(`no secret ${name} in ${session.settings.stackId}; there are: ${rows.map((each) => each.name).join(", ")}`, 2);
    }
    out.warn(`the value of ${name} will stand on this screen, and in whatever records it; ${row.users.join(", ") || "nothing"} uses it`);
    if (options.yes !== true && !(await out.confirm(`Show ${name} of ${session.settings.stackId}?`))) {
        throw new SetupError("nothing was shown: say --yes where nobody can be asked", 2);
    }
    out.print(row.kind === "given" ? await givenValue(session, name) : await generatedValue(session, state, name));
}

/** Decrypted by the engine, kept in this process alone. */
async function decrypted(session: Session, words: readonly string[]): Promise<unknown> {
    const lines: string[] = [];
    const onLine = (line: string, stream: "stdout" | "stderr") => void (stream === "stdout" && lines.push(line));
    const { code } = await runPulumi(session.engine, [...words, "--stack", session.stack, "--show-secrets", "--non-interactive"], {
        onLine,
    });
    if (code !== 0) throw new SetupError("the engine could not decrypt it: is this the right passphrase, or key?");
    return JSON.parse(lines.join("\n"));
}

async function givenValue(session: Session, name: string): Promise<string> {
    const written = session.settings.secrets[name];
    if (typeof written === "object" && written.value === undefined) {
        const { former: _former, ...source } = written;
        return completed(readOutside({ [name]: source }, { env: process.env }), () => undefined)[name]?.value ?? "";
    }
    const settings = await decrypted(session, ["config", "--json", "--config-file", session.configFile]);
    const entry = isRecord(settings) ? settings["quai:secrets"] : undefined;
    const values: unknown = isRecord(entry) ? (entry["objectValue"] ?? JSON.parse(String(entry["value"]))) : undefined;
    const given = isRecord(values) ? values[name] : undefined;
    const value = isRecord(given) ? given["value"] : given;
    if (typeof value !== "string") throw new SetupError(`quai:secrets.${name}: isn't in the stack file`);
    return value;
}

async function generatedValue(session: Session, state: StackState, name: string): Promise<string> {
    const exported = await decrypted(session, ["stack", "export"]);
    const value = generatedIn(exported, name, resourceOf(state, name)?.urn);
    if (value === undefined) throw new SetupError(`${name}: isn't in the state`);
    return value;
}

export function register(program: Command): void {
    const secrets = program.command("secrets").helpGroup(groups.data).summary("names, ages and users of secrets; show one, or give one");
    secrets
        .command("list")
        .summary("names, kinds, ages and users; never a value")
        .argument("[stack]", "which stack")
        .option("-s, --stack <stack>", "the same", "dev")
        .option("--json", "for programs")
        .action(list);
    secrets
        .command("set")
        .summary("encrypts a given one into the stack file; asks for the value, or reads standard input")
        .argument("<name>", "which secret")
        .option("-s, --stack <stack>", "of which stack", "dev")
        .option("--keep-former", "the present value stays beside it, as former, for applications that accept both")
        .action((name: string, { stack, keepFormer }: SecretsOptions) => setSecret(terminal(), stack, name, { keepFormer }));
    secrets
        .command("show")
        .summary("the value of one, after asking")
        .argument("<name>", "which secret")
        .option("-s, --stack <stack>", "of which stack", "dev")
        .option("-y, --yes", "don't ask")
        .action(show);
}
