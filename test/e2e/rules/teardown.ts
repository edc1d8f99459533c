import { isKept, quai, removeCheckout } from "../support/checkout";
import { endRecord } from "../support/record";
import { ENVIRONMENTS, objects, stackOf } from "./stacks";

export default async function teardown(): Promise<void> {
    endRecord();
    if (isKept()) return;
    for (const stack of ENVIRONMENTS.map(stackOf)) {
        if (objects("volume", stack).length > 0) await quai("down", stack, "--yes", "--delete-data", "--no-snapshot");
    }
    removeCheckout();
}
