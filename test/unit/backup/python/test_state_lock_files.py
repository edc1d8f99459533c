import os
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path
from unittest import mock

from quai_backup import files
from quai_backup.errors import Busy
from quai_backup.lock import exclusive, held_by
from quai_backup.settings import Paths
from quai_backup.state import State, iso, parse_time, read_json, write_json
from quai_backup.status import health


class InFolder(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)


class StateFile(InFolder):
    def test_restics_nanoseconds_and_offsets(self) -> None:
        moment = parse_time("2026-11-21T02:36:01.612677119+01:00")
        assert moment is not None
        self.assertEqual(iso(moment), "2026-11-21T01:36:01Z")
        self.assertEqual(parse_time("2026-11-21T01:36:01Z"), moment.replace(microsecond=0))
        self.assertIsNone(parse_time(None))

    def test_a_write_that_fails_leaves_the_old_content(self) -> None:
        path = self.root / "state.json"
        write_json(path, {"a": 1})
        with self.assertRaises(TypeError):
            write_json(path, {"a": object()})
        self.assertEqual(read_json(path), {"a": 1})

    def test_half_a_file_counts_as_none(self) -> None:
        path = self.root / "state.json"
        path.write_text('{"last": {"time":')
        self.assertEqual(read_json(path), {})
        self.assertIsNone(State(path).last_good())

    def test_changes_of_two_writers_add_up(self) -> None:
        one, two = State(self.root / "s"), State(self.root / "s")
        one.update(next="n")
        two.update(last={"time": "2026-11-21T01:36:01Z"})
        self.assertEqual(set(one.read()), {"next", "last"})


class Lock(InFolder):
    def test_a_second_command_is_told_what_runs(self) -> None:
        path = self.root / "lock"
        code = (
            "import sys, time; from pathlib import Path; from quai_backup.lock import exclusive\n"
            "with exclusive(Path(sys.argv[1]), 'a backup (manual)'): print('held', flush=True); time.sleep(60)"
        )
        other = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True)
        self.addCleanup(other.wait)
        self.addCleanup(other.kill)
        assert other.stdout is not None
        self.addCleanup(other.stdout.close)
        other.stdout.readline()
        holder = held_by(path)
        assert holder is not None
        self.assertEqual(holder["what"], "a backup (manual)")
        with self.assertRaisesRegex(Busy, r"a backup \(manual\) is running since 20..-.*--wait SECONDS"):
            with exclusive(path, "a drill"):
                self.fail("held twice")
        # However the holder ends, the lock is free.
        other.kill()
        other.wait()
        with exclusive(path, "a drill"):
            # What a command does under its lock may ask for it once more.
            with exclusive(path, "the opening of a repository"):
                pass
            self.assertIsNotNone(held_by(path))
        self.assertIsNone(held_by(path))


