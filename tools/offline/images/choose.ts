/** Which image stands for each that a stack needs: one that's there, the official one, or one built here. */
import { parseReference } from "../../../components/internal/images";
import { Docker } from "./docker";
import { ensureOfflineImages, type EnsureOptions, type ImageMap } from "./ensure";
import { type ImageNeed, type ImageRecipe, recipeFor } from "./recipes";
import { registryAnswers } from "./registry";

export interface ImageChoice {
    readonly reference: string;
    /** What to run. */
    readonly image: string;
    /** `present`: the engine has the official one; `registry`: it can be pulled; `built`: an equivalent made from packages. */
    readonly from: "present" | "registry" | "built";
}

export interface ImagesForResult {
    readonly choices: readonly ImageChoice[];
    /** Only what differs from the official references: the value for `quai:imageMirror`. Empty where official images are used. */
    readonly imageMirror: ImageMap;
}

export interface ImagesForOptions extends EnsureOptions {
    /** Milliseconds for a registry's answer. @default 8000 */
    readonly timeoutMs?: number;
    /** How registries are asked; for tests. */
    readonly answers?: typeof registryAnswers;
}

/** The recipe, where there's one: whether that's a problem shows later. */
function equivalent(need: ImageNeed): ImageRecipe | undefined {
    try {
        return recipeFor(need);
    } catch {
        return undefined;
    }
}

/**
 * For each need, in this order: the official image if the engine has it; the local equivalent if it was built before, so that a
 * stack doesn't change its images because a network came back; the official one if its registry answers; else the equivalent, built now.
 * With everything there it's one call of docker, and no registry is asked.
 * @throws when no registry answers and there's no equivalent, naming what can be had.
 */
export async function imagesFor(needs: readonly ImageNeed[], options: ImagesForOptions = {}): Promise<ImagesForResult> {
    const tags = new Map(needs.map((need) => [need.reference, equivalent(need)?.tag]));
    const wanted = [...tags].flatMap(([reference, tag]) => (tag === undefined ? [reference] : [reference, tag]));
    const have = await new Docker(options.docker).present([...new Set(wanted)]);
    const choices = new Map<string, ImageChoice>();
    const open: ImageNeed[] = [];
    for (const { reference } of needs) {
        const tag = tags.get(reference);
        if (have.has(reference)) choices.set(reference, { reference, image: reference, from: "present" });
        else if (tag !== undefined && have.has(tag)) choices.set(reference, { reference, image: tag, from: "built" });
        else open.push({ reference });
    }
    for (const choice of await settle(open, options)) choices.set(choice.reference, choice);
    const inOrder = needs.map(({ reference }) => choices.get(reference)!);
    const differing = inOrder.filter((choice) => choice.image !== choice.reference);
    return { choices: inOrder, imageMirror: Object.fromEntries(differing.map((choice) => [choice.reference, choice.image])) };
}

/** Asks each registry once, all at the same time, and builds what none of them gives. */
async function settle(open: readonly ImageNeed[], options: ImagesForOptions): Promise<ImageChoice[]> {
    const ask = options.answers ?? registryAnswers;
    const registries = new Map(open.map((need) => [parseReference(need.reference).registry, need.reference]));
    const answered = new Map(
        await Promise.all(
            [...registries].map(
                async ([registry, reference]) =>
                    [registry, await ask(reference, { timeoutMs: options.timeoutMs, docker: options.docker })] as const,
            ),
        ),
    );
    for (const [registry, answers] of answered) {
        if (!answers) options.onProgress?.(`images: the engine gets no answer from ${registry}: building equivalents from packages`);
    }
    const isThere = (need: ImageNeed): boolean => answered.get(parseReference(need.reference).registry) === true;
    const built = await ensureOfflineImages(
        open.filter((need) => !isThere(need)),
        options,
    );
    return open.map((need) => {
        const image = built[need.reference];
        return image === undefined
            ? { reference: need.reference, image: need.reference, from: "registry" }
            : { reference: need.reference, image, from: "built" };
    });
}
