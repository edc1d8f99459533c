import "./area";
import { isKept, quai, removeCheckout, STACK } from "../support/checkout";
import { stopPebble } from "./pebble";

export default async function teardown(): Promise<void> {
    if (isKept()) return;
    stopPebble();
    await quai("down", STACK, "--yes", "--delete-data");
    removeCheckout();
}
