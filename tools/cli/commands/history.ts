import { InvalidArgumentError, type Command } from "commander";
import { SetupError } from "../../engine/types";
import { groups } from "../help";
import { entriesOf } from "../history/entries";
import { historyMarkdown, rows, TITLES } from "../history/show";
import { openStack } from "../stack/session";
import { stackWord } from "../stack/stack-file";
import { terminal } from "../terminal";

interface HistoryOptions {
    readonly stack: string;
    readonly limit: number;
    readonly json?: boolean;
    readonly markdown?: boolean;
}

async function history(named: string | undefined, options: HistoryOptions): Promise<void> {
    const out = terminal();
    const stack = named ?? options.stack;
    if (options.json === true && options.markdown === true) throw new SetupError("--json, --markdown: give one of them", 2);
    const session = await openStack(out, stack, { images: false, offline: true });
    const all = await entriesOf(session);
    const shown = all.slice(0, options.limit);
    if (options.json === true) {
        out.json(shown.map(({ settings: _settings, ...rest }) => rest));
        return;
    }
    if (shown.length === 0) {
        out.print(`Stack ${stack} was never updated.`);
        return;
    }
    if (options.markdown === true) {
        out.print(historyMarkdown(all, shown));
        return;
    }
    const paint = (colour: Parameters<typeof out.colour>[0], text: string) => out.colour(colour, text, process.stdout);
    out.table([TITLES.map((title) => paint("dim", title)), ...rows(all, shown, paint)]);
    if (shown.length < all.length) out.info(`\n${all.length - shown.length} older ones: --limit ${all.length} shows all.`);
    out.info(`\nBack to one of them: ./quai rollback <#>${stackWord(stack)}`);
}

function parseLimit(text: string): number {
    if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError("must be a number from 1 to 99999.");
    return Number(text);
}

export function register(program: Command): void {
    program
        .command("history")
        .helpGroup(groups.look)
        .summary("who updated a stack, when, to which release, and how it ended")
        .description(
            "Every update of a stack, the newest first, from the engine's own history: who, when, how it ended, how long it took, what changed, which release and commit.",
        )
        .argument("[stack]", "which stack")
        .option("-s, --stack <stack>", "the same", "dev")
        .option("-l, --limit <number>", "how many", parseLimit, 20)
        .option("--markdown", "as a table for a pull request or a job's summary")
        .option("--json", "for programs: a stable format")
        .action(history);
}
