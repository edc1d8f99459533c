import { images, removeAll, docker, must, sleep } from "./support/docker";
import { type Backup, CONTENT, FILES, SCHEMA, type Status, TestStack } from "./support/stack";

jest.setTimeout(300_000);
let stack: TestStack;

beforeAll(async () => {
    stack = new TestStack(await images(), "cycle");
    stack.configure();
    await stack.startServer();
    stack.sql("demo", SCHEMA);
    stack.startBackup("idle");
    stack.sh(FILES);
}, 900_000);
afterAll(removeAll);

let content: string;
let files: string;
let first: Backup;

test("R54, R56: a backup is one snapshot of the database and the files, and nothing is left beside it", () => {
    content = stack.sql("demo", CONTENT);
    files = stack.filesText();
    first = stack.ask<Backup>("now");
    const snapshots = stack.snapshots();
    expect(snapshots).toMatchObject([{ id: first.snapshot, reason: "manual", rows: 1385, files: 3 }]);
    expect(stack.sh("ls -A /backup/staging 2>/dev/null || true")).toBe("");
    const inside = stack.sh(`restic -q --no-cache -r /backup/repository -p /run/secrets/repository-password ls ${first.snapshot}`);
    expect(inside).toContain("/backup/staging/snapshot/manifest.json");
    expect(inside).toContain("/backup/staging/snapshot/database/toc.dat");
    expect(inside).toContain("/files/uploads/a/b/x");
});

test("R62: an unchanged file is stored once, and an unchanged database almost costs nothing", () => {
    stack.sh("head -c 20000000 /dev/urandom >/files/uploads/big");
    const withFile = stack.ask<Backup>("now");
    const before = Number(stack.sh("du -sb /backup/repository | cut -f1"));
    const again = stack.ask<Backup>("now");
    const after = Number(stack.sh("du -sb /backup/repository | cut -f1"));
    expect(withFile.added).toBeGreaterThan(20_000_000);
    expect(again.bytes).toBeGreaterThan(20_000_000);
    expect(again.added).toBeLessThan(100_000);
    expect(after - before).toBeLessThan(100_000);
    stack.sh("rm /files/uploads/big");
});

test("R59: prepare touches nothing that runs, proves what it restored, and swap puts it in place", async () => {
    stack.sql("demo", "DELETE FROM notes WHERE id > 10; DROP TABLE measures; INSERT INTO notes (body) VALUES ('since')");
    stack.sh("cd /files/uploads; rm -r a/b; printf changed >'odd [n]ame*'; printf new >since; chmod 0700 .");
    const changed = { content: stack.sql("demo", "TABLE notes"), files: stack.filesText() };
    const prepared = stack.ask<{ snapshot: string; database: { rows: number }; files: object }>(
        "restore",
        "prepare",
        "--snapshot",
        first.snapshot.slice(0, 10),
    );
    expect(prepared).toMatchObject({ snapshot: first.snapshot, database: { rows: 1385 }, files: { uploads: { count: 3 } } });
    expect({ content: stack.sql("demo", "TABLE notes"), files: stack.filesText() }).toEqual(changed);

    const session = must(["exec", "-d", stack.server, "psql", "-U", "postgres", "-d", "demo", "-c", "SELECT pg_sleep(600)"]);
    expect(session).toBe("");
    await sleep(1000);
    const swapped = stack.ask<{ stamp: string }>("restore", "swap");
    expect(stack.sql("demo", CONTENT)).toBe(content);
    expect(stack.filesText()).toBe(files);
    expect(stack.databases()).toEqual(["demo", `demo_before_${swapped.stamp}`]);
});

test("R45, R59: what was replaced is for the administrator alone, and undo puts it back; undo again is a redo", () => {
    const before = stack.databases()[1] ?? "";
    expect(stack.sql("postgres", `SELECT datconnlimit FROM pg_database WHERE datname = '${before}'`)).toBe("0");
    stack.ask("restore", "undo");
    expect(stack.sql("demo", "SELECT count(*) FROM notes")).toBe("11");
    expect(stack.sh("cat /files/uploads/since; stat -c %a /files/uploads")).toBe("new2700\n");
    stack.ask("restore", "undo");
    expect(stack.sql("demo", CONTENT)).toBe(content);
    expect(stack.filesText()).toBe(files);
    expect(stack.databases()).toHaveLength(2);
});

