import { removeCheckout } from "../support/checkout";

export default function teardown(): void {
    if (process.env["QUAI_E2E_KEEP"] === undefined) removeCheckout();
    else console.log(`kept: ${process.env["QUAI_E2E_CHECKOUT"] ?? ""}`);
}
