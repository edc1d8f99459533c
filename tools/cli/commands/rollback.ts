import { InvalidArgumentError, type Command } from "commander";
import { readFileSync } from "node:fs";
import { SetupError } from "../../engine/types";
import { checkoutRoot } from "../../engine/versions";
import { groups } from "../help";
import { deployedOf } from "../history/checkpoints";
import { entriesOf, type Entry } from "../history/entries";
import type { Preview } from "../report/engine-events";
import type { Report } from "../report/report";
import { hostName, TYPE } from "../report/resources";
import { chosenEntry, sourcePaths } from "../rollback/entry";
import { broughtBack } from "../rollback/settings";
import { sourcesOf, type Sources } from "../rollback/sources";
import { isMigration } from "../stack/gate";
import { openStack, type Session, stackSettings } from "../stack/session";
import { readStackFile, replaceFile } from "../stack/stack-file";
import { readState } from "../stack/state";
import { terminal, type Terminal } from "../terminal";
import { up } from "./up";

interface RollbackOptions {
    readonly stack: string;
    readonly yes?: boolean;
    readonly message?: string;
}

/** Writes what the entry had into the checkout, and goes on as `./quai up` does. Whoever then says no finds everything as it was. */
async function rollback(number: number, named: string | undefined, options: RollbackOptions): Promise<void> {
    const out = terminal();
    const stack = named ?? options.stack;
    if (stackSettings(checkoutRoot, stack).target.kind === "aws") {
        throw new SetupError(
            `rollback: ${stack} is on AWS, which pulumi deploys: check out the commit that ./quai history ${stack} names, and run pulumi up -s ${stack}`,
            2,
        );
    }
    const session = await openStack(out, stack, { yes: options.yes, images: false });
    const entry = chosenEntry(await entriesOf(session), number);
    const state = await readState(session.engine, stack);
    const sources = await sourcesOf(
        session.checkout,
        entry,
        sourcePaths(session.checkout, entry, state === undefined ? [] : deployedOf(state).contexts),
    );
    const { path } = readStackFile(session.checkout, stack);
    const before = readFileSync(path, "utf8");
    const { text, changed, kept } = broughtBack(before, entry.settings);
    await mustBeThere(out, session, entry);
    const putBack = async () => {
        replaceFile(path, before);
        await sources.undo();
        out.info("Stack file and sources are as they were.");
    };
    replaceFile(path, text);
    let decided = false;
    try {
        await sources.restore();
        stackSettings(session.checkout, stack);
        tell(out, stack, entry, { changed, kept, files: sources.files });
        const judge = (report: Report, preview: Preview) =>
            judged(out, { entry, sources, stackId: session.settings.stackId }, report, preview);
        const message = options.message ?? `back to ${entry.number}`;
        if (await up(stack, { stack, yes: options.yes, judge, decided: () => (decided = true), message, command: "rollback" })) {
            out.print(
                `\nAs of entry ${entry.number}. Commit it, or the next update from the repository takes it back: git add -A && git commit`,
            );
            return;
        }
    } catch (error) {
        if (decided) out.info("The stack file and the sources stay as of then: ./quai up goes on. To take them back: git checkout .");
        else await putBack();
        throw error;
    }
    await putBack();
}

interface Told {
    readonly changed: readonly string[];
    readonly kept: readonly string[];
    readonly files: readonly string[];
}

function tell(out: Terminal, stack: string, entry: Entry, { changed, kept, files }: Told): void {
    const when = entry.started.slice(0, 16).replace("T", " ");
    out.info(`Back to entry ${entry.number}, of ${when} UTC, by ${entry.who}:`);
    out.info(`  Pulumi.${stack}.yaml: ${changed.length === 0 ? "the same settings" : changed.join(", ")}`);
    if (files.length > 0)
        out.info(
            `  ${files.length} ${files.length === 1 ? "file" : "files"} of commit ${entry.commit?.id.slice(0, 7) ?? ""}: ${few(files)}`,
        );
    out.info(`  stay as they are: data, secrets and their rotation${kept.length === 0 ? "" : `; ${kept.join(", ")}, where secrets are`}`);
}

