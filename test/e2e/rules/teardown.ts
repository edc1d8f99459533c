import { quai, removeCheckout } from "../support/checkout";
import { ENVIRONMENTS, objects, stackOf } from "./stacks";

export default async function teardown(): Promise<void> {
    if (process.env["QUAI_E2E_KEEP"] !== undefined) {
        console.log(`kept: ${process.env["QUAI_E2E_CHECKOUT"] ?? ""}`);
        return;
    }
    for (const stack of ENVIRONMENTS.map(stackOf)) {
        if (objects("volume", stack).length > 0) await quai("down", stack, "--yes", "--delete-data", "--no-snapshot");
    }
    removeCheckout();
}
