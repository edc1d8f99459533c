import "./area";
import { quai, removeCheckout, STACK } from "../support/checkout";

export default async function teardown(): Promise<void> {
    if (process.env["QUAI_E2E_KEEP"] !== undefined) {
        console.log(`kept: ${process.env["QUAI_E2E_CHECKOUT"] ?? ""}`);
        return;
    }
    await quai("down", STACK, "--yes", "--delete-data");
    removeCheckout();
}