/** Images that a registry keeps may be gone from it. @throws SetupError that names them, before anything is written */
async function mustBeThere(out: Terminal, session: Session, entry: Entry): Promise<void> {
    const gone: string[] = [];
    for (const reference of Object.values(entry.images)) {
        const has = await session.host.docker(["image", "inspect", "--format", "{{.Id}}", reference]).catch(() => undefined);
        // Only the update itself logs in to a registry.
        const login = Object.keys(session.settings.registries).some((registry) => reference.startsWith(`${registry}/`));
        if (has !== undefined || login) continue;
        out.info(`${reference} isn't on the host any more: pulling it`);
        await session.host.docker(["pull", "--quiet", reference]).catch(() => gone.push(reference));
    }
    if (gone.length > 0) {
        throw new SetupError(
            `rollback: ${gone.join(", ")}: neither on the host nor to be had from the registry, so entry ${entry.number} can't be brought back; nothing was changed`,
        );
    }
}

interface Judged {
    readonly entry: Entry;
    readonly sources: Sources;
    readonly stackId: string;
}

/** @throws SetupError where data would be at risk, or what would be built isn't what ran then */
function judged(out: Terminal, { entry, sources, stackId }: Judged, report: Report, preview: Preview): void {
    if (report.data.length > 0) {
        const list = report.data.map(({ what }) => `  - ${what}`).join("\n");
        throw new SetupError(`rollback: entry ${entry.number} can't be brought back without data at risk; nothing was changed:\n${list}`);
    }
    const planned = preview.changes.flatMap(({ type, operation, new: next }) =>
        type === TYPE.image && operation !== "delete" ? (hostName(next) ?? []) : [],
    );
    const built = (entry.deployed?.images ?? []).filter((name) => name.startsWith(`quai/${stackId}/`));
    const lost = built.filter((name) => !planned.includes(name));
    const unsure = entry.deployed === null && planned.some((name) => name.startsWith(`quai/${stackId}/`));
    if (sources.doubt !== undefined && (lost.length > 0 || unsure)) {
        const what = lost.length > 0 ? lost.join(", ") : "its images";
        throw new SetupError(
            `rollback: ${what}: can't be built as of entry ${entry.number}, because ${sources.doubt}; nothing was changed. Check the sources of then out by hand, and run ./quai up`,
        );
    }
    if (lost.length > 0)
        out.warn(`built of the same sources, but another image than then (another base image, or another quai): ${lost.join(", ")}`);
    const jobs = preview.changes.filter(isMigration).map(({ name }) => name);
    if (jobs.length > 0) {
        out.warn(
            `migrations that came since are not undone: tables and data stay as they are, and the release must work with them. Run again, as of then: ${jobs.join(", ")}`,
        );
    }
}

function few(names: readonly string[]): string {
    return `${names.slice(0, 5).join(", ")}${names.length > 5 ? ` and ${names.length - 5} more` : ""}`;
}

function parseNumber(text: string): number {
    if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError("must be the number of an entry of ./quai history.");
    return Number(text);
}

export function register(program: Command): void {
    program
        .command("rollback")
        .helpGroup(groups.data)
        .summary("back to an entry of ./quai history: its settings, images and sources")
        .description(
            "Writes the settings of an earlier update into the stack file and its sources into the checkout, and goes on like ./quai up: preview, question, update. Data, secrets and what migrations did to the database stay as they are.",
        )
        .argument("<entry>", "its number in ./quai history", parseNumber)
        .argument("[stack]", "which stack")
        .option("-s, --stack <stack>", "the same", "dev")
        .option("-m, --message <text>", "what it is for: ./quai history shows it")
        .option("-y, --yes", "ask nothing")
        .action(rollback);
}
