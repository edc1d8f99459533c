import type { DiffAnswer, Properties, PropertyFacts, ResourceHandler } from "./types";
import { isAsset, isObject, keysOf, sameValue } from "./values";

/** One line of what a preview shows: where, and what happens there. */
export interface DetailedChange {
    readonly path: string;
    readonly kind: "add" | "delete" | "update";
    readonly replace: boolean;
    /** The values to compare are inputs; otherwise the old one is an output. */
    readonly input: boolean;
}

/** More changes than this inside one property are shown as one change of the property. */
const MANY = 40;

export interface DiffQuestion {
    readonly id: string;
    readonly handler: ResourceHandler;
    readonly facts: Readonly<Record<string, PropertyFacts>>;
    readonly previousInputs: Properties;
    readonly previousOutputs: Properties;
    readonly inputs: Properties;
}

/** What changed and what of it needs a new resource: the handler's own answer, or inputs against previous inputs. */
export function answerDiff(question: DiffQuestion): DiffAnswer {
    const { handler, id, previousInputs, previousOutputs, inputs } = question;
    const answer = handler.diff?.(id, previousInputs, previousOutputs, inputs) ?? compareInputs(question.facts, previousInputs, inputs);
    const changed = [...new Set([...answer.changed, ...answer.replaces])];
    // Nothing can be changed in place where there is no update.
    const replaces = handler.update === undefined ? changed : answer.replaces;
    return { ...answer, changed, replaces };
}

/** Inputs against previous inputs, property by property; `replaces` as the facts say. */
export function compareInputs(facts: Readonly<Record<string, PropertyFacts>>, previous: Properties, inputs: Properties): DiffAnswer {
    const changed = keysOf(previous, inputs).filter((key) => !sameValue(previous[key], inputs[key]));
    return { changed, replaces: changed.filter((key) => facts[key]?.replaces === true) };
}

/** The changes of an answer, as deep as the values allow. Secret properties are shown as a whole. */
export function detailChanges(question: DiffQuestion, answer: DiffAnswer, secretKeys: ReadonlySet<string>): DetailedChange[] {
    return answer.changed.flatMap((key): DetailedChange[] => {
        const replace = answer.replaces.includes(key);
        const before = question.previousInputs[key];
        const after = question.inputs[key];
        if (sameValue(before, after)) {
            const kind = question.previousOutputs[key] === undefined ? "add" : "update";
            return [{ path: pathOf("", key), kind, replace, input: false }];
        }
        const whole = [{ path: pathOf("", key), kind: kindOf(before, after), replace, input: true }];
        if (secretKeys.has(key)) return whole;
        const deep = walk(pathOf("", key), before, after).map((change) => ({ ...change, replace, input: true }));
        return deep.length > MANY ? whole : deep;
    });
}

type Change = Pick<DetailedChange, "path" | "kind">;

function walk(path: string, before: unknown, after: unknown): Change[] {
    if (sameValue(before, after)) return [];
    if (Array.isArray(before) && Array.isArray(after)) {
        const length = Math.max(before.length, after.length);
        return Array.from({ length }, (_, index) => walk(`${path}[${index}]`, before[index], after[index])).flat();
    }
    if (isObject(before) && isObject(after) && !isAsset(before) && !isAsset(after)) {
        return keysOf(before, after).flatMap((key) => walk(pathOf(path, key), before[key], after[key]));
    }
    return [{ path, kind: kindOf(before, after) }];
}

function kindOf(before: unknown, after: unknown): Change["kind"] {
    if (before === undefined) return "add";
    return after === undefined ? "delete" : "update";
}

function pathOf(path: string, key: string): string {
    if (!/^[A-Za-z_$][\w$]*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
    return path === "" ? key : `${path}.${key}`;
}
