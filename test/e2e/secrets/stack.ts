import "./area";
import { offsite, type StackConfig, writeSettings } from "../support/checkout";

/** Limits that a load from one address doesn't meet; backups with an off-site copy, as both have a password. */
export function settings(more: StackConfig = {}): void {
    writeSettings({
        "quai:backup": { keep: { daily: 3, weekly: 0, monthly: 0 }, drill: "never", offsite: { repository: offsite() } },
        "quai:proxy": {
            requestsPerSecond: 100_000,
            burst: 100_000,
            login: { requestsPerMinute: 100_000, burst: 10_000 },
            drain: "10s",
        },
        // A token must outlive two rotations, however busy the machine is.
        "quai:services": {
            scheduler: { env: { SCHEDULE_SECONDS: "2" } },
            api: { env: { TOKEN_SECONDS: "7200" }, health: { timeout: "2s", retries: 3, startPeriod: "10s" } },
        },
        ...more,
    });
}
