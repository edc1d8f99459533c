import asyncio
import contextlib
import io
import json
import logging
import os
import tempfile
import time
import unittest
from pathlib import Path

from demo import cli, healthcheck, job_kinds, logs, sessions
from demo.heartbeat import Heartbeat, path_of
from demo.settings import Settings


class Sessions(unittest.TestCase):
    def test_a_sealed_value_comes_back_and_a_changed_one_does_not(self) -> None:
        sealed = sessions.seal({"visits": 3}, "k" * 50)
        self.assertEqual(sessions.unseal(sealed, "k" * 50), {"visits": 3})
        self.assertIsNone(sessions.unseal(sealed, "j" * 50))
        self.assertEqual(sessions.unseal(sealed, "j" * 50, "k" * 50), {"visits": 3})
        self.assertIsNone(sessions.unseal("x" + sealed, "k" * 50))
        self.assertIsNone(sessions.unseal("", "k" * 50))
        self.assertIsNone(sessions.unseal("é.ü", "k" * 50))


class JobKinds(unittest.TestCase):
    def test_what_cannot_be_done_is_refused_by_path(self) -> None:
        self.assertEqual(job_kinds.check("drop", {}), ["kind: must be one of words, checksum, sleep, fail (got 'drop')"])
        self.assertEqual(job_kinds.check("words", []), ["payload: must be an object"])
        self.assertEqual(job_kinds.check("sleep", {"seconds": 16}), ["payload.seconds: must be a number from 0 to 15"])
        self.assertEqual(job_kinds.check("sleep", {"seconds": True}), ["payload.seconds: must be a number from 0 to 15"])
        self.assertEqual(job_kinds.check("checksum", {"upload": "../etc/passwd"}), ["payload.upload: must be the id of an upload"])
        self.assertEqual(job_kinds.check("words", {"text": "a b"}), [])

    def test_words_are_counted(self) -> None:
        result = asyncio.run(job_kinds.perform("words", {"text": "one two TWO"}, Path("/nowhere")))
        self.assertEqual(result, {"words": 3, "most": [["two", 2], ["one", 1]]})

    def test_a_missing_file_is_a_job_error(self) -> None:
        payload = {"upload": "3f2b8a52-6c2e-4f6a-8d0c-0d7c9f6e1a11"}
        with self.assertRaises(job_kinds.JobError):
            asyncio.run(job_kinds.perform("checksum", payload, Path("/nowhere")))


class Health(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def check(self, role: str, **env: str) -> tuple[int, str]:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            code = healthcheck.check(role, {"HEARTBEAT_DIR": str(self.folder), **env})
        return code, out.getvalue().strip()

    def test_R19_a_background_role_is_healthy_while_its_heartbeat_is_fresh(self) -> None:
        self.assertEqual(self.check("scheduler"), (1, "scheduler: no heartbeat yet"))
        Heartbeat(self.folder, "scheduler").beat()
        self.assertEqual(self.check("scheduler"), (0, "scheduler: last heartbeat 0 s ago (at most 30 s)"))
        old = time.time() - 31
        os.utime(path_of(self.folder, "scheduler"), (old, old))
        self.assertEqual(self.check("scheduler"), (1, "scheduler: last heartbeat 31 s ago (at most 30 s)"))

    def test_R19_a_server_that_does_not_listen_is_unhealthy(self) -> None:
        code, line = self.check("serve", PORT="1")
        self.assertEqual(code, 1)
        self.assertTrue(line.startswith("no answer on port 1:"))


class CommandLine(unittest.TestCase):
    def main(self, *argv: str) -> tuple[int, str]:
        err = io.StringIO()
        with contextlib.redirect_stderr(err):
            code = cli.main(argv)
        return code, err.getvalue()

    def test_unknown_commands_show_the_usage(self) -> None:
        for argv in ((), ("help",), ("serve", "now"), ("healthcheck",), ("healthcheck", "migrate")):
            code, text = self.main(*argv)
            self.assertEqual((code, text.splitlines()[0]), (2, "usage: demo-api serve|migrate|worker|scheduler"))


class Logs(unittest.TestCase):
    def line(self, **extra: object) -> dict[str, object]:
        formatter = logs.JsonFormatter(Settings(role="worker", release="r1"))
        record = logging.LogRecord("demo", logging.INFO, "f", 1, "ended", (), None)
        record.fields = extra
        text = formatter.format(record)
        self.assertNotIn("\n", text)
        return json.loads(text)

    def test_R89_a_line_is_one_json_object_with_role_and_release(self) -> None:
        line = self.line(job="a\nb")
        self.assertEqual({k: line[k] for k in ("level", "role", "release", "message", "job")}, {
            "level": "info", "role": "worker", "release": "r1", "message": "ended", "job": "a\nb",
        })
