import unittest
from pathlib import Path

from quai_backup import inventory
from quai_backup.database import identifier, literal, setting_text
from quai_backup.errors import BackupError
from quai_backup.load import create_database
from quai_backup.repositories import key_name
from quai_backup.restic import Snapshot, escape, ssh_command, with_login
from quai_backup.restore import choose
from quai_backup.retention import rules
from quai_backup.settings import Keep


class Retention(unittest.TestCase):
    def test_R55_guide_002(self) -> None:
        wanted = "--keep-last 1 --keep-within 24h --keep-daily 7 --keep-weekly 4 --keep-monthly 12"
        self.assertEqual(" ".join(rules(Keep(7, 4, 12))), wanted)

    def test_R55_thirty_days_and_the_newest_always(self) -> None:
        self.assertEqual(" ".join(rules(Keep(0, 0, 0, 30))), "--keep-last 1 --keep-within 30d")
        self.assertEqual(rules(Keep(0, 0, 0))[:2], ["--keep-last", "1"])


class Locations(unittest.TestCase):
    def test_login_of_a_rest_server_goes_into_the_address(self) -> None:
        client = {"RESTIC_REST_USERNAME": "me", "RESTIC_REST_PASSWORD": "p@ss/word"}
        self.assertEqual(with_login("rest:https://host:8000/x", client), "rest:https://me:p%40ss%2Fword@host:8000/x")
        self.assertEqual(with_login("rest:https://host:8000/x", {}), "rest:https://host:8000/x")
        self.assertEqual(with_login("s3:https://host/x", client), "s3:https://host/x")

    def test_ssh_pins_the_hosts_key_and_asks_nothing(self) -> None:
        for location, ending in (
            ("sftp:me@host:/srv/x", " -l me host -s sftp"),
            ("sftp://me@host:2222//srv/x", " -p 2222 -l me host -s sftp"),
            ("sftp:host:/srv/x", "ServerAliveInterval=30 host -s sftp"),
        ):
            command = ssh_command(location, Path("/k"), Path("/h"))
            self.assertTrue(command.endswith(ending), command)
            for word in ("-i /k", "StrictHostKeyChecking=yes", "UserKnownHostsFile=/h", "BatchMode=yes"):
                self.assertIn(word, command)

    def test_patterns(self) -> None:
        self.assertEqual(escape("/files/a[1]*"), "/files/a\\[1]\\*")

    def test_key_names_say_nothing(self) -> None:
        self.assertRegex(key_name("x"), r"\A[0-9a-f]{24}\Z")
        self.assertNotEqual(key_name("x"), key_name("y"))


class Choice(unittest.TestCase):
    snapshots = [Snapshot(name, f"2026-01-0{number}", ("rows:5", "reason:manual"), ()) for number, name in enumerate(["aa11", "aa22", "bb33"], 1)]

    def test_latest_or_by_the_beginning(self) -> None:
        self.assertEqual(choose(self.snapshots, "latest", "s", "local").id, "bb33")
        self.assertEqual(choose(self.snapshots, "aa2", "s", "local").id, "aa22")

    def test_errors_name_what_there_is(self) -> None:
        for wanted, how in (("aa", "more than one"), ("zz", "none"), ("", "more than one")):
            with self.assertRaises(BackupError) as caught:
                choose(self.snapshots, wanted, "s", "local")
            self.assertIn(f'--snapshot: {how} begins with "{wanted}" (the newest are aa11, aa22, bb33)', str(caught.exception))
        with self.assertRaisesRegex(BackupError, "the local repository has none of s"):
            choose([], "latest", "s", "local")

    def test_tags(self) -> None:
        self.assertEqual((self.snapshots[0].number("rows"), self.snapshots[0].tag("reason"), self.snapshots[0].number("files")), (5, "manual", None))


class Sql(unittest.TestCase):
    def test_quoting(self) -> None:
        self.assertEqual(identifier('a"b'), '"a""b"')
        self.assertEqual(literal("it's"), "'it''s'")
        self.assertEqual(literal("a\\b").strip(), "E'a\\\\b'")

    def test_settings_of_a_database(self) -> None:
        self.assertEqual(setting_text('search_path="$user", public'), 'search_path TO "$user", public')
        self.assertEqual(setting_text("timezone=Europe/Paris"), "timezone TO 'Europe/Paris'")
        self.assertEqual(setting_text("application_name=a=b"), "application_name TO 'a=b'")

    def test_database_with_the_locale_of_the_old_one(self) -> None:
        description = {"provider": "c", "encoding": "UTF8", "collate": "C", "ctype": "C.UTF-8", "locale": None}
        wanted = "CREATE DATABASE \"d\" OWNER \"o\" TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C.UTF-8' CONNECTION LIMIT 0;"
        self.assertEqual(create_database("d", "o", description), wanted)
        icu = create_database("d", "o", {**description, "provider": "i", "locale": "fr-FR"})
        self.assertIn("LOCALE_PROVIDER icu", icu)
        self.assertIn("ICU_LOCALE 'fr-FR'", icu)


class Differences(unittest.TestCase):
    good = {"tables": {"a": 1, "b": 2}, "sequences": {"s": [10, 1, False], "t": [10, -1, False], "u": None}, "largeObjects": 0}

    def compare(self, **changes: object) -> list[str]:
        return inventory.differences(self.good, {**self.good, "sequences": {**self.good["sequences"], "u": [1, 1, False]}, **changes})

    def test_the_same(self) -> None:
        self.assertEqual(self.compare(), [])

    def test_R60_tables_are_named(self) -> None:
        self.assertEqual(
            self.compare(tables={"a": 2, "c": 0}),
            ["a: 2 rows instead of 1", "b: is missing (2 rows expected)", "c: was not there when the backup was made"],
        )

    def test_sequences_may_move_on_but_not_back(self) -> None:
        on = {"s": [11, 1, False], "t": [9, -1, False], "u": [1, 1, False]}
        back = {"s": [9, 1, False], "t": [11, -1, False]}
        self.assertEqual(self.compare(sequences=on), [])
        self.assertEqual(
            self.compare(sequences=back),
            ["s: the sequence stands at 9, before 10", "t: the sequence stands at 11, before 10", "u: the sequence is missing"],
        )

    def test_a_sequence_that_was_set_back_during_the_dump_proves_nothing(self) -> None:
        self.assertEqual(inventory.steady({"s": [10, 1, False], "r": [5, 1, False]}, {"s": [1, 1, False], "r": [6, 1, False]}), {"s": None, "r": [5, 1, False]})

    def test_large_objects(self) -> None:
        self.assertEqual(self.compare(largeObjects=2), ["large objects: 2 instead of 0"])


class Order(unittest.TestCase):
    def test_snapshots_of_two_offsets_are_in_the_order_of_their_moments(self) -> None:
        import json
        from types import SimpleNamespace
        from unittest import mock

        from quai_backup.processes import Result
        from quai_backup.restic import Repository

        # The night when summer time ends: the later one has the earlier wall clock.
        times = ["2026-10-25T02:50:00.5+02:00", "2026-10-25T02:10:00.123456789+01:00", "2026-10-25T00:20:00Z"]
        text = json.dumps([{"id": str(number), "time": time, "paths": []} for number, time in enumerate(times)])
        repository = Repository("local", "/backup/repository", SimpleNamespace(stack="s", paths=SimpleNamespace(backup=Path("/backup"))), None)
        with mock.patch.object(Repository, "run", return_value=Result(0, text, "")):
            self.assertEqual([each.id for each in repository.snapshots()], ["2", "0", "1"])
