import { aroundStack } from "../../../infra/around";
import type { Settings } from "../../../infra/settings";
import { type Around, judge, PolicyError } from "../../../policies";
import { SetupError } from "../../engine/types";
import { stackSettings } from "./session";

/** What is known around a stack file from the files alone. */
export function fileAround(checkout: string, { stack, environment }: Settings): Around {
    return environment === "development" ? {} : aroundStack({ checkout, stack, env: process.env });
}

/** The rules as far as files tell, before anything is installed or asked. @throws SetupError that lists all that is refused */
export function mustKeepRules(checkout: string, stack: string): void {
    const settings = stackSettings(checkout, stack);
    const { refused } = judge(settings, new Date(), fileAround(checkout, settings));
    if (refused.length > 0) throw new SetupError(new PolicyError(stack, refused).message, 2);
}
