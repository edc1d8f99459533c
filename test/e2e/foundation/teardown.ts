import { isKept, quai, removeCheckout, STACK } from "../support/checkout";

/** QUAI_E2E_KEEP=1 leaves stack and checkout for a look; see CONTRIBUTING.md. */
export default async function teardown(): Promise<void> {
    if (isKept()) return;
    await quai("down", STACK, "--yes", "--delete-data");
    removeCheckout();
}
