import { parseSettings } from "../../../../infra/settings";
import { handOverPage } from "../../../../tools/cli/stack/hand-over";
import type { SecretRow } from "../../../../tools/cli/stack/secret-list";
import type { StackStatus } from "../../../../tools/cli/stack/status";

const OUTPUTS = ["application", "backupPassword", "passwords", "repository", "running", "secrets", "services", "stackId", "target", "urls"];
const secret = (name: string, kind: SecretRow["kind"], more: Partial<SecretRow> = {}): SecretRow => ({
    ...{ name, kind, rotatedOn: "2026-11-01", ageDays: 25, limitDays: 90, users: ["api"] },
    ...more,
});
const status: StackStatus = {
    stack: "demo-prod",
    application: "demo",
    target: "docker",
    urls: ["https://app.acme.net"],
    services: [{ name: "api", release: "3fa9c1d2", health: "healthy" }],
    certificate: null,
    disk: null,
    backups: { last: "2026-11-20T02:00:12Z", lastDrill: null, repository: "docker volume demo-prod-backup-repository" },
    secrets: [],
    problems: ["web is unhealthy: ./quai logs web --stack prod shows why"],
};
const page = (changes: object = {}) =>
    handOverPage({
        stack: "prod",
        settings: parseSettings({ "quai:application": "demo", "quai:environment": "development", ...changes }, { stack: "prod" }),
        status,
        secrets: [secret("databasePassword", "generated"), secret("smtpPassword", "given", { from: "op read …", users: [] })],
        outputs: OUTPUTS,
        now: new Date("2026-11-26T10:20:30Z"),
    });

describe("./quai status --page", () => {
    test("R129: addresses, where each secret is, the runbook, and every output", () => {
        const text = page();
        expect(text).toContain("# demo-prod\n\ndemo, development, as of 2026-11-26 10:20 UTC.");
        expect(text).toContain("- https://app.acme.net\n");
        expect(text).toContain("| `databasePassword` | generated | 2026-11-01 | api |\n| `smtpPassword` | op read … | 2026-11-01 | – |");
        expect(text).toContain("- web is unhealthy: ./quai logs web --stack prod shows why");
        expect(text).toContain("`./quai restore --stack prod <snapshot>`");
        expect(
            text
                .split("## Outputs")[1]
                ?.match(/`(\w+)`/g)
                ?.slice(-OUTPUTS.length),
        ).toEqual(OUTPUTS.map((name) => `\`${name}\``));
    });

    test("says what is missing: no copy off the host, no backup at all", () => {
        expect(page()).toContain("- Off the host: **nothing**; a lost machine is lost data.");
        expect(page({ "quai:backup": false })).toContain("**None**: `quai:backup: false`.");
    });

    test("rows of its tables aren't broken by what stands in them", () => {
        const rows = page()
            .split("\n")
            .filter((line) => line.startsWith("|"));
        expect(rows.filter((line) => !/^\|( .* \|)+$/.test(line))).toEqual([]);
    });
});
