import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { SetupError } from "../../engine/types";
import { readStackFile } from "../stack/stack-file";
import type { StackState } from "../stack/state";
import type { Preview } from "./engine-events";
import { described, isComponent } from "./resources";
import { kept, stable } from "./values";

const digests = z.record(z.string(), z.string());
const planFile = z.object({
    version: z.literal(2),
    stack: z.string(),
    /** What whoever reviewed it has read. */
    verdict: z.string(),
    /** Digests of the stack file's settings, by key. */
    settings: digests,
    /** Digests of the program's files, by path: what a step reads is secret to the engine, so that a preview doesn't show all that the program does. */
    program: digests,
    /** Digests of the state's resources, by URN; none for a stack that isn't deployed. */
    state: digests,
    /** What would be done, by URN: the operation and a digest of the resource as it would be. */
    changes: digests,
});

/** What was reviewed: digests only, so that it can be kept with the pull request. */
export type Plan = z.infer<typeof planFile>;

export interface PlanSource {
    readonly checkout: string;
    readonly stack: string;
    readonly state: StackState | undefined;
    readonly preview: Preview;
    readonly verdict: string;
}

export function planOf({ checkout, stack, state, preview, verdict }: PlanSource): Plan {
    const settings = Object.entries(readStackFile(checkout, stack).content.config ?? {});
    const resources = (state?.resources ?? []).map(
        ({ urn, type, id, inputs, modified }) => [urn, digest({ type, id, modified, inputs: withoutCiphers(inputs) }, checkout)] as const,
    );
    const changes = preview.changes
        .filter((change) => change.operation !== "same" && !isComponent(change))
        .map((change) => [change.urn, `${change.operation} ${digest(change.new?.inputs, checkout)}`] as const);
    return {
        version: 2,
        stack,
        verdict,
        settings: Object.fromEntries(settings.map(([key, value]) => [key, digest(value, checkout)])),
        program: programDigests(checkout),
        state: Object.fromEntries(resources),
        changes: Object.fromEntries(changes),
    };
}

/** What the engine runs; the sources of images are in the images' names. */
const PROGRAM = ["infra", "components", "stacks", "policies"];

function programDigests(checkout: string): Record<string, string> {
    const folders = PROGRAM.filter((folder) => existsSync(join(checkout, folder)));
    const files = folders
        .flatMap((folder) => readdirSync(join(checkout, folder), { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)))
        .filter((file) => !file.includes("__pycache__") && statSync(join(checkout, file)).isFile());
    const lock = existsSync(join(checkout, "package-lock.json")) ? ["package-lock.json"] : [];
    return Object.fromEntries(
        [...files, ...lock].sort().map((file) => [file, digest(readFileSync(join(checkout, file), "utf8"), checkout)]),
    );
}

/** The engine encrypts a secret anew each time it writes the state; when the value changes, so does the time of the change. */
function withoutCiphers(inputs: unknown): unknown {
    return inputs === undefined ? undefined : (JSON.parse(JSON.stringify(inputs), (_, value: unknown) => kept(value)) as unknown);
}

/** The folder of the checkout may differ between the machine that previews and the one that applies. */
function digest(value: unknown, checkout: string): string {
    const text = (stable(value) ?? "").replaceAll(checkout, ".");
    return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

export function savePlan(file: string, plan: Plan): void {
    writeFileSync(file, `${JSON.stringify(plan, null, 2)}\n`);
}

/** @throws SetupError when it can't be read, or isn't a plan of this stack */
export function readPlan(file: string, stack: string): Plan {
    let content: unknown;
    try {
        content = JSON.parse(readFileSync(file, "utf8"));
    } catch (error) {
        throw new SetupError(
            `--plan: ${file} can't be read (${error instanceof Error ? error.message : String(error)}); ./quai preview --save makes one`,
            2,
        );
    }
    const plan = planFile.safeParse(content);
    if (!plan.success)
        throw new SetupError(`--plan: ${file} isn't a plan of this version; make another one: ./quai preview ${stack} --save ${file}`, 2);
    if (plan.data.stack !== stack) throw new SetupError(`--plan: ${file} is a plan for stack ${plan.data.stack}, not for ${stack}`, 2);
    return plan.data;
}

const MOST_NAMES = 8;

/** What isn't as it was reviewed, one line each; empty: it is. */
export function moved(reviewed: Plan, now: Plan): readonly string[] {
    const differing = (before: Plan["settings"], after: Plan["settings"]) =>
        [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((key) => before[key] !== after[key]).sort();
    const settings = differing(reviewed.settings, now.settings);
    const program = differing(reviewed.program, now.program);
    const state = differing(reviewed.state, now.state).map(nameOf);
    const changes = differing(reviewed.changes, now.changes).map((urn) => changeText(urn, reviewed.changes[urn], now.changes[urn]));
    return [
        ...(settings.length > 0 ? [`settings changed since the review: ${listed(settings)}`] : []),
        ...(program.length > 0 ? [`the program changed since the review: ${listed(program)}`] : []),
        ...(state.length > 0 ? [`the stack was updated since the review: ${listed(state)}`] : []),
        ...(changes.length > 0 ? [`what would be done differs: ${listed(changes)}`] : []),
    ];
}

/** @throws SetupError that says what moved, and how it is reviewed again */
export function mustBeTheSame(differs: readonly string[], again: string): void {
    if (differs.length === 0) return;
    const list = differs.map((line) => `  - ${line}`).join("\n");
    throw new SetupError(`this isn't what was reviewed, so nothing was changed:\n${list}\nReview it again: ${again}`);
}

function changeText(urn: string, before: string | undefined, after: string | undefined): string {
    const verb = (text: string) => text.split(" ")[0] ?? text;
    if (before === undefined) return `now also ${verb(after ?? "")} ${nameOf(urn)}`;
    if (after === undefined) return `no longer ${verb(before)} ${nameOf(urn)}`;
    return verb(before) === verb(after) ? `another ${nameOf(urn)}` : `${verb(after)} instead of ${verb(before)} ${nameOf(urn)}`;
}

function nameOf(urn: string): string {
    const [, , types = "", name = urn] = urn.split("::");
    return described({ type: types.split("$").at(-1) ?? "", name });
}

function listed(texts: readonly string[]): string {
    const rest = texts.length - MOST_NAMES;
    return `${texts.slice(0, MOST_NAMES).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}
