import { existsSync, statSync } from "node:fs";
import { join, sep } from "node:path";
import { SetupError } from "../../engine/types";
import type { Entry } from "../history/entries";
import { asText, isRecord } from "../report/values";

/** The entry that somebody means. @throws SetupError that says why it can't be brought back, and names some that can */
export function chosenEntry(entries: readonly Entry[], number: number): Entry {
    const served = entries.filter(isGood).filter((entry) => entry !== entries[0]);
    const some = served.slice(0, 5).map((entry) => entry.number);
    const others = some.length === 0 ? "there is none to go back to" : `${some.join(", ")} can; ./quai history says more`;
    const entry = entries.find((each) => each.number === number);
    const refuse = (why: string) => new SetupError(`rollback: entry ${number} ${why}: ${others}`, 2);
    if (entry === undefined) throw refuse("isn't in the history");
    if (entry.kind !== "update") throw refuse(`is a ${entry.kind}, which deployed nothing`);
    if (entry.outcome !== "succeeded") throw refuse(entry.outcome === "failed" ? "failed" : "never ended");
    if (String(entry.settings["quai:running"]?.value) === "false") throw refuse("stopped the stack, which ./quai down does");
    if (Object.keys(entry.settings).length === 0) throw refuse("has no settings with it");
    return entry;
}

function isGood({ kind, outcome, settings }: Entry): boolean {
    return kind === "update" && outcome === "succeeded" && String(settings["quai:running"]?.value) !== "false";
}

/** What an application is made of, beside its stack file: its description, and the folders that its images are built from; relative to the checkout. */
export function sourcePaths(checkout: string, { settings, deployed }: Entry, contexts: readonly string[]): string[] {
    const application = asText(settings["quai:application"]?.value) ?? "";
    const images = settings["quai:images"]?.value;
    const named = Object.values(isRecord(images) ? images : {}).flatMap((image) =>
        isRecord(image) && typeof image["build"] === "string" ? [image["build"]] : [],
    );
    const built = [...contexts, ...(deployed?.contexts ?? [])].flatMap((folder) => inCheckout(checkout, folder) ?? []);
    const own = built.filter((folder) => !/^(components|tools)\//.test(folder));
    const descriptions = [`stacks/${application}.yaml`, `stacks/${application}.ts`].filter((file) => existsSync(join(checkout, file)));
    return [...new Set([...named.filter((folder) => !folder.startsWith("..") && !folder.startsWith("/")), ...own, ...descriptions])].sort();
}

/** Another machine's checkout lay elsewhere: the longest end of the path that is a folder here. */
function inCheckout(checkout: string, folder: string): string | undefined {
    const parts = folder.split(sep).filter((part) => part !== "");
    const ends = parts.map((_, i) => parts.slice(i).join("/"));
    return ends.find((end) => existsSync(join(checkout, end)) && statSync(join(checkout, end)).isDirectory());
}
