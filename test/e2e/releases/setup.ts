import "./area";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkout, makeCheckout, quai, removeObjects, STACK } from "../support/checkout";
import { startPebble, stopPebble } from "./pebble";
import { settings } from "./stack";

/** Deploys the stack with an ACME server that isn't there yet: 10-certificates.test.ts judges what came of that. */
export default async function setup(): Promise<void> {
    if (process.env["QUAI_E2E_CHECKOUT"] !== undefined) {
        return; // Kept from an earlier run by QUAI_E2E_KEEP: see CONTRIBUTING.md.
    }
    stopPebble();
    removeObjects();
    makeCheckout();
    await startPebble();
    settings();
    const result = await quai("up", STACK, "--yes");
    writeFileSync(join(checkout(), ".quai", "first-up.json"), JSON.stringify(result));
    if (result.code !== 0) {
        throw new Error(`the first ./quai up ended with ${result.code}:\n${result.text.slice(-8000)}`);
    }
}
