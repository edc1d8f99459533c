import io
import json
import tempfile
import unittest
from pathlib import Path

from quai_backup.log import MAX_BYTES, Log
from quai_backup.processes import tail
from quai_backup.scrub import scrub, secrets_of
from quai_backup.settings import Paths


class Scrub(unittest.TestCase):
    def test_secrets_and_logins_in_addresses(self) -> None:
        text = scrub("open rest:https://me:pass-word@host/x with s3cr3t-value", ["s3cr3t-value"])
        self.assertEqual(text, "open rest:https://***@host/x with ***")

    def test_rows_of_tables_stay_out_of_messages(self) -> None:
        said = 'ERROR:  invalid input\nCONTEXT:  COPY people, line 3, column mail: "ann@example.com"\nDETAIL:  Key (mail)=(ann@example.com) already exists.'
        wanted = "ERROR:  invalid input\nCONTEXT:  COPY people, line 3\nDETAIL:  Key (mail)=(***) already exists."
        self.assertEqual(scrub(said, []), wanted)

    def test_every_password_that_the_tool_can_read(self) -> None:
        with tempfile.TemporaryDirectory() as root:
            paths = Paths(Path(root))
            for folder in (paths.secrets, paths.keys):
                folder.mkdir(parents=True)
            paths.password.write_text("the present one\n")
            (paths.keys / "abc").write_text("an earlier one\n")
            (paths.secrets / "offsite-AWS_SECRET_ACCESS_KEY").write_text("key of the store")
            (paths.secrets / "offsite-SSH_PRIVATE_KEY").write_text("-----BEGIN\nline of a key\n")
            (paths.secrets / "backup.json").write_text("{}")
            found = secrets_of(paths)
        self.assertEqual(set(found), {"the present one", "an earlier one", "key of the store", "-----BEGIN", "line of a key"})

    def test_tail_is_the_end_without_empty_lines(self) -> None:
        text = "\n\n".join(str(number) for number in range(100))
        self.assertEqual(tail(text).splitlines(), [str(number) for number in range(88, 100)])


class Lines(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.paths = Paths(Path(self.folder.name))
        self.paths.secrets.mkdir(parents=True)
        self.paths.password.write_text("correct-horse")

    def test_json_without_secrets_on_the_console_and_in_the_file(self) -> None:
        stream = io.StringIO()
        Log(self.paths, True, stream).error('said "correct-horse"', step="x correct-horse")
        line = stream.getvalue()
        self.assertEqual(line, self.paths.log.read_text())
        record = json.loads(line)
        self.assertEqual((record["level"], record["message"], record["step"]), ("error", 'said "***"', "x ***"))

    def test_text_for_people(self) -> None:
        stream = io.StringIO()
        log = Log(self.paths, False, stream)
        log.info("one")
        log.warning("two")
        self.assertEqual(stream.getvalue(), "one\nwarning: two\n")

    def test_R90_the_file_is_kept_and_rotated(self) -> None:
        log = Log(self.paths, True, io.StringIO())
        for number in range(7):
            self.paths.log.parent.mkdir(exist_ok=True, parents=True)
            self.paths.log.write_text(f"{number}" + "x" * MAX_BYTES)
            log.info("next")
        names = sorted(each.name for each in self.paths.log.parent.iterdir())
        self.assertEqual(names, ["quai-backup.log"] + [f"quai-backup.log.{number}" for number in range(1, 5)])
        self.assertEqual(self.paths.log.with_suffix(".log.1").read_text()[0], "6")
