import { docker, makeCheckout } from "../support/checkout";
import { equivalent } from "../support/images";
import { mkdirSync } from "node:fs";
import { ENVIRONMENTS, must, objects, offsite, stackOf, up, write } from "./stacks";

/** Deploys the three, from nothing. */
export default async function setup(): Promise<void> {
    process.env["QUAI_E2E_BASE"] = await equivalent("nginx");
    if (process.env["QUAI_E2E_CHECKOUT"] !== undefined) return; // Kept from an earlier run by QUAI_E2E_KEEP: see CONTRIBUTING.md.
    for (const stack of ENVIRONMENTS.map(stackOf)) {
        for (const name of objects("container", stack)) docker("rm", "--force", "--volumes", name);
        for (const name of objects("volume", stack)) docker("volume", "rm", name);
        for (const name of objects("network", stack)) docker("network", "rm", name);
    }
    makeCheckout();
    for (const environment of ENVIRONMENTS) {
        mkdirSync(offsite(environment), { recursive: true });
        write(environment);
    }
    for (const environment of ENVIRONMENTS) await must(up(environment));
}
