import "./stack";
import { quai, removeCheckout, STACK, writeSettings } from "../support/checkout";
import { BASE } from "./changes";

export default async function teardown(): Promise<void> {
    if (process.env["QUAI_E2E_KEEP"] !== undefined) {
        console.log(`kept: ${process.env["QUAI_E2E_CHECKOUT"] ?? ""}`);
        return;
    }
    writeSettings(BASE);
    await quai("down", STACK, "--yes", "--delete-data");
    removeCheckout();
}
