"""`serve`: runs backups and drills when they are due, each as a process of its own, and says that it's alive."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta
from types import FrameType

from .errors import BackupError, Busy
from .log import Log
from .processes import Tools
from .repositories import Keeper, local
from .schedule import drill_due, needs_catching_up, next_run, retry_delay
from .settings import Settings
from .state import State, iso, now, parse_time

BEAT = 10.0
"""Seconds between two signs of life."""
STEP = 0.5
INIT_RETRY = timedelta(seconds=30)
PATIENCE = 20.0
"""Seconds that a command has to clean up; the engine kills the container after 30."""


class Loop:
    def __init__(self, settings: Settings, log: Log, program: str) -> None:
        self.settings = settings
        self.log = log
        self.program = program
        self.state = State(settings.paths.state)
        self.ending = False
        self.failures = 0
        self.beaten = 0.0

    def serve(self) -> int:
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, self._end)
        paths = self.settings.paths
        paths.run.mkdir(parents=True, exist_ok=True, mode=0o700)
        paths.started.touch()
        self._beat()
        self.log.info(f"serve: backups of {self.settings.stack} daily at {self._at()}, drill {self.settings.drill}")
        self._start_up()
        next_backup = self._first_run()
        while not self.ending:
            self._note_next(next_backup)
            if not self._sleep_until(next_backup):
                break
            next_backup = self._backup()
        self.log.info("serve: ends")
        return 0

    def _start_up(self) -> None:
        """The repository first: without it nothing else makes sense, and health says so."""
        while not self.ending:
            try:
                keeper = Keeper(self.settings, Tools(self.log), self.log)
                keeper.ensure_local()
                self._recall_last()
                return
            except (BackupError, OSError) as error:
                self.log.error(str(error))
                self.state.update(lastError={"time": iso(now()), "error": self.log.clean(str(error))})
                self._sleep_until(now() + INIT_RETRY)

    def _recall_last(self) -> None:
        """A lost state.json: the repository knows."""
        if self.state.read().get("last"):
            return
        snapshots = local(self.settings, Tools(self.log)).snapshots("serve")
        if snapshots:
            newest = snapshots[-1]
            moment = parse_time(newest.time)
            assert moment is not None
            self.state.update(
                last={
                    "time": iso(moment),
                    "snapshot": newest.id,
                    "reason": newest.tag("reason"),
                    "seconds": None,
                    "bytes": newest.number("bytes"),
                    "added": None,
                    "tables": newest.number("tables"),
                    "rows": newest.number("rows"),
                    "files": newest.number("files"),
                    "offsite": None,
                }
            )

    def _first_run(self) -> datetime:
        if needs_catching_up(now(), self.state.last_good()):
            self.log.info("serve: the last good backup is missing or older than 24 hours: one is made now")
            return now()
        if (self.state.read().get("lastDrill") or {}).get("ok") is False:
            self._drill_if_due()
        return self._scheduled()

    def _scheduled(self) -> datetime:
        return next_run(now(), self.settings.at, self.settings.time_zone)

    def _backup(self) -> datetime:
        """Returns when to run next."""
        status = self._command("now", "--reason", "scheduled")
        offsite = ((self.state.read().get("last") or {}).get("offsite") or {}).get("ok")
        if status == Busy.status:
            return min(self._scheduled(), now() + timedelta(minutes=5)) if self._still_due() else self._scheduled()
        if status != 0 or offsite is False:
            self.failures += 1
            delay = retry_delay(self.failures)
            if delay is not None and not self.ending:
                self.log.warning(f"serve: tried again in {int(delay.total_seconds() // 60)} minutes")
                return min(now() + delay, self._scheduled())
        if status == 0:
            self.failures = 0 if offsite is not False else self.failures
            self._drill_if_due()
        if self.failures > len("123"):
            self.failures = 0
        return self._scheduled()

    def _still_due(self) -> bool:
        last = self.state.last_good()
        return last is None or now() - last > timedelta(hours=1)

    def _drill_if_due(self) -> None:
        last = self.state.read().get("lastDrill") or {}
        if not self.ending and drill_due(now(), self.settings.drill, parse_time(last.get("time")), bool(last.get("ok"))):
            self._command("drill")

    def _command(self, *words: str) -> int:
        """In a process of its own: whatever becomes of it, the loop goes on and can end it."""
        process = subprocess.Popen([sys.executable, "-I", self.program, "--log", "json", *words], stdin=subprocess.DEVNULL)
        while process.poll() is None:
            if self.ending:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(PATIENCE)
                except subprocess.TimeoutExpired:
                    process.kill()
                break
            self._pause()
        return process.wait()

    def _sleep_until(self, moment: datetime) -> bool:
        """In short steps and by the wall clock, so that a clock that is set, or a machine that slept, changes nothing. False: the service ends."""
        while not self.ending and now() < moment:
            self._pause()
        return not self.ending

    def _pause(self) -> None:
        if time.monotonic() - self.beaten >= BEAT:
            self._beat()
        time.sleep(STEP)

    def _beat(self) -> None:
        self.beaten = time.monotonic()
        self.settings.paths.heartbeat.touch()
        os.utime(self.settings.paths.heartbeat)

    def _note_next(self, moment: datetime) -> None:
        self.state.update(next=iso(moment))
        self.log.info(f"serve: the next backup is due at {iso(moment)}")

    def _at(self) -> str:
        return f"{self.settings.at[0]:02d}:{self.settings.at[1]:02d} {self.settings.time_zone}"

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        self.ending = True
