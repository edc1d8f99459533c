import copy
import tempfile
import unittest
from pathlib import Path
from typing import Any

from quai_backup.errors import BackupError
from quai_backup.settings import Paths, load, offsite_environment, parse

VALID: dict[str, Any] = {
    "stack": "demo-dev",
    "database": "demo",
    "owner": "demo_owner",
    "application": "demo_app",
    "files": ["uploads"],
    "at": "02:05",
    "timeZone": "Europe/Paris",
    "keep": {"daily": 7, "weekly": 4, "monthly": 12, "days": None},
    "offsite": None,
    "drill": "weekly",
    "maxAgeSeconds": 93600,
}


class Parse(unittest.TestCase):
    def error(self, **changes: Any) -> str:
        with self.assertRaises(BackupError) as caught:
            parse({**copy.deepcopy(VALID), **changes})
        return str(caught.exception)

    def test_valid(self) -> None:
        settings = parse(VALID)
        self.assertEqual((settings.at, settings.keep.monthly, settings.offsite), ((2, 5), 12, None))
        self.assertEqual(settings.restored_database, "demo_restore")

    def test_files_alone(self) -> None:
        settings = parse({**VALID, "database": None, "owner": None, "application": None})
        self.assertEqual((settings.database, settings.files), ("", ("uploads",)))
        self.assertIn("owner: must be a text", self.error(owner=None))

    def test_time_of_day(self) -> None:
        self.assertEqual(self.error(at="24:00"), 'backup.json: at: must be a time of day, HH:MM (got "24:00")')

    def test_zone(self) -> None:
        wanted = 'backup.json: timeZone: must be the IANA name of a time zone, such as Europe/Paris (got "Europe/Pari")'
        self.assertEqual(self.error(timeZone="Europe/Pari"), wanted)

    def test_zone_that_is_a_path(self) -> None:
        self.assertIn("timeZone: must be", self.error(timeZone="../../etc/passwd"))

    def test_drill(self) -> None:
        self.assertEqual(self.error(drill="hourly"), 'backup.json: drill: must be one of never, daily, weekly, monthly (got "hourly")')

    def test_nested_path(self) -> None:
        keep = {**VALID["keep"], "daily": -1}
        self.assertEqual(self.error(keep=keep), "backup.json: keep.daily: must be a whole number, 0 or more (got -1)")

    def test_files_can_not_leave_their_folder(self) -> None:
        self.assertIn("files: must be a list of names", self.error(files=["../keys"]))

    def test_all_problems_at_once(self) -> None:
        lines = self.error(at="x", drill="x", files="x").splitlines()
        self.assertEqual([line.split(":")[1].strip() for line in lines], ["files", "at", "drill"])

    def test_offsite(self) -> None:
        self.assertEqual(parse({**VALID, "offsite": {"repository": "/offsite"}}).offsite, "/offsite")
        self.assertIn("offsite.repository: must be a text (got null)", self.error(offsite={}))

    def test_no_file(self) -> None:
        with self.assertRaisesRegex(BackupError, "backup.json: cannot be read .* mount the folder"):
            load(Paths(Path("/nonexistent")))


class OffsiteEnvironment(unittest.TestCase):
    def test_one_file_per_variable_and_nothing_else(self) -> None:
        with tempfile.TemporaryDirectory() as root:
            paths = Paths(Path(root))
            paths.secrets.mkdir(parents=True)
            (paths.secrets / "offsite-AWS_ACCESS_KEY_ID").write_text("key\n")
            (paths.secrets / "offsite-lower").write_text("no")
            (paths.secrets / "repository-password").write_text("no")
            self.assertEqual(offsite_environment(paths), {"AWS_ACCESS_KEY_ID": "key"})
