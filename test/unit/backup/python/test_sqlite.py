import os
import sqlite3
import tempfile
import threading
import unittest
from contextlib import closing
from pathlib import Path
from unittest import mock

from quai_backup import sqlite
from quai_backup.errors import BackupError
from quai_backup.log import Log
from quai_backup.settings import Paths


class Databases(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.root = Path(temporary.name)
        self.files, self.copies = self.root / "files", self.root / "copies"
        self.files.mkdir()
        self.log = Log(Paths(self.root), False)
        self.owner = mock.patch("os.chown")
        self.owner.start()
        self.addCleanup(self.owner.stop)

    def make(self, name: str, rows: int = 10, mode: str = "wal") -> sqlite3.Connection:
        path = self.files / name
        path.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(path, isolation_level=None)
        self.addCleanup(database.close)
        database.execute(f"PRAGMA journal_mode={mode}")
        database.execute('CREATE TABLE "odd ""name" (id INTEGER PRIMARY KEY, body TEXT)')
        database.executemany('INSERT INTO "odd ""name" (body) VALUES (?)', [(f"row {each}",) for each in range(rows)])
        return database

    def test_found_by_their_content_and_not_by_their_name(self) -> None:
        self.make("deep/er/app.db")
        self.make("no-ending")
        (self.files / "picture.db").write_bytes(b"x" * 512)
        (self.files / "empty.sqlite").touch()
        (self.files / "link.db").symlink_to(self.files / "no-ending")
        self.assertEqual(sqlite.find(self.files), ["deep/er/app.db", "no-ending"])

    def test_what_is_only_in_the_log_of_a_writer_is_in_the_copy(self) -> None:
        live = self.make("app.db", 10)
        live.execute("PRAGMA wal_autocheckpoint=0")
        live.execute("""INSERT INTO "odd ""name" (body) SELECT 'late' FROM "odd ""name" """)
        found = sqlite.copy_all(self.files, self.copies, self.log)
        self.assertEqual(found["app.db"]["tables"], {'odd "name': 20})
        sqlite.require_whole(self.copies / "app.db", found["app.db"], "drill")

    def test_an_open_transaction_is_not_in_the_copy(self) -> None:
        live = self.make("app.db", 10)
        live.execute("BEGIN IMMEDIATE")
        live.execute('DELETE FROM "odd ""name"')
        self.assertEqual(sqlite.copy_all(self.files, self.copies, self.log)["app.db"]["tables"], {'odd "name': 10})

    def test_a_writer_that_keeps_everybody_out(self) -> None:
        self.make("app.db", mode="delete").execute("BEGIN EXCLUSIVE")
        with mock.patch.object(sqlite, "PATIENCE", 0.1), mock.patch.object(sqlite, "LOCK_TIMEOUT", 0.1):
            with self.assertRaises(BackupError) as caught:
                sqlite.copy_all(self.files, self.copies, self.log)
        self.assertIn("app.db", str(caught.exception))
        self.assertIn("end the transaction that holds it", str(caught.exception))

    def test_copies_under_constant_writes_are_whole(self) -> None:
        self.make("app.db", 1000)
        ending = threading.Event()

        def write() -> None:
            with closing(sqlite3.connect(self.files / "app.db", isolation_level=None)) as live:
                while not ending.is_set():
                    live.execute("BEGIN IMMEDIATE")
                    live.execute("""INSERT INTO "odd ""name" (body) VALUES (hex(randomblob(500)))""")
                    live.execute("COMMIT")

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for attempt in range(4):
                target = self.copies / str(attempt)
                found = sqlite.copy_all(self.files, target, self.log)
                sqlite.require_whole(target / "app.db", found["app.db"], "drill")
        finally:
            ending.set()
            writer.join()

    def test_a_damaged_one_is_copied_as_any_other_file(self) -> None:
        (self.files / "bad.db").write_bytes(sqlite.HEADER + os.urandom(4096 - len(sqlite.HEADER)))
        self.assertEqual(sqlite.copy_all(self.files, self.copies, self.log), {})
        self.assertEqual(list(self.copies.rglob("*.db")), [])

    def test_a_copy_that_is_not_whole_is_refused(self) -> None:
        self.make("app.db", 2000)
        found = sqlite.copy_all(self.files, self.copies, self.log)
        copy = self.copies / "app.db"
        content = bytearray(copy.read_bytes())
        content[8192:12288] = bytes(4096)
        copy.write_bytes(content)
        with self.assertRaises(BackupError) as caught:
            sqlite.require_whole(copy, found["app.db"], "drill")
        self.assertIn("drill: app.db: what arrived is not what was backed up", str(caught.exception))

    def test_rows_that_are_missing_are_refused(self) -> None:
        self.make("app.db", 5)
        found = sqlite.copy_all(self.files, self.copies, self.log)
        found["app.db"]["tables"]['odd "name'] = 6
        with self.assertRaises(BackupError) as caught:
            sqlite.require_whole(self.copies / "app.db", found["app.db"], "restore")
        self.assertIn('odd "name: 5 rows instead of 6', str(caught.exception))

    def test_an_order_of_the_application_is_no_fault(self) -> None:
        live = self.make("app.db", 3)
        live.create_collation("french", lambda one, other: (one > other) - (one < other))
        live.execute("CREATE TABLE words (word TEXT COLLATE french PRIMARY KEY)")
        found = sqlite.copy_all(self.files, self.copies, self.log)
        sqlite.require_whole(self.copies / "app.db", found["app.db"], "drill")

    def test_restored_copies_take_the_place_of_the_raw_files(self) -> None:
        self.make("data/app.db", 7)
        found = sqlite.copy_all(self.files, self.copies, self.log)
        target = self.root / "target"
        (target / "data").mkdir(parents=True)
        self.assertEqual(sqlite.place(self.copies, target, found, "restore"), 1)
        self.assertEqual(sqlite.content(target / "data/app.db")["tables"], {'odd "name': 7})
        with self.assertRaises(BackupError):
            sqlite.place(self.copies, target, found, "restore")

    def test_raw_files_and_what_belongs_to_them_stay_out(self) -> None:
        paths = sqlite.originals(Path("/files/data"), {"a.db": {}})
        self.assertEqual(paths, ["/files/data/a.db", "/files/data/a.db-wal", "/files/data/a.db-shm", "/files/data/a.db-journal"])


if __name__ == "__main__":
    unittest.main()
