import type { DiffAnswer, Properties, ReadResult, ResourceHandler } from "../kit/types";
import { keysOf, sameValue } from "../kit/values";

/** What makes a kind of random value. */
export interface Maker {
    /** The inputs with the defaults that the schema leaves out: two inputs that mean the same compare as equal. */
    settings?(inputs: Properties): Properties;
    check?: ResourceHandler["check"];
    make(
        inputs: Properties,
    ): Promise<{ readonly id: string; readonly outputs: Properties }> | { readonly id: string; readonly outputs: Properties };
    /** From the id of `pulumi import`. Throws an Error that tells the form of the id. */
    restore(id: string): Promise<ReadResult> | ReadResult;
}

/** A value that is drawn once, kept in the state, and drawn anew only when an input changes. */
export function keptValue(maker: Maker): ResourceHandler {
    const settings = maker.settings?.bind(maker) ?? ((inputs: Properties) => inputs);
    return {
        check: maker.check?.bind(maker),
        diff(_id, previousInputs, _previousOutputs, inputs): DiffAnswer {
            const [before, after] = [settings(previousInputs), settings(inputs)];
            const changed = keysOf(before, after).filter((key) => !sameValue(before[key], after[key]));
            return { changed, replaces: changed };
        },
        previewCreate: (inputs) => settings(inputs),
        async create(inputs) {
            const { id, outputs } = await maker.make(settings(inputs));
            return { id, outputs: { ...settings(inputs), ...outputs } };
        },
        async read(id, inputs, outputs) {
            return inputs === undefined || outputs === undefined ? maker.restore(id) : { id, inputs, outputs };
        },
        async delete() {
            // The value lives in the state alone.
        },
    };
}
