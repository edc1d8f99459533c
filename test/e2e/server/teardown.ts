import "./area";
import { isKept, removeCheckout } from "../support/checkout";
import { removeMachine, removeNetwork } from "./machine";
import { MACHINE, SPARE } from "./stack";

export default function teardown(): void {
    if (isKept()) return;
    removeMachine(MACHINE);
    removeMachine(SPARE);
    removeNetwork();
    removeCheckout();
}
