import type { Command } from "commander";
import { ensureEngine, ensurePlugins } from "../../engine";
import { ensureDocker } from "../../engine/docker/ensure";
import { examine, neededPlugins, type Check } from "../../engine/checks";
import { messageOf } from "../../engine/types";
import { groups } from "../help";
import { interruptSignal } from "../interrupt";
import { stackChecks } from "../stack/diagnosis";
import { openStack } from "../stack/session";
import { terminal, type Terminal } from "../terminal";

interface DoctorOptions {
    readonly stack?: string;
    readonly json?: boolean;
    readonly fix?: boolean;
    readonly yes?: boolean;
}

/** Gets what is missing, one thing after the other; what can't be had doesn't keep the rest from being got. */
async function fix(out: Terminal, yes: boolean): Promise<void> {
    const attempt = async (work: () => Promise<unknown>): Promise<void> => {
        try {
            await work();
        } catch (error) {
            interruptSignal().throwIfAborted();
            out.error(messageOf(error));
        }
    };
    await attempt(async () => {
        const engine = await ensureEngine({ reporter: out, signal: interruptSignal() });
        await ensurePlugins(engine, neededPlugins(), { reporter: out, retry: true, signal: interruptSignal() });
    });
    await attempt(() => ensureDocker({ yes, reporter: out, confirm: out.interactive ? (question) => out.confirm(question) : undefined }));
}

function mark(out: Terminal, check: Check): string {
    switch (check.state) {
        case "ok":
            return out.colour("green", "✓", process.stdout);
        case "note":
            return out.colour("dim", "·", process.stdout);
        case "warning":
            return out.colour("yellow", "!", process.stdout);
        case "missing":
            return out.colour("red", "✗", process.stdout);
    }
}

function show(out: Terminal, checks: readonly Check[]): void {
    const dim = (text: string): string => out.colour("dim", text, process.stdout);
    const header = ["", "what", "version", "found"].map((text) => (text ? dim(text) : " "));
    out.table([header, ...checks.map((check) => [mark(out, check), check.name, check.version ?? "", check.from ?? ""])]);
    const wanting = checks.filter(({ fix: remedy }) => remedy !== undefined);
    if (wanting.length > 0) out.print();
    for (const check of wanting) out.print(`${mark(out, check)} ${check.name}: ${check.fix ?? ""}`);
}

async function doctor(named: string | undefined, options: DoctorOptions): Promise<void> {
    const out = terminal();
    if (options.fix) await fix(out, options.yes === true);
    const stack = named ?? options.stack;
    const checks = stack === undefined ? await examine(process.env) : await stackChecks(await openStack(out, stack, { images: false }));
    const ok = checks.every(({ state }) => state !== "missing");
    if (options.json) out.json({ ok, checks });
    else {
        show(out, checks);
        const list = checks
            .filter(({ state }) => state === "missing")
            .map(({ name }) => name)
            .join(", ");
        out.print();
        const good = stack === undefined ? "Everything that is needed is here." : `${stack} answers as it should.`;
        const bad =
            stack === undefined ? `Missing: ${list}. \`./quai doctor --fix\` gets what can be got.` : `Not as it should be: ${list}.`;
        out.print(ok ? good : bad);
    }
    if (!ok) process.exitCode = 1;
}

export function register(program: Command): void {
    program
        .command("doctor")
        .helpGroup(groups.machine)
        .summary("what is here and missing on this machine; of a stack, what doesn't answer as it should, and what to do")
        .description(
            "Shows the engine, its plugins, Docker, and what else a deployment needs: what was found, from where, which version, and what to do about what is missing. " +
                "Of a stack: its names in DNS, certificates, redirects, headers, every route and WebSocket as a visitor would ask it, services, jobs, database, backups and disk. Nothing is changed.",
        )
        .argument("[stack]", "the deployed application of this stack, instead of this machine")
        .option("-s, --stack <stack>", "the same")
        .option("--json", "print it as JSON")
        .option("--fix", "get what is missing first")
        .option("-y, --yes", "with --fix: install Docker without asking")
        .action(doctor);
}
