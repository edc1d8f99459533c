import { makeCheckout } from "../support/checkout";

/** A checkout of its own; each test file deploys and removes its systems. */
export default function setup(): void {
    if (process.env["QUAI_E2E_CHECKOUT"] === undefined) makeCheckout();
}
