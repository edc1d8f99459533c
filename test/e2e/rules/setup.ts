import { makeCheckout, removeObjects } from "../support/checkout";
import { equivalent } from "../support/images";
import { recordProcesses } from "../support/record";
import { mkdirSync } from "node:fs";
import { ENVIRONMENTS, must, offsite, stackOf, up, write } from "./stacks";

/** Deploys the three, from nothing. */
export default async function setup(): Promise<void> {
    process.env["QUAI_E2E_BASE"] = await equivalent("nginx");
    if (process.env["QUAI_E2E_CHECKOUT"] !== undefined) return recordProcesses(); // Kept from an earlier run by QUAI_E2E_KEEP: see CONTRIBUTING.md.
    for (const stack of ENVIRONMENTS.map(stackOf)) removeObjects(stack);
    makeCheckout();
    recordProcesses();
    for (const environment of ENVIRONMENTS) {
        mkdirSync(offsite(environment), { recursive: true });
        write(environment);
    }
    for (const environment of ENVIRONMENTS) await must(up(environment));
}
