import { kept } from "./values";

/** What would happen to one resource. `replace`: a new one instead of the old one. */
export type Operation = "create" | "update" | "replace" | "delete" | "same";

/** A resource as the engine shows it; secrets are `[secret]`, what isn't known yet `[known later]`. */
export interface ResourceState {
    readonly id?: string;
    readonly parent?: string;
    readonly protect?: boolean;
    readonly inputs: Readonly<Record<string, unknown>>;
    readonly outputs: Readonly<Record<string, unknown>>;
}

export interface Change {
    readonly urn: string;
    readonly type: string;
    readonly name: string;
    readonly operation: Operation;
    readonly old?: ResourceState;
    readonly new?: ResourceState;
    /** Properties that a replacement is made for. */
    readonly replacedFor: readonly string[];
    /** The old one is gone before the new one is made. */
    readonly deletedFirst: boolean;
}

/** A preview of the engine's, without anything that differs from one run to the next. */
export interface Preview {
    /** Every resource, changed or not; in the order of their URNs. */
    readonly changes: readonly Change[];
    /** The program's outputs before and after; undefined where there are none. */
    readonly outputs: { readonly old?: Readonly<Record<string, unknown>>; readonly new?: Readonly<Record<string, unknown>> };
    readonly errors: readonly string[];
    readonly warnings: readonly string[];
    /** Whether the engine came to the end. */
    readonly complete: boolean;
}

interface StepMetadata {
    readonly op: string;
    readonly urn: string;
    readonly type: string;
    readonly old?: Partial<ResourceState> | null;
    readonly new?: Partial<ResourceState> | null;
    readonly keys?: readonly string[] | null;
}

interface EngineEvent {
    readonly resourcePreEvent?: { readonly metadata: StepMetadata };
    readonly resOutputsEvent?: { readonly metadata: StepMetadata };
    readonly diagnosticEvent?: { readonly message: string; readonly severity: string; readonly urn?: string };
    readonly summaryEvent?: { readonly result?: string };
}

/** How much an operation says of a resource that has several: the highest counts. */
const WEIGHT: Readonly<Record<Operation, number>> = { same: 0, delete: 1, create: 2, update: 3, replace: 4 };

const OPERATIONS: Readonly<Record<string, Operation>> = {
    same: "same",
    create: "create",
    update: "update",
    delete: "delete",
    replace: "replace",
    "create-replacement": "replace",
    "delete-replaced": "replace",
    import: "create",
    "import-replacement": "replace",
};

export const STACK_TYPE = "pulumi:pulumi:Stack";

/** Reads the engine's events, one JSON text per line; lines that are no event are left out. */
export function readEvents(lines: readonly string[]): Preview {
    const collected = new Map<string, Collected>();
    const outputs: { old?: Record<string, unknown>; new?: Record<string, unknown> } = {};
    const errors: string[] = [];
    const warnings: string[] = [];
    let complete = false;
    for (const [at, line] of lines.entries()) {
        if (!line.startsWith("{")) continue;
        const event = JSON.parse(line, (_, value: unknown) => kept(value)) as EngineEvent;
        const before = event.resourcePreEvent?.metadata;
        const after = event.resOutputsEvent?.metadata;
        if (before !== undefined) collect(collected, before, at);
        if (after !== undefined) complement(collected, after);
        if (after?.type === STACK_TYPE) {
            outputs.old = { ...outputs.old, ...after.old?.outputs };
            outputs.new = { ...after.new?.outputs };
        }
        if (event.diagnosticEvent?.severity === "error") errors.push(clean(event.diagnosticEvent.message));
        if (event.diagnosticEvent?.severity === "warning") warnings.push(clean(event.diagnosticEvent.message));
        complete ||= event.summaryEvent !== undefined && event.summaryEvent.result !== "failed";
    }
    const changes = [...collected.values()].map(({ deletedAt, createdAt, ...change }) => ({
        ...change,
        deletedFirst: deletedAt !== undefined && createdAt !== undefined && deletedAt < createdAt,
    }));
    return {
        changes: changes.sort((a, b) => (a.urn < b.urn ? -1 : 1)),
        outputs,
        errors: unique(errors).filter((error, _, all) => all.length === 1 || error !== "preview failed"),
        warnings: unique(warnings).filter((warning) => !NOISE.test(warning)),
        complete,
    };
}

interface Collected extends Omit<Change, "deletedFirst"> {
    readonly deletedAt: number | undefined;
    readonly createdAt: number | undefined;
}

function collect(collected: Map<string, Collected>, step: StepMetadata, at: number): void {
    const operation = OPERATIONS[step.op];
    if (operation === undefined || step.type === STACK_TYPE) return; // A refresh says what is, not what would be done.
    const known = collected.get(step.urn);
    const heavier = known === undefined || WEIGHT[operation] > WEIGHT[known.operation];
    collected.set(step.urn, {
        urn: step.urn,
        type: step.type,
        name: step.urn.slice(step.urn.lastIndexOf("::") + 2),
        operation: heavier ? operation : known.operation,
        old: stateOf(step.old) ?? known?.old,
        new: stateOf(step.new) ?? known?.new,
        replacedFor: unique([...(known?.replacedFor ?? []), ...(step.keys ?? [])]).sort(),
        deletedAt: step.op === "delete-replaced" ? (known?.deletedAt ?? at) : known?.deletedAt,
        createdAt: step.op === "create-replacement" ? (known?.createdAt ?? at) : known?.createdAt,
    });
}

/** What a resource's own outputs are once the program has said them: components only do so at their end. */
function complement(collected: Map<string, Collected>, step: StepMetadata): void {
    const known = collected.get(step.urn);
    const state = stateOf(step.new);
    if (known === undefined || state === undefined || OPERATIONS[step.op] === undefined || step.op === "delete") return;
    if (step.op !== "delete-replaced") collected.set(step.urn, { ...known, new: state });
}

function stateOf(state: Partial<ResourceState> | null | undefined): ResourceState | undefined {
    if (state === null || state === undefined) return undefined;
    const { id, parent, protect, inputs, outputs } = state;
    return {
        ...(id === undefined || id === "" ? {} : { id }),
        ...(parent === undefined || parent === "" ? {} : { parent }),
        ...(protect === true ? { protect } : {}),
        inputs: inputs ?? {},
        outputs: outputs ?? {},
    };
}

/** Of a program that leaves an output out on purpose. */
const NOISE = /^Undefined value \(\w+\) will not show as a stack output/;

// eslint-disable-next-line no-control-regex
const COLOURS = /\u001b\[[0-9;]*m/g;

function clean(message: string): string {
    return message
        .replace(COLOURS, "")
        .replace(/<\{%.*?%\}>/g, "")
        .trim();
}

function unique(texts: readonly string[]): string[] {
    return [...new Set(texts)];
}
