import { join } from "node:path";
import { checkout } from "./checkout";

/** What is run meanwhile, and each process that it starts here, begins at another time; containers don't. */
export async function atTime<T>(time: string, run: () => Promise<T>): Promise<T> {
    const before = { ...process.env };
    process.env["NODE_OPTIONS"] = `--require ${join(checkout(), "test/e2e/support/clock.cjs")}`;
    process.env["QUAI_TEST_CLOCK"] = time;
    try {
        return await run();
    } finally {
        process.env = before;
    }
}
