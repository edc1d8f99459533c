import { docker, images, removeAll, until } from "./support/docker";
import { type Backup, CONTENT, FILES, SCHEMA, type Status, TestStack } from "./support/stack";

jest.setTimeout(300_000);
let stack: TestStack;

/** Enough rows that a dump takes a while. */
const BULK = `SET ROLE demo_owner; CREATE TABLE bulk AS SELECT i, repeat(md5(i::text), 16) AS t FROM generate_series(1, 400000) i`;
/** Runs a shell command for each process of that name whose arguments have a word. */
const each = (comm: string, word: string, command: string) =>
    `for p in /proc/[0-9]*; do if [ "$(cat $p/comm 2>/dev/null)" = ${comm} ] && tr '\\0' ' ' <$p/cmdline | grep -q -- ' ${word}'; then pid=\${p#/proc/}; ${command}; fi; done`;
/** Waits until the dump has written some data, then runs a command. */
const midway = (command: string) => `
for i in $(seq 1 3000); do
    if [ -n "$(find /backup/staging/snapshot/database -name '*.dat' -size +1000k 2>/dev/null)" ]; then ${command}; exit 0; fi
    sleep 0.01
done; echo never; exit 1`;
const processes = () => stack.sh(`cat /proc/[0-9]*/comm | grep -cE 'pg_dump|restic|psql' || true`).trim();

beforeAll(async () => {
    stack = new TestStack(await images(), "failures");
    stack.configure();
    await stack.startServer();
    stack.sql("demo", SCHEMA);
    stack.sql("demo", BULK);
    stack.startBackup("idle");
    stack.sh(FILES);
}, 900_000);
afterAll(removeAll);

function expectNothingHalfMade(snapshots: number): void {
    expect(stack.snapshots()).toHaveLength(snapshots);
    expect(stack.sh("ls -A /backup/staging 2>/dev/null || true")).toBe("");
}

test("R54: pg_dump killed midway: no snapshot, exit status 1, the error is recorded and the next backup is good", async () => {
    const running = stack.toolBeside("now");
    stack.sh(midway(each("pg_dump", "--snapshot", "kill -9 $pid; break")));
    const run = await running;
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/error: dump: pg_dump (was killed by signal 9|ended with status)/);
    expectNothingHalfMade(0);
    expect(stack.ask<Status>("status").problems.join()).toMatch(/the last backup failed: dump: pg_dump/);
    stack.ask<Backup>("now");
    expectNothingHalfMade(1);
    expect(stack.ask<Status>("status").lastError).toBeNull();
});

test("R54: the tool itself killed with -9: none of its processes goes on, nothing blocks the next backup", async () => {
    const running = stack.toolBeside("now");
    stack.sh(midway(each("quai-backup", "now", "kill -9 $pid")));
    expect((await running).status).not.toBe(0);
    await until("the end of its processes", 10, () => processes() === "0");
    expect(stack.snapshots()).toHaveLength(1);
    stack.ask<Backup>("now");
    expectNothingHalfMade(2);
});

test("R54: SIGTERM ends a backup under way cleanly", async () => {
    const running = stack.toolBeside("now");
    stack.sh(midway(each("quai-backup", "now", "kill -TERM $pid")));
    const run = await running;
    expect(run.status).toBe(143);
    expect(run.stderr).toContain("stopped by SIGTERM; nothing half-made remains");
    expect(processes()).toBe("0");
    expectNothingHalfMade(2);
});

test("R54: two at once: the second says what runs and ends with 75; with --wait it waits its turn", async () => {
    const first = stack.toolBeside("now");
    await until(
        "the first backup's start",
        20,
        () => docker(["exec", stack.backup, "test", "-d", "/backup/staging/snapshot"]).status === 0,
    );
    const second = stack.tool("now");
    expect(second.status).toBe(75);
    expect(second.stderr).toMatch(/error: a backup \(manual\) is running since 20.*wait for its end, or give --wait SECONDS/);
    const third = await stack.toolBeside("now", "--reason", "before-migration", "--wait", "200");
    expect([(await first).status, third.status]).toEqual([0, 0]);
    expect(stack.snapshots().map((each) => each.reason)).toEqual(["manual", "manual", "manual", "before-migration"]);
});

test("R54: a file that can't be read makes no incomplete snapshot; one removed meanwhile does no harm", () => {
    const count = stack.snapshots().length;
    // A program in the place of restic that reports a file as restic does when it can't read it.
    const wrapper = (path: string) => `mkdir -p /backup/bin; cat >/backup/bin/restic <<'END'
#!/bin/bash
/usr/bin/restic "$@"; status=$?
case " $* " in *" backup "*) echo '{"message_type":"error","error":{},"during":"archival","item":"${path}"}' >&2; exit 3;; esac
exit $status
END
chmod 755 /backup/bin/restic; PATH=/backup/bin:$PATH quai-backup now`;
    const run = docker(["exec", stack.backup, "bash", "-c", wrapper("/files/uploads/a/b/x")]);
    expect(run.status).toBe(1);
    expect(run.stderr).toContain("snapshot: not all files could be read, so it was removed again: /files/uploads/a/b/x");
    expect(stack.snapshots()).toHaveLength(count);
    expect(docker(["exec", stack.backup, "bash", "-c", wrapper("/files/uploads/gone")]).status).toBe(0);
    expect(stack.snapshots()).toHaveLength(count + 1);
    stack.sh("rm -r /backup/bin");
});

