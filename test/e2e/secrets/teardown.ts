import "./area";
import { isKept, quai, removeCheckout, STACK } from "../support/checkout";

export default async function teardown(): Promise<void> {
    if (isKept()) return;
    await quai("down", STACK, "--yes", "--delete-data");
    removeCheckout();
}
