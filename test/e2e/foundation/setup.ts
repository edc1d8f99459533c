import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkout, HTTP, HTTPS, makeCheckout, quai, removeObjects, STACK, writeSettings } from "../support/checkout";

/** Makes the checkout and deploys the stack once, from nothing, as a user would. 10-first-up.test.ts judges what it printed. */
export default async function setup(): Promise<void> {
    if (process.env["QUAI_E2E_CHECKOUT"] !== undefined) {
        return; // Kept from an earlier run by QUAI_E2E_KEEP: see CONTRIBUTING.md.
    }
    removeObjects();
    makeCheckout();
    writeSettings();
    const result = await quai("up", STACK, "--yes");
    writeFileSync(join(checkout(), ".quai", "first-up.json"), JSON.stringify(result));
    if (result.code !== 0) {
        throw new Error(`the first ./quai up on ports ${HTTP} and ${HTTPS} ended with ${result.code}:\n${result.text.slice(-8000)}`);
    }
}