test("R59: restores into a server without the database and without files, only a part of it, and keeps one replaced state", () => {
    stack.sql("postgres", `DROP DATABASE demo WITH (FORCE)`);
    for (const name of stack.databases()) stack.sql("postgres", `DROP DATABASE "${name}" WITH (FORCE)`);
    stack.sql("postgres", "DROP ROLE reporting");
    stack.sh("rm -rf /files/uploads/* /files/uploads/.quai-*");
    stack.ask("restore", "prepare", "--snapshot", first.snapshot, "--only", "database");
    stack.ask("restore", "swap");
    expect(stack.sql("demo", CONTENT)).toBe(content);
    expect(stack.sql("postgres", "SELECT rolcanlogin FROM pg_roles WHERE rolname = 'reporting'")).toBe("f");
    expect(stack.sh("ls -A /files/uploads")).toBe("");
    expect(stack.databases()).toEqual(["demo"]);

    stack.ask("restore", "prepare", "--snapshot", first.snapshot, "--only", "files");
    expect(stack.databases()).toEqual(["demo"]);
    stack.ask("restore", "swap");
    expect(stack.filesText()).toBe(files);
    for (let number = 0; number < 2; number += 1) {
        stack.ask("restore", "prepare", "--snapshot", first.snapshot);
        stack.ask("restore", "swap");
    }
    expect(stack.databases()).toHaveLength(2);
    expect(stack.sh("ls -d /files/uploads/.quai-* | wc -l")).toBe("1\n");
    expect(stack.sql("demo", CONTENT)).toBe(content);
});

test("R59: discard drops what was prepared; swap without anything prepared is refused", () => {
    stack.ask("restore", "prepare", "--snapshot", first.snapshot);
    expect(stack.databases()).toContain("demo_restore");
    must(["exec", stack.backup, "quai-backup", "restore", "discard"]);
    expect(stack.databases()).not.toContain("demo_restore");
    expect(stack.sh("ls -A /files/uploads | grep -c restore || true")).toBe("0\n");
    const swap = stack.tool("restore", "swap");
    expect(swap.status).toBe(1);
    expect(swap.stderr).toBe("error: restore swap: nothing is prepared: run `restore prepare` first\n");
});

test("R59: a snapshot that isn't there, or is meant twice, is an error that lists the ones there are", () => {
    const run = stack.tool("restore", "prepare", "--snapshot", "zzzz");
    expect(run.status).toBe(1);
    expect(run.stderr).toContain(`--snapshot: none begins with "zzzz" (the newest are `);
    expect(run.stderr).toContain(first.snapshot.slice(0, 8));
});

test("R60: a drill restores database and files elsewhere, compares them, leaves nothing, and is recorded", () => {
    stack.ask("now");
    const databases = stack.databases();
    stack.ask("drill");
    const status = stack.ask<Status>("status");
    expect(status.lastDrill).toMatchObject({ ok: true, tables: 5, rows: 1385, files: 3, error: null, repository: "local" });
    expect(status.problems).toEqual([]);
    expect(stack.databases()).toEqual(databases);
    expect(stack.sh("ls -A /backup/staging 2>/dev/null || true")).toBe("");
    expect(stack.tool("check").status).toBe(0);
});

test("R54: nothing of the passwords shows in messages, logs, or the arguments of a process", async () => {
    const running = stack.toolBeside("now");
    const seen = stack.sh(
        "for i in $(seq 1 150); do cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '; sleep 0.02; done; cat /backup/log/quai-backup.log",
    );
    const run = await running;
    expect(run.status).toBe(0);
    expect(seen).toMatch(/restic/);
    expect(seen + run.stdout + run.stderr).not.toContain("first-repository-password");
    expect(docker(["inspect", stack.backup]).stdout).not.toContain("first-repository-password");
});