test("R59: prepare killed midway is begun anew; a swap cut off after the database goes on; nothing else may come between", async () => {
    const content = stack.sql("demo", CONTENT);
    const files = stack.filesText();
    const running = stack.toolBeside("restore", "prepare");
    await until("the restored database", 60, () => stack.databases().includes("demo_restore"));
    stack.sh(each("quai-backup", "prepare", "kill -9 $pid"));
    await running;
    await until("the end of its processes", 10, () => processes() === "0");
    stack.ask("restore", "prepare");
    stack.sql("demo", "DELETE FROM notes");
    stack.sh("printf x >/files/uploads/since");

    // As a swap leaves it that is killed after the renames of the databases.
    stack.sh(`sed -i '1a "stamp": "20990101000000",' /backup/restore.json`);
    stack.sql("postgres", `ALTER DATABASE demo RENAME TO demo_before_20990101000000; ALTER DATABASE demo_restore RENAME TO demo`);
    for (const words of [
        ["restore", "prepare"],
        ["restore", "discard"],
        ["restore", "undo"],
    ]) {
        const refused = stack.tool(...words);
        expect(refused.stderr).toContain("an exchange was cut off: run `restore swap` again, it goes on where it stopped");
        expect(refused.status).toBe(1);
    }
    stack.ask("restore", "swap");
    expect(stack.sql("demo", CONTENT)).toBe(content);
    expect(stack.filesText()).toBe(files);
    stack.ask("restore", "undo");
    expect(stack.sql("demo", "SELECT count(*) FROM notes")).toBe("0");
    expect(stack.sh("cat /files/uploads/since")).toBe("x");
});

test("R59: when the files can't be exchanged, the database is back as it was", () => {
    stack.ask("restore", "prepare");
    const before = { notes: stack.sql("demo", "SELECT count(*) FROM notes"), databases: stack.databases() };
    stack.startBackup("idle", { filesReadOnly: true });
    const run = stack.tool("restore", "swap");
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(
        /restore swap: .*Read-only file system.*\nEverything is as it was before the swap; what was prepared is still there/,
    );
    expect({ notes: stack.sql("demo", "SELECT count(*) FROM notes"), databases: stack.databases() }).toEqual(before);
    stack.startBackup("idle");
    stack.ask("restore", "swap");
    expect(stack.sql("demo", "SELECT count(*) FROM notes")).toBe("1000");
});

test("R60, R61: a damaged repository fails the drill, says so, and nothing is forgotten from then on", () => {
    const count = stack.snapshots().length;
    stack.tamper(
        `for f in $(find /backup/repository/data -type f -size +20k); do chmod u+w $f; printf 'damaged' | dd of=$f bs=1 seek=10000 conv=notrunc status=none; done`,
    );
    const drill = stack.tool("drill");
    expect(drill.status).toBe(1);
    expect(drill.stderr).toMatch(/error: drill failed: drill: restic ended with status 1/);
    const status = stack.ask<Status>("status");
    expect(status.lastDrill).toMatchObject({ ok: false });
    expect(status.problems.join()).toContain("the last drill failed: drill: restic");
    expect(stack.databases()).not.toContain("demo_drill");
    expect(stack.tool("restore", "prepare").status).toBe(1);
    expect(stack.databases()).not.toContain("demo_restore");
    const now = stack.tool("now");
    expect(now.stderr).toContain("nothing is forgotten while the last drill has failed");
    expect(stack.snapshots().length).toBe(count + 1);
});

test("R60: a damaged repository is given up in the documented way: never by itself, and then with a backup at once", async () => {
    stack.tamper("rm -rf /backup/old; mv /backup/repository /backup/old");
    const refused = stack.tool("now");
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(
        /local repository: \/backup\/repository held one \(id [0-9a-f]{8}\) and is empty now: .*remove "local" from repositories/,
    );
    stack.sh(`python3 - <<'END'
import json
with open("/backup/state.json") as file: state = json.load(file)
del state["repositories"]["local"]
with open("/backup/state.json", "w") as file: json.dump(state, file)
END`);
    stack.startBackup("serve");
    await until("the new backup", 120, () => stack.ask<Status>("status").last?.reason === "scheduled");
    stack.startBackup("idle");
    expect(stack.snapshots()).toHaveLength(1);
});

test("R60: a dump that lost rows fails the drill, which names the table", () => {
    stack.ask<Backup>("now");
    // The same snapshot again with a manifest that counts one row more than the dump has.
    stack.sh(`
restic() { command restic -q --no-cache -r /backup/repository -p /run/secrets/repository-password "$@"; }
restic restore latest --target /backup/x; rm -rf /backup/staging; mkdir -p /backup/staging; mv /backup/x/backup/staging/snapshot /backup/staging/
sed -i 's/"public\\\\".\\\\"notes\\\\"": 1000/"public\\\\".\\\\"notes\\\\"": 1001/' /backup/staging/snapshot/manifest.json; grep -c 1001 /backup/staging/snapshot/manifest.json
restic backup --host quaitest-dev --tag quai /backup/staging/snapshot; rm -rf /backup/x /backup/staging`);
    const drill = stack.tool("drill");
    expect(drill.status).toBe(1);
    expect(drill.stderr).toContain(`what arrived is not what was backed up:\n"public"."notes": 1000 rows instead of 1001`);
});
