import type { Command } from "commander";
import { checkoutRoot } from "../../engine/versions";
import { type Committed, committed } from "../check/committed";
import { type Checked, checkFile, checkProgram } from "../check/stack";
import { groups } from "../help";
import { stackNames } from "../stack/stack-file";
import { terminal, type Terminal } from "../terminal";

interface CheckOptions {
    readonly quick?: boolean;
    readonly json?: boolean;
}

async function check(named: readonly string[], options: CheckOptions): Promise<void> {
    const out = terminal();
    const files = await committed(checkoutRoot);
    const stacks: Checked[] = [];
    for (const stack of named.length > 0 ? named : stackNames(checkoutRoot)) {
        stacks.push(options.quick === true ? checkFile(checkoutRoot, stack) : await checkProgram(out, checkoutRoot, stack));
    }
    if (options.json === true) out.json({ files: files ?? null, stacks });
    else show(out, files, stacks);
    if ((files?.strays.length ?? 0) > 0 || stacks.some(({ problems }) => problems.length > 0)) process.exitCode = 1;
}

function show(out: Terminal, files: Committed | undefined, stacks: readonly Checked[]): void {
    const line = (good: boolean, name: string, text: string) =>
        out.print(`${out.colour(good ? "green" : "red", good ? "✓" : "✗", process.stdout)}  ${name}: ${text}`);
    if (files === undefined) out.print("·  files: this isn't a Git repository, so nobody looked for keys and dumps in it");
    else if (files.strays.length === 0) line(true, "files", `${files.files}, no key, dump or file of variables among them`);
    else line(false, "files", `${files.strays.length} must not be committed (git rm --cached, and renew what was in it)`);
    for (const { path, why } of files?.strays ?? []) out.print(`     ${path}: ${why}`);
    for (const { stack, environment, problems, warned, waived, resources } of stacks) {
        const planned = resources === null ? "settings and rules" : `settings, rules and program (a plan of ${resources} resources)`;
        if (problems.length === 0) line(true, stack, `${environment ?? ""}: ${planned} are in order`);
        else line(false, stack, problems.length === 1 ? "one problem" : `${problems.length} problems`);
        for (const text of problems) out.print(indented(text));
        for (const text of warned) out.print(indented(`warning: ${text}`));
        for (const text of waived) out.print(indented(`waived: ${text}`));
    }
}

function indented(text: string): string {
    return `     ${text.replaceAll("\n", "\n     ")}`;
}

export function register(program: Command): void {
    program
        .command("check")
        .helpGroup(groups.look)
        .summary("settings, rules, secrets and program, without touching or reaching anything")
        .description(
            "Checks stack files, all of them unless some are named, and what a commit would hold: keys, dumps and files of variables don't belong in it. Then makes a plan of each stack against an empty state. Reaches no host and needs no secret. Ends with 0: all is in order, 1: something isn't.",
        )
        .argument("[stacks...]", "which stacks")
        .option("-q, --quick", "without the plan: no engine is started, so it takes a second; for a hook before each commit")
        .option("--json", "for programs")
        .action(check);
}
