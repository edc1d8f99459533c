import { isKept, removeCheckout } from "../support/checkout";

export default function teardown(): void {
    if (!isKept()) removeCheckout();
}
