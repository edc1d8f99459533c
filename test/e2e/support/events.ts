import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { checkout } from "./checkout";

const FIXTURES = resolve(__dirname, "../../unit/cli/report/previews");

/** An engine's events without what a report doesn't need, and without this machine's folders. */
export function portable(events: string): string {
    return events
        .split("\n")
        .filter((line) => line.startsWith("{") && !line.includes('"severity":"debug"'))
        .map((line) =>
            line
                .replaceAll(checkout(), "/checkout")
                .replace(/"timestamp":\d+/, '"timestamp":0')
                .replace(/"durationSeconds":\d+/, '"durationSeconds":0'),
        )
        .join("\n");
}

/** For the unit tests, which make the report of it that a person has read. */
export function keepEvents(name: string, events: string): void {
    mkdirSync(FIXTURES, { recursive: true });
    writeFileSync(join(FIXTURES, `${name}.jsonl.gz`), gzipSync(portable(events), { level: 9 }));
}
