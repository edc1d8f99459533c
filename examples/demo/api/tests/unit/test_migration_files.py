import tempfile
import unittest
from pathlib import Path

from demo.migration_files import Migration, MigrationError, pending, read_migrations

SHIPPED = Path(__file__).parents[2] / "migrations"


class MigrationFiles(unittest.TestCase):
    def folder(self, **files: str) -> Path:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        for name, sql in files.items():
            (Path(folder.name) / f"{name}.sql").write_text(sql)
        return Path(folder.name)

    def refused(self, message: str, **files: str) -> None:
        with self.assertRaises(MigrationError) as raised:
            read_migrations(self.folder(**files))
        self.assertIn(message, str(raised.exception))

    def test_the_shipped_files_are_in_order(self) -> None:
        self.assertEqual([m.version for m in read_migrations(SHIPPED)], [1, 2])

    def test_a_gap_a_double_and_a_bad_name_are_refused(self) -> None:
        self.refused("migrations/0003_c.sql: number 0002 was expected here", **{"0001_a": "", "0003_c": ""})
        self.refused("migrations/0001_b.sql: number 0002 was expected here", **{"0001_a": "", "0001_b": ""})
        self.refused("migrations/1_a.sql: must be named like 0001_what_it_does.sql", **{"1_a": ""})
        self.refused("holds no migrations")

    def test_only_what_is_missing_is_pending_and_a_newer_database_is_no_fault(self) -> None:
        one, two = Migration(1, "0001_a.sql", "A"), Migration(2, "0002_b.sql", "B")
        self.assertEqual(pending([one, two], {1: one.sha256}), [two])
        self.assertEqual(pending([one], {1: one.sha256, 2: two.sha256}), [])

    def test_a_file_that_changed_after_it_was_applied_is_refused(self) -> None:
        with self.assertRaises(MigrationError) as raised:
            pending([Migration(1, "0001_a.sql", "A2")], {1: Migration(1, "0001_a.sql", "A").sha256})
        self.assertIn("migrations/0001_a.sql: has changed since it was applied", str(raised.exception))
