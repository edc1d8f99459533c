import { spawn } from "node:child_process";
import { join } from "node:path";
import { checkout } from "./checkout";

const PID = "QUAI_E2E_RECORDER";

/** Where the processes of the run are noted: not among what the walk looks at, and removed with the checkout. */
export function processRecord(): string {
    return join(checkout(), "processes.jsonl");
}

/** Begins to note every process of the machine, for the search for secrets at the end. */
export function recordProcesses(): void {
    const child = spawn(process.execPath, [join(__dirname, "process-record.cjs"), processRecord()], { stdio: "ignore", detached: true });
    child.unref();
    process.env[PID] = String(child.pid);
}

export function endRecord(): void {
    const pid = Number(process.env[PID]);
    if (!(pid > 0)) return;
    try {
        process.kill(pid, "SIGTERM");
    } catch {
        // It has ended by itself.
    }
}