class Volumes(InFolder):
    def fill(self, folder: Path, content: dict[str, str]) -> None:
        for name, text in content.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def seen(self, folder: Path) -> dict[str, str]:
        """What the application sees."""
        found = (each for each in folder.rglob("*") if each.is_file() and not each.relative_to(folder).parts[0].startswith(files.OWN))
        return {str(each.relative_to(folder)): each.read_text() for each in found}

    def prepared(self) -> Path:
        volume = self.root / "uploads"
        self.fill(volume, {"a/old": "old", "same": "1"})
        extracted = volume / ".quai-extract/files/uploads"
        self.fill(extracted, {"a/new": "new", "same": "2", "b": "b"})
        with mock.patch("os.chown"):
            files.place_restored(volume, extracted)
        return volume

    OLD = {"a/old": "old", "same": "1"}
    NEW = {"a/new": "new", "same": "2", "b": "b"}

    def test_own_folders_are_not_measured(self) -> None:
        volume = self.prepared()
        self.assertEqual(files.measure(volume), files.Measure(2, 4))
        self.assertEqual(files.measure(volume / files.RESTORED), files.Measure(3, 5))

    def test_R59_exchange_and_revert(self) -> None:
        volume = self.prepared()
        with mock.patch("os.chown"):
            files.exchange(volume, "1")
            self.assertEqual(self.seen(volume), self.NEW)
            self.assertEqual(files.befores(volume), ["1"])
            files.revert(volume, "1")
        self.assertEqual(self.seen(volume), self.OLD)
        self.assertEqual(files.befores(volume), [])
        self.assertTrue((volume / files.RESTORED).is_dir())

    def test_R59_cut_off_after_any_rename_the_next_call_ends_it_or_revert_takes_it_back(self) -> None:
        cuts = 0
        for finish in (True, False):
            for number in range(1, 50):
                volume = self.prepared()
                done = self.cut_off(volume, number)
                with mock.patch("os.chown"):
                    files.exchange(volume, "1") if finish else files.revert(volume, "1")
                self.assertEqual(self.seen(volume), self.NEW if finish else self.OLD, f"cut before rename {number}")
                subprocess.run(["rm", "-rf", str(volume)], check=True)
                if done:
                    break
                cuts += 1
        self.assertGreaterEqual(cuts, 10)

    def cut_off(self, volume: Path, number: int) -> bool:
        """Exchanges until before the given rename. True: there was none so late."""
        real, calls = Path.rename, 0

        def rename(path: Path, target: Path) -> Path:
            nonlocal calls
            calls += 1
            if calls == number:
                raise KeyboardInterrupt
            return real(path, target)

        with mock.patch.object(Path, "rename", rename), mock.patch("os.chown"):
            try:
                files.exchange(volume, "1")
            except KeyboardInterrupt:
                return False
        return True

    def test_the_volumes_own_mode_is_restored(self) -> None:
        volume = self.root / "uploads"
        self.fill(volume, {"x": "1"})
        volume.chmod(0o750)
        extracted = volume / ".quai-extract/files/uploads"
        self.fill(extracted, {"x": "2"})
        extracted.chmod(0o777)
        with mock.patch("os.chown"):
            files.place_restored(volume, extracted)
            files.exchange(volume, "1")
            self.assertEqual(volume.stat().st_mode & 0o777, 0o777)
            files.revert(volume, "1")
        self.assertEqual(volume.stat().st_mode & 0o777, 0o750)


class Health(InFolder):
    def setUp(self) -> None:
        super().setUp()
        self.paths = Paths(self.root)
        self.paths.run.mkdir(parents=True)
        self.paths.heartbeat.touch()
        self.started(5)
        write_json(self.paths.secrets / "backup.json", {"maxAgeSeconds": 3600})
        State(self.paths.state).update(repositories={"local": {"id": "x"}})

    def started(self, seconds: float) -> None:
        self.paths.started.touch()
        moment = time.time() - seconds
        os.utime(self.paths.started, (moment, moment))

    def ago(self, seconds: float) -> str:
        from datetime import datetime, timezone

        return iso(datetime.fromtimestamp(time.time() - seconds, timezone.utc))

    def verdict(self, **state: object) -> tuple[bool, str]:
        State(self.paths.state).update(**state)
        return health(self.paths)

    def test_R61_a_young_backup_is_well(self) -> None:
        self.assertEqual(self.verdict(last={"time": self.ago(3500)})[0], True)

    def test_R61_an_old_one_is_not(self) -> None:
        self.started(10_000)
        well, line = self.verdict(last={"time": self.ago(3700)}, lastError={"time": self.ago(100), "error": "dump: failed\nmore"})
        self.assertFalse(well)
        self.assertRegex(line, r"the last good backup is of 20.*: dump: failed$")

    def test_R61_a_loop_that_hangs_is_not(self) -> None:
        moment = time.time() - 100
        os.utime(self.paths.heartbeat, (moment, moment))
        self.assertRegex(self.verdict(last={"time": self.ago(1)})[1], "the loop has not run for 100 s")

    def test_a_new_stack_waits_for_its_first_backup(self) -> None:
        self.assertEqual(self.verdict(), (False, "the first backup is under way"))
        self.started(60)
        self.assertTrue(self.verdict()[0])
        self.assertFalse(self.verdict(lastError={"time": self.ago(10), "error": "dump: failed"})[0])

    def test_catching_up_after_a_pause_is_excused_for_a_while(self) -> None:
        self.assertTrue(self.verdict(last={"time": self.ago(90_000)})[0])
        self.started(1000)
        self.assertFalse(self.verdict()[0])

    def test_no_repository_is_not_well(self) -> None:
        State(self.paths.state).update(repositories=None, lastError={"time": self.ago(1), "error": "local repository: no"})
        self.assertEqual(health(self.paths), (False, "no repository yet: local repository: no"))
