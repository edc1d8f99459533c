import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { checkout, mustUp, type StackConfig, writeSettings } from "../support/checkout";
import { BASE, PROPOSALS } from "./changes";
import { proposed } from "./propose";

/** QUAI_PREVIEW_CAPTURE=1 makes all and renews the fixtures of test/unit/cli/report; else a few, to see that reports still are what they were. */
const capture = process.env["QUAI_PREVIEW_CAPTURE"] !== undefined;
const FIXTURES = resolve(__dirname, "../../unit/cli/report/previews");
const FEW = ["nothing", "variable-that-looks-secret", "backups-off", "volume-renamed"];
const EXIT = { nothing: 0, safe: 2, downtime: 2, risk: 3, blocked: 1 };

/** The events without what a report doesn't need, and without this machine's folders. */
function portable(events: string): string {
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

async function deployed(settings: StackConfig): Promise<void> {
    writeSettings(settings);
    await mustUp();
}

describe("R106: reports of real previews", () => {
    test.each(PROPOSALS.filter(({ name }) => capture || FEW.includes(name)).map((each) => [each.name, each] as const))(
        "%s",
        async (name, proposal) => {
            const events = join(checkout(), ".quai", `${name}.events`);
            if (proposal.protect === true) await deployed({ ...BASE, "quai:protect": true });
            const result = await proposed(
                proposal,
                "preview",
                "--markdown",
                "--events",
                events,
                ...(proposal.offline === true ? ["--offline"] : []),
            );
            const [first = ""] = result.stdout.split("\n");
            expect([result.code, first]).toEqual([EXIT[proposal.level], expect.stringMatching(/^\S+ \*\*.+\*\*$/)]);
            expect(result.stdout).not.toMatch(/s3cr3t-enough|abcdef0123456789/);
            expect(existsSync(events)).toBe(true);
            const text = portable(readFileSync(events, "utf8"));
            expect(text).not.toContain(checkout());
            if (proposal.protect === true) await deployed(BASE);
            if (!capture) return;
            mkdirSync(FIXTURES, { recursive: true });
            writeFileSync(join(FIXTURES, `${name}.jsonl.gz`), gzipSync(text, { level: 9 }));
        },
    );
});
