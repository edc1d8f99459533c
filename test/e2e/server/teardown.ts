import "./area";
import { removeCheckout } from "../support/checkout";
import { removeMachine } from "./machine";
import { MACHINE, SPARE } from "./stack";

export default function teardown(): void {
    if (process.env["QUAI_E2E_KEEP"] !== undefined) {
        console.log(`kept: ${process.env["QUAI_E2E_CHECKOUT"] ?? ""}`);
        return;
    }
    removeMachine(MACHINE);
    removeMachine(SPARE);
    removeCheckout();
}
