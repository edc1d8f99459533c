import "./stack";
import { isKept, quai, removeCheckout, STACK, writeSettings } from "../support/checkout";
import { BASE } from "./changes";

export default async function teardown(): Promise<void> {
    if (isKept()) return;
    writeSettings(BASE);
    await quai("down", STACK, "--yes", "--delete-data");
    removeCheckout();
}
