import "./stack";
import { makeCheckout, mustUp, removeObjects, writeSettings } from "../support/checkout";
import { BASE } from "./changes";

/** Deploys the demonstration once; every test previews changes of it, and few are applied. */
export default async function setup(): Promise<void> {
    if (process.env["QUAI_E2E_CHECKOUT"] !== undefined) return; // Kept from an earlier run by QUAI_E2E_KEEP: see CONTRIBUTING.md.
    removeObjects();
    makeCheckout();
    writeSettings(BASE);
    await mustUp();
}
