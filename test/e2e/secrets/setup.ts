import "./area";
import { docker, makeCheckout, mustUp, objects } from "../support/checkout";
import { settings } from "./stack";

/** Deploys the stack once. */
export default async function setup(): Promise<void> {
    if (process.env["QUAI_E2E_CHECKOUT"] !== undefined) {
        return; // Kept from an earlier run by QUAI_E2E_KEEP: see CONTRIBUTING.md.
    }
    for (const name of objects("container")) docker("rm", "--force", "--volumes", name);
    for (const name of objects("volume")) docker("volume", "rm", name);
    for (const name of objects("network")) docker("network", "rm", name);
    makeCheckout();
    settings();
    await mustUp();
}
