import { docker, images, must, removeAll, until } from "./support/docker";
import { SCHEMA, type Status, TestStack } from "./support/stack";

jest.setTimeout(300_000);
let stack: TestStack;

beforeAll(async () => {
    stack = new TestStack(await images(), "serve");
    await stack.startServer();
    stack.sql("demo", SCHEMA);
}, 900_000);
afterAll(removeAll);

/** Time of day in Paris some seconds from now, HH:MM. */
const clock = (seconds: number) =>
    new Date(Date.now() + seconds * 1000).toLocaleTimeString("en-GB", { timeZone: "Europe/Paris", hour: "2-digit", minute: "2-digit" });
const health = () => docker(["exec", stack.backup, "quai-backup", "health"]);
const logs = () => must(["logs", stack.backup]).trim().split("\n");

test("R53, R61: a new stack: the first backup and drill within seconds, then one at the time of day, with no application there", async () => {
    stack.configure({ at: clock(100), drill: "weekly" });
    stack.startBackup("serve");
    await until("health", 60, () => health().status === 0);
    expect(health().stdout).toMatch(/^the last backup is of 20/);
    await until("the drill", 90, () => stack.ask<Status>("status").lastDrill?.ok);
    expect(stack.ask<Status>("status").lastDrill).toMatchObject({ ok: true, rows: 1385 });
    const first = stack.ask<Status>("status");
    expect(first).toMatchObject({ overdue: false, problems: [], last: { reason: "scheduled" } });

    const scheduled = await until("the scheduled backup", 180, () => {
        const last = stack.ask<Status>("status").last;
        return last !== null && last.time !== first.last?.time ? last : undefined;
    });
    const due = new Date(first.next).getTime();
    const late = new Date(scheduled.time).getTime() - due;
    expect(late).toBeGreaterThanOrEqual(0);
    expect(late).toBeLessThan(20_000);
    expect(new Date(stack.ask<Status>("status").next).getTime() - due).toBe(24 * 3600 * 1000);
});

test("R89: every line of its log is JSON with time, level and message", () => {
    for (const line of logs()) {
        const { time, level, message } = JSON.parse(line) as Record<string, unknown>;
        expect([line, time, typeof message, ["info", "warning", "error"].includes(String(level))]).toEqual([
            line,
            expect.stringMatching(/^20.*Z$/),
            "string",
            true,
        ]);
    }
});

test("R61: a restart with a young backup makes none; a lost state.json is found again in the repository", async () => {
    const { snapshot } = stack.ask<Status>("status").last ?? {};
    const count = stack.snapshots().length;
    stack.tamper("rm /backup/state.json");
    stack.startBackup("serve");
    await until("health", 60, () => health().status === 0);
    expect(stack.ask<Status>("status").last?.snapshot).toBe(snapshot);
    expect(stack.snapshots()).toHaveLength(count);
});

test("R61: without a database the first backup fails, health says why, and the next try is planned", async () => {
    stack.tamper(`sed -i 's/"time": "20../"time": "2019/' /backup/state.json`);
    stack.sql("postgres", "ALTER DATABASE demo RENAME TO elsewhere");
    stack.startBackup("serve");
    await until("the failure", 90, () => logs().some((line) => line.includes("tried again in 15 minutes")));
    const line = health();
    expect(line.status).toBe(1);
    expect(line.stdout).toContain('dump: there is no database "demo" on the server');
    expect(stack.ask<Status>("status").problems.length).toBeGreaterThanOrEqual(2);
    stack.sql("postgres", "ALTER DATABASE elsewhere RENAME TO demo");
});

test("R54: docker stop ends it promptly, a backup under way too, and nothing half-made remains", async () => {
    stack.sql(
        "demo",
        `SET ROLE demo_owner; CREATE TABLE bulk AS SELECT i, repeat(md5(i::text), 16) AS t FROM generate_series(1, 400000) i`,
    );
    const count = stack.snapshots().length;
    stack.startBackup("serve");
    await until("the dump", 60, () => docker(["exec", stack.backup, "test", "-d", "/backup/staging/snapshot/database"]).status === 0);
    const begun = Date.now();
    must(["stop", "--time", "30", stack.backup]);
    expect(Date.now() - begun).toBeLessThan(15_000);
    expect(must(["inspect", "-f", "{{.State.ExitCode}} {{.State.OOMKilled}}", stack.backup]).trim()).toBe("0 false");
    expect(stack.tamper("ls -A /backup/staging 2>/dev/null || true")).toBe("");
    stack.startBackup("idle");
    expect(stack.snapshots()).toHaveLength(count);
});
