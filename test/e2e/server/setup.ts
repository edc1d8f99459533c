import "./area";
import { HTTP, HTTPS, makeCheckout } from "../support/checkout";
import { equivalent } from "../support/images";
import { buildMachineImage, startMachine } from "./machine";
import { key, MACHINE, SPARE, SPARE_SSH, SSH } from "./stack";

/** Two bare machines; what becomes of them is what the tests are about. */
export default async function setup(): Promise<void> {
    if (process.env["QUAI_E2E_CHECKOUT"] !== undefined) {
        return; // Kept from an earlier run by QUAI_E2E_KEEP: see CONTRIBUTING.md.
    }
    makeCheckout();
    buildMachineImage(await equivalent("debian"));
    startMachine(MACHINE, key(), { ssh: SSH, ports: [HTTP, HTTPS] });
    startMachine(SPARE, key(), { ssh: SPARE_SSH, smallDisk: "64m" });
}
