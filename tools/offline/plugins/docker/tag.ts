import type { CallContext, Created, DiffAnswer, Properties, ReadResult, ResourceHandler } from "../kit/types";
import { compare, scalar, setOf, type Rule } from "./compare";
import { EngineError, engineFor } from "./engine/client";
import { inspectImage } from "./image/find";
import { tagImage } from "./image/handler";
import { text } from "./values";

const RULES: Readonly<Record<string, Rule>> = {
    sourceImage: { shape: scalar, effect: "replace" },
    targetImage: { shape: scalar, effect: "replace" },
    tagTriggers: { shape: setOf(scalar), effect: "replace" },
};

/** Another name for an image. Like the official plugin's, it is never looked at again, and deleting it leaves the image its name. */
export const tagHandler: ResourceHandler = {
    diff: (_id: string, _previousInputs: Properties, state: Properties, inputs: Properties): DiffAnswer => compare(RULES, state, inputs),
    create,
    read: async (id, inputs, outputs): Promise<ReadResult | undefined> =>
        outputs === undefined ? undefined : { id, inputs: inputs ?? {}, outputs },
    delete: async () => undefined,
};

async function create(inputs: Properties, context: CallContext): Promise<Created> {
    const engine = engineFor(context.config);
    const source = text(inputs, "sourceImage") ?? "";
    const target = text(inputs, "targetImage") ?? "";
    try {
        await tagImage(engine, source, target);
    } catch (error) {
        throw error instanceof EngineError ? new Error(`tag ${target}: can't name ${source} so: ${error.message}`) : error;
    }
    const image = await inspectImage(engine, source);
    return { id: `${source}.${target}`, outputs: { ...inputs, sourceImageId: image?.Id ?? "" } };
}
