import { images, must, removeAll } from "./support/docker";
import { PASSWORD, SCHEMA, STACK, TestStack } from "./support/stack";

jest.setTimeout(1_500_000);
const DAYS = 400;
let stack: TestStack;

beforeAll(async () => {
    stack = new TestStack(await images(), "retention");
    stack.configure();
    await stack.startServer();
    stack.sql("demo", SCHEMA);
    // restic measures the machine and picks how much work a password takes: on a slow one each of the 400 calls takes less.
    const mount = ["-v", `${stack.volume("repository")}:/backup`, "-v", `${stack.volume("secrets")}:/run/secrets:ro`];
    const slow = [
        "run",
        "--rm",
        "--cpus",
        "0.05",
        "-e",
        "RESTIC_PASSWORD_FILE=/run/secrets/repository-password",
        ...mount,
        "--entrypoint",
        "restic",
    ];
    must([...slow, stack.images.backup, "init", "--no-cache", "--repo", "/backup/repository"]);
    stack.startBackup("idle");
}, 900_000);
afterAll(removeAll);

/** Calendar day in Paris, as a number of days. */
function parisDay(time: Date): number {
    const [year, month, day] = time.toLocaleDateString("en-CA", { timeZone: "Europe/Paris" }).split("-").map(Number);
    return Date.UTC(year ?? 0, (month ?? 1) - 1, day) / 86_400_000;
}

/** What must stay, by its own reasoning: the newest of each of the last n days, weeks from Monday, months that have one; all of the last `within`. */
function kept(times: readonly Date[], keep: { daily: number; weekly: number; monthly: number }, within: number): Date[] {
    const newest = [...times].sort((a, b) => b.getTime() - a.getTime());
    const stay = new Set(newest.slice(0, 1));
    const last = newest[0]?.getTime() ?? 0;
    for (const time of newest) if (time.getTime() > last - within) stay.add(time);
    const spans: [number, (time: Date) => string | number][] = [
        [keep.daily, parisDay],
        // 1 January 1970 was a Thursday: days 4, 11, … are Mondays.
        [keep.weekly, (time) => Math.floor((parisDay(time) + 3) / 7)],
        [keep.monthly, (time) => time.toLocaleDateString("en-CA", { timeZone: "Europe/Paris" }).slice(0, 7)],
    ];
    for (const [number, span] of spans) {
        const seen = new Set<string | number>();
        for (const time of newest) {
            if (seen.size < number && !seen.has(span(time))) {
                seen.add(span(time));
                stay.add(time);
            }
        }
    }
    return newest.filter((time) => stay.has(time)).reverse();
}

const seconds = (time: Date | string) => Math.floor(new Date(time).getTime() / 1000);

test(`R55: of ${DAYS} simulated days exactly 7 daily, 4 weekly and 12 monthly stay, the newest always`, () => {
    const today = parisDay(new Date());
    const lines = Array.from({ length: DAYS }, (_, index) => new Date((today - DAYS + index) * 86_400_000).toISOString().slice(0, 10));
    stack.sh(
        `export TZ=Europe/Paris; mkdir -p /tmp/x; printf x >/tmp/x/file; xargs -P 4 -I DAY restic -q --no-cache -r /backup/repository -p /run/secrets/repository-password backup --host ${STACK} --tag quai --time 'DAY 02:00:00' /tmp/x`,
        lines.join("\n"),
    );
    const before = stack.snapshots().map((each) => new Date(each.time));
    expect(before).toHaveLength(DAYS);
    const made = stack.ask<{ snapshot: string }>("now");
    const after = stack.snapshots();
    const newest = after.at(-1);
    expect(newest?.id).toBe(made.snapshot);
    const expected = kept([...before, new Date(newest?.time ?? 0)], { daily: 7, weekly: 4, monthly: 12 }, 24 * 3600 * 1000);
    expect(after.map((each) => seconds(each.time))).toEqual(expected.map(seconds));
    expect(expected.length).toBeGreaterThanOrEqual(18);
    expect(expected.length).toBeLessThanOrEqual(24);
});

test("R55: thirty days and nothing else; another stack's snapshots in the same repository are none of ours", () => {
    stack.configure({ keep: { daily: 0, weekly: 0, monthly: 0, days: 30 } });
    const restic = "restic -q --no-cache -r /backup/repository -p /run/secrets/repository-password";
    stack.sh(`mkdir -p /tmp/x; printf x >/tmp/x/file; ${restic} backup --host other-dev --tag quai --time '2020-01-01 02:00:00' /tmp/x`);
    const before = stack.snapshots().map((each) => new Date(each.time));
    stack.ask("now");
    const after = stack.snapshots();
    const newest = new Date(after.at(-1)?.time ?? 0);
    const expected = kept([...before, newest], { daily: 0, weekly: 0, monthly: 0 }, 30 * 24 * 3600 * 1000);
    expect(after.map((each) => seconds(each.time))).toEqual(expected.map(seconds));
    expect(stack.sh(`${restic} snapshots --json --host other-dev | grep -o '"short_id"' | wc -l`)).toBe("1\n");
    expect(PASSWORD.length).toBeGreaterThan(20);
});

test("R55: after years without a backup the old ones stay, whatever the days say", () => {
    stack.configure({ keep: { daily: 7, weekly: 0, monthly: 0, days: null } });
    stack.sh(
        `export TZ=Europe/Paris; restic="restic -q --no-cache -r /backup/repository -p /run/secrets/repository-password"; ` +
            `for id in $($restic snapshots --json --host ${STACK} | grep -o '"short_id":"[0-9a-f]*"' | cut -d'"' -f4); do $restic forget $id; done; mkdir -p /tmp/x; ` +
            `for day in 01 02 03 04 05 06 07 08 09 10; do $restic backup --host ${STACK} --tag quai --time "2020-01-$day 02:00:00" /tmp/x; done`,
    );
    stack.ask("now");
    const days = stack.snapshots().map((each) => each.time.slice(0, 10));
    expect(days.slice(0, -1)).toEqual(["05", "06", "07", "08", "09", "10"].map((day) => `2020-01-${day}`));
});
