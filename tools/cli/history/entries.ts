import { z } from "zod";
import { runPulumi } from "../../engine";
import { lastLines } from "../../engine/process";
import { SetupError } from "../../engine/types";
import type { Session } from "../stack/session";
import { checkpoints, type Deployed, deployedIn } from "./checkpoints";
import { line, noteIn } from "./note";

/** A setting as the engine noted it; without a value: it holds a secret. */
export type NotedSettings = Readonly<Record<string, { readonly value: unknown } | undefined>>;

/** An update of a stack. `./quai history --json` prints it, less its settings; names and types are a contract. */
export interface Entry {
    /** 1 is the first there ever was. */
    readonly number: number;
    readonly kind: string;
    /** ISO 8601. */
    readonly started: string;
    readonly seconds: number | null;
    readonly outcome: "succeeded" | "failed" | "in progress";
    readonly who: string;
    /** `./quai up`; null: another program's, e.g. pulumi. */
    readonly command: string | null;
    readonly message: string;
    /** What ran in a pipeline: its page, or its number. */
    readonly pipeline: string | null;
    /** The commit of the checkout that it was made from; `dirty`: with changes that weren't committed. */
    readonly commit: { readonly id: string; readonly branch: string | null; readonly dirty: boolean } | null;
    readonly changes: { readonly created: number; readonly updated: number; readonly replaced: number; readonly deleted: number };
    /** Releases by service, and images; null: this backend doesn't keep them. */
    readonly deployed: Deployed | null;
    /** References of images as the settings had them. */
    readonly images: Readonly<Record<string, string>>;
    readonly settings: NotedSettings;
}

const value = z.object({ value: z.string().optional(), objectValue: z.unknown().optional(), secret: z.boolean() });
const update = z.object({
    kind: z.string(),
    startTime: z.string(),
    endTime: z.string().optional(),
    message: z.string().default(""),
    environment: z.record(z.string(), z.string()).nullish(),
    config: z.record(z.string(), value).nullish(),
    result: z.string().default("in-progress"),
    resourceChanges: z.record(z.string(), z.number()).nullish(),
});
type Update = z.infer<typeof update>;

/** All updates of a stack, the newest first. @throws SetupError where the backend doesn't tell */
export async function entriesOf({ engine, stack }: Pick<Session, "engine" | "stack">): Promise<readonly Entry[]> {
    const lines: string[] = [];
    const said: string[] = [];
    const result = await runPulumi(engine, ["stack", "history", "--stack", stack, "--json", "--page-size", "0", "--non-interactive"], {
        onLine: (text, stream) => void (stream === "stdout" ? lines : said).push(text),
    });
    if (result.code !== 0) throw new SetupError(`history: the engine doesn't tell it:\n${lastLines(said.join("\n"))}`);
    return parseHistory(lines.join("\n"), checkpoints(engine, stack));
}

/** @param kept what the backend keeps of each update, the oldest first; pure */
export function parseHistory(text: string, kept: readonly string[] = []): readonly Entry[] {
    const updates = z.array(update).parse(JSON.parse(text === "" ? "[]" : text));
    const count = updates.length;
    // Where the two lists don't fit, nothing can be said of what an update left.
    const files = kept.length === count ? kept : [];
    return updates.map((each, i) => entryOf(each, count - i, files[count - 1 - i]));
}

const OUTCOMES: Readonly<Record<string, Entry["outcome"]>> = { succeeded: "succeeded", failed: "failed" };

function entryOf(each: Update, number: number, checkpoint: string | undefined): Entry {
    const environment = each.environment ?? {};
    const note = noteIn(each.message);
    const settings = settingsOf(each);
    const count = (name: string) => each.resourceChanges?.[name] ?? 0;
    const commit = environment["git.head"];
    let deployed: Deployed | null | undefined;
    return {
        number,
        kind: each.kind,
        started: new Date(each.startTime).toISOString(),
        seconds: each.endTime === undefined ? null : (Date.parse(each.endTime) - Date.parse(each.startTime)) / 1000,
        outcome: OUTCOMES[each.result] ?? "in progress",
        who: note.by ?? whoElse(environment),
        command: note.command ?? null,
        message: note.text,
        pipeline: environment["ci.build.url"] ?? environment["ci.build.id"] ?? null,
        commit:
            commit === undefined
                ? null
                : {
                      id: commit,
                      branch: environment["git.headName"]?.replace(/^refs\/heads\//, "") ?? null,
                      dirty: environment["git.dirty"] === "true",
                  },
        changes: { created: count("create"), updated: count("update"), replaced: count("replace"), deleted: count("delete") },
        // A whole state has to be read for it, and most entries of a long history are never asked.
        get deployed() {
            if (deployed === undefined) deployed = checkpoint === undefined ? null : (deployedIn(checkpoint) ?? null);
            return deployed;
        },
        images: imagesIn(settings["quai:images"]?.value),
        settings,
    };
}

/** Of an update that another program made the engine knows no more than the commit's author. */
function whoElse(environment: Readonly<Record<string, string>>): string {
    const system = environment["ci.system"];
    const author = environment["git.author"];
    if (system !== undefined) return `a pipeline (${line(system)})`;
    return author === undefined ? "unknown" : `unknown (commit by ${line(author)})`;
}

function settingsOf({ config }: Update): NotedSettings {
    const entries = Object.entries(config ?? {}).map(([key, { value: plain, objectValue, secret }]): [string, NotedSettings[string]] => [
        key,
        secret || plain === undefined ? undefined : { value: objectValue ?? plain },
    ]);
    return Object.fromEntries(entries);
}

function imagesIn(images: unknown): Record<string, string> {
    if (images === null || typeof images !== "object") return {};
    return Object.fromEntries(Object.entries(images).filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}
