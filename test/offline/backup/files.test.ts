import { images, removeAll } from "./support/docker";
import { type Backup, type Status, TestStack } from "./support/stack";

jest.setTimeout(300_000);
let stack: TestStack;

/** Python's own SQLite in the tool's container, as another user's process would use it. */
const sqlite = (program: string): string =>
    stack.sh(`python3 -c "import sqlite3; db = sqlite3.connect('/files/uploads/app.db', isolation_level=None); ${program}"`).trim();
const rows = (): string => sqlite("print(db.execute('SELECT count(*) FROM notes').fetchone()[0])");
const raw = (snapshot: string): string =>
    stack.sh(`restic -q --no-cache -r /backup/repository -p /run/secrets/repository-password ls ${snapshot}`);

beforeAll(async () => {
    stack = new TestStack(await images("debian"), "files");
    stack.configure({ database: null });
    stack.startBackup("idle");
    stack.sh("mkdir -p /files/uploads/pictures; printf one >/files/uploads/pictures/one; chown -R 1000:1000 /files/uploads");
    sqlite("db.execute('PRAGMA journal_mode=wal'); db.execute('CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT)')");
    stack.sh("chown 1000:1000 /files/uploads/app.db*; chmod 0640 /files/uploads/app.db");
}, 900_000);
afterAll(removeAll);

let first: Backup;

test("R52, R56: without PostgreSQL a snapshot holds the files, and of SQLite a copy that SQLite made", () => {
    // A writer that is still there: what it wrote last is in its log, not in the file.
    stack.sh(`python3 - <<'END' >/tmp/writer 2>&1 &
import sqlite3, time
db = sqlite3.connect("/files/uploads/app.db", isolation_level=None)
db.execute("PRAGMA wal_autocheckpoint=0")
db.executemany("INSERT INTO notes (body) VALUES (?)", [(f"note {i}",) for i in range(1000)])
print("written", flush=True)
time.sleep(600)
END
echo $! >/tmp/writer.pid; for i in $(seq 100); do grep -q written /tmp/writer && break; sleep 0.1; done; cat /tmp/writer`);
    first = stack.ask<Backup>("now");
    expect(stack.snapshots()).toMatchObject([{ id: first.snapshot, rows: 1000, files: 2 }]);
    const inside = raw(first.snapshot);
    expect(inside).toContain("/backup/staging/snapshot/sqlite/uploads/app.db");
    expect(inside).toContain("/files/uploads/pictures/one");
    expect(inside).not.toMatch(/^\/files\/uploads\/app\.db/m);
    stack.sh("kill $(cat /tmp/writer.pid)");
});

test("R60: the drill restores it, has SQLite check it, and counts its rows", () => {
    expect(stack.ask("drill")).toMatchObject({ ok: true, tables: 1, rows: 1000, files: 2 });
});

test("R59: a restore brings back every row with owner and mode, and can be undone", () => {
    sqlite("db.execute('DELETE FROM notes WHERE id > 10')");
    stack.sh("printf two >/files/uploads/pictures/two");
    const prepared = stack.ask<{ database?: object; files: object }>("restore", "prepare");
    expect(prepared).toMatchObject({ snapshot: first.snapshot, files: { uploads: { count: 2, databases: 1 } } });
    expect(prepared.database).toBeUndefined();
    expect(rows()).toBe("10");
    stack.ask("restore", "swap");
    expect(rows()).toBe("1000");
    expect(sqlite("print(db.execute('PRAGMA integrity_check').fetchone()[0])")).toBe("ok");
    expect(stack.sh("stat -c '%u:%g %a' /files/uploads/app.db; ls /files/uploads/pictures").split("\n")).toEqual([
        "1000:1000 640",
        "one",
        "",
    ]);
    stack.ask("restore", "undo");
    expect(rows()).toBe("10");
    stack.ask("restore", "undo");
    expect(rows()).toBe("1000");
});

test("R59: what can't be had without PostgreSQL is refused", () => {
    const { status, stderr } = stack.tool("restore", "prepare", "--only", "database");
    expect(status).not.toBe(0);
    expect(stderr).toContain("--only database: there is no PostgreSQL here");
});

test("R52: copies made while a process writes without a pause are whole", () => {
    stack.sh(`timeout 280 python3 - <<'END' >/dev/null 2>&1 &
import sqlite3
db = sqlite3.connect("/files/uploads/app.db", isolation_level=None, timeout=30)
while True:
    db.execute("BEGIN IMMEDIATE")
    db.executemany("INSERT INTO notes (body) VALUES (hex(randomblob(2000)))", [()] * 5)
    db.execute("UPDATE notes SET body = hex(randomblob(100)) WHERE id IN (SELECT id FROM notes ORDER BY random() LIMIT 20)")
    db.execute("COMMIT")
END
echo $! >/tmp/writer.pid`);
    for (let attempt = 0; attempt < 3; attempt++) {
        const { rows: counted } = stack.ask<Backup>("now");
        expect(counted).toBeGreaterThan(1000);
        expect(stack.ask("drill")).toMatchObject({ ok: true, rows: counted });
    }
    stack.sh("kill $(cat /tmp/writer.pid)");
});

test("R60: a copy that is damaged in the snapshot fails the drill, and the status says so", () => {
    stack.sh(`rm -rf /backup/staging; mkdir -p /backup/staging/snapshot/sqlite/uploads
python3 - <<'END'
import json, sqlite3
source, path = sqlite3.connect("/files/uploads/app.db"), "/backup/staging/snapshot/sqlite/uploads/app.db"
copy = sqlite3.connect(path)
source.backup(copy)
rows = copy.execute("SELECT count(*) FROM notes").fetchone()[0]
copy.close()
with open(path, "r+b") as file:
    file.seek(4096); file.write(bytes(4096))
tables = {"app.db": {"tables": {"notes": rows}, "sequences": {}, "largeObjects": 0}}
json.dump({"sqlite": {"uploads": tables}, "name": ""}, open("/backup/staging/snapshot/manifest.json", "w"))
END
restic -q --no-cache -r /backup/repository -p /run/secrets/repository-password backup --host quaitest-dev --tag quai --exclude '/files/uploads/app.db*' --exclude '/files/uploads/.quai-*' \
    /backup/staging/snapshot /files/uploads; rm -rf /backup/staging`);
    expect(stack.tool("drill").status).not.toBe(0);
    const { lastDrill, problems } = stack.ask<Status>("status");
    expect(lastDrill).toMatchObject({ ok: false });
    expect(lastDrill?.error).toContain("app.db: what arrived is not what was backed up");
    expect(problems.join("\n")).toContain("the last drill failed");
});
