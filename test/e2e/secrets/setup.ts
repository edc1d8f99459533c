import "./area";
import { makeCheckout, mustUp, removeObjects } from "../support/checkout";
import { settings } from "./stack";

/** Deploys the stack once. */
export default async function setup(): Promise<void> {
    if (process.env["QUAI_E2E_CHECKOUT"] !== undefined) {
        return; // Kept from an earlier run by QUAI_E2E_KEEP: see CONTRIBUTING.md.
    }
    removeObjects();
    makeCheckout();
    settings();
    await mustUp();
}
