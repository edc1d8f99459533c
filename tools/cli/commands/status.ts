import type { Command } from "commander";
import { groups } from "../help";
import type { Session } from "../stack/session";
import { openStack } from "../stack/session";
import { stackStatus, type StackStatus } from "../stack/status";
import { terminal, type Terminal } from "../terminal";

interface StatusOptions {
    readonly stack: string;
    readonly json?: boolean;
}

async function status(named: string | undefined, options: StatusOptions): Promise<void> {
    const out = terminal();
    const session: Session = await openStack(out, named ?? options.stack, { images: false });
    const found = await stackStatus(session);
    if (options.json === true) {
        out.json(found);
    } else {
        show(out, found);
    }
    if (found.problems.length > 0) {
        process.exitCode = 1;
    }
}

function show(out: Terminal, found: StackStatus): void {
    const colour = (health: string) =>
        out.colour(health === "healthy" ? "green" : health === "starting" ? "yellow" : "red", health, process.stdout);
    out.print(`${found.stack}  ${found.application} on ${found.target}  ${found.urls.join(" ")}`);
    out.print();
    const dim = (text: string) => out.colour("dim", text, process.stdout);
    out.table([
        ["service", "release", "health", "up since"].map(dim),
        ...found.services.map(({ name, release, health, since }) => [name, release, colour(health), since ?? ""]),
    ]);
    out.print();
    const { last, lastDrill, repository } = found.backups;
    out.print(
        `backups  ${last === null ? "none yet" : `last ${last}`}, drill ${lastDrill ?? "not yet"}, in ${repository ?? "no repository"}`,
    );
    out.print(`secrets  ${found.secrets.map(({ name, ageDays }) => `${name} ${ageDays} d`).join(", ")}`);
    for (const problem of found.problems) {
        out.print(`${out.colour("red", "problem", process.stdout)}  ${problem}`);
    }
}

export function register(program: Command): void {
    program
        .command("status")
        .helpGroup(groups.look)
        .summary("what runs, its health, backups, ages of secrets")
        .argument("[stack]", "which stack")
        .option("-s, --stack <stack>", "the same", "dev")
        .option("--json", "for programs: a stable format")
        .action(status);
}
