import { Command, CommanderError } from "commander";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { messageOf } from "../engine/types";
import { checkoutRoot } from "../engine/versions";
import * as backup from "./commands/backup";
import * as check from "./commands/check";
import * as diagram from "./commands/diagram";
import * as doctor from "./commands/doctor";
import * as down from "./commands/down";
import * as drift from "./commands/drift";
import * as history from "./commands/history";
import * as importing from "./commands/import";
import * as exec from "./commands/exec";
import * as logs from "./commands/logs";
import * as maintenance from "./commands/maintenance";
import * as preview from "./commands/preview";
import * as restore from "./commands/restore";
import * as rollback from "./commands/rollback";
import * as rotate from "./commands/rotate";
import * as run from "./commands/run";
import * as secrets from "./commands/secrets";
import * as status from "./commands/status";
import * as test from "./commands/test";
import * as up from "./commands/up";
import { epilogue } from "./help";
import { terminal } from "./terminal";

/** Registered in this order, which is the order of the help text. */
const commands: readonly { readonly register: (program: Command) => void }[] = [
    up,
    test,
    importing,
    check,
    preview,
    drift,
    diagram,
    history,
    status,
    logs,
    exec,
    run,
    maintenance,
    backup,
    restore,
    rollback,
    rotate,
    secrets,
    down,
    doctor,
];

/** What a program that calls this one may rely on. */
export const exitCodes = { fine: 0, failure: 1, usage: 2 } as const;

export function createProgram(): Command {
    const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(join(checkoutRoot, "package.json"), "utf8")));
    const program = new Command("quai")
        .description("A web application from one configuration file: on a Docker host, or on AWS.")
        .usage("<command> [options]")
        .version(version, "-V, --version", "print the version")
        .helpOption("-h, --help", "print this help, or a command's own")
        .option("--debug", "print the stack trace of an error")
        .configureHelp({ showGlobalOptions: false })
        .helpCommand(false)
        .addHelpText("after", epilogue)
        .exitOverride();
    for (const { register } of commands) register(program);
    return program;
}

/** The code to end with after an error: its own `exitCode` where it has one (2 for settings), else 1. */
export function exitCodeOf(error: unknown): number {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.fine : exitCodes.usage;
    const own: unknown = typeof error === "object" && error !== null && "exitCode" in error ? error.exitCode : undefined;
    return typeof own === "number" ? own : exitCodes.failure;
}

function report(error: unknown, debug: boolean): void {
    if (error instanceof CommanderError) return; // Commander has said it.
    const out = terminal();
    out.error(messageOf(error));
    if (!(error instanceof Error)) return;
    if (debug) out.info(error.stack ?? "");
    else if (!("exitCode" in error)) out.info("Run it again with --debug to see where this happened.");
}

export async function main(argv: readonly string[]): Promise<void> {
    const program = createProgram();
    if (argv.length <= 2) {
        program.outputHelp();
        return;
    }
    try {
        await program.parseAsync([...argv]);
    } catch (error) {
        report(error, program.opts<{ debug?: boolean }>().debug === true);
        process.exitCode = exitCodeOf(error);
    }
}
