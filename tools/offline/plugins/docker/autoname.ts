import { randomBytes } from "node:crypto";
import type { Properties, ResourceIdentity } from "../kit/types";

/** The name a resource gets when the program gives none: the logical name and seven random hexadecimal digits, kept from then on. */
export function autoname(inputs: Properties, previous: Properties | undefined, resource: ResourceIdentity): Properties {
    if (inputs.name !== undefined) {
        return inputs;
    }
    const random = () => `${resource.name}-${randomBytes(4).toString("hex").slice(0, 7)}`;
    return { ...inputs, name: typeof previous?.name === "string" ? previous.name : random() };
}
