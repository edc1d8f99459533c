import "./area";
import { join } from "node:path";
import { checkout, HTTP, HTTPS, type StackConfig, writeSettings } from "../support/checkout";
import { ACME_SERVER } from "./pebble";

/** Limits that a load from one address doesn't meet, and no work that the tests here don't look at. */
export function settings(more: StackConfig = {}): void {
    writeSettings({
        "quai:backup": false,
        // The ACME server, which is a container, must get in.
        "quai:ports": { http: HTTP, https: HTTPS, address: "0.0.0.0" },
        "quai:tls": { mode: "acme", email: "ops@quay.eu", server: ACME_SERVER, authority: join(checkout(), ".quai", "pebble.pem") },
        "quai:proxy": { requestsPerSecond: 100_000, burst: 100_000, drain: "20s" },
        ...more,
    });
}
