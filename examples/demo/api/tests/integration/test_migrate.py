import shutil
import subprocess
import threading
import time
from pathlib import Path

from .case import IntegrationCase
from .services import ROOT


class Migrate(IntegrationCase):
    migrated = False

    def setUp(self) -> None:
        self.world.postgres.sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public AUTHORIZATION pg_database_owner")

    def tables(self) -> list[str]:
        return self.world.postgres.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")

    def test_R100_the_first_run_applies_everything_and_the_second_nothing(self) -> None:
        first, second = self.world.run("migrate"), self.world.run("migrate")
        self.assertEqual((first.returncode, second.returncode), (0, 0), first.stdout + first.stderr)
        self.assertIn('"applied 0001_notes_and_uploads.sql"', first.stdout)
        self.assertIn("2 applied, 0 were there already", first.stdout)
        self.assertIn("0 applied, 2 were there already", second.stdout)
        self.assertEqual(self.tables(), ["jobs", "notes", "schema_migrations", "ticks", "uploads"])

    def test_R100_a_failing_file_ends_with_1_and_leaves_nothing_of_itself(self) -> None:
        done = self.world.run("migrate", DEMO_BREAK="migrate")
        self.assertEqual(done.returncode, 1)
        self.assertIn("migrations/9999_broken_on_purpose.sql: 22012 division by zero; nothing of this file was kept", done.stdout)
        self.assertNotIn("broken", self.tables())
        self.assertEqual(self.world.run("migrate").returncode, 0)

    def test_two_at_once_both_succeed_and_apply_each_file_once(self) -> None:
        results: list[subprocess.CompletedProcess[str]] = []
        threads = [threading.Thread(target=lambda: results.append(self.world.run("migrate"))) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([r.returncode for r in results], [0, 0, 0], "".join(r.stdout for r in results))
        self.assertEqual(sum(r.stdout.count('"applied 0001_notes_and_uploads.sql"') for r in results), 1)

    def test_a_file_changed_after_it_was_applied_is_refused(self) -> None:
        copy = self.world.folder / "changed"
        shutil.copytree(ROOT / "migrations", copy)
        self.assertEqual(self.world.run("migrate").returncode, 0)
        with next(Path(copy).glob("0001*")).open("a") as file:
            file.write("\n-- later\n")
        done = self.world.run("migrate", MIGRATIONS_DIR=str(copy))
        self.assertEqual(done.returncode, 1)
        self.assertIn("has changed since it was applied", done.stdout)

    def test_R45_the_applications_role_may_change_rows_but_not_tables(self) -> None:
        self.assertEqual(self.world.run("migrate").returncode, 0)
        insert = "SET ROLE demo_app; INSERT INTO notes (body, release) VALUES ('x', 'r'); SELECT count(*) FROM notes"
        self.assertEqual(self.world.postgres.sql(insert), ["1"])
        for forbidden in ("CREATE TABLE mine (id int)", "DROP TABLE notes", "CREATE ROLE other", "DELETE FROM schema_migrations"):
            with self.assertRaises(subprocess.CalledProcessError, msg=forbidden):
                self.world.postgres.sql(f"SET ROLE demo_app; {forbidden}")

    def test_R22_waiting_for_a_database_that_is_not_there_is_bounded_and_names_it(self) -> None:
        url = self.world.secret("nowhere", "postgresql://demo_owner:hidden-password@127.0.0.1:1/demo")
        began = time.monotonic()
        done = self.world.run("migrate", MIGRATION_DATABASE_URL_FILE=url, WAIT_SECONDS="2")
        self.assertEqual(done.returncode, 1)
        self.assertLess(time.monotonic() - began, 8)
        self.assertIn("database 127.0.0.1:1/demo: no connection within 2 s", done.stdout)
        self.assertNotIn("hidden-password", done.stdout + done.stderr)
