"""Runs PostgreSQL's tools and restic so that none outlives the command that started it."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType

from .errors import Aborted, BackupError
from .log import Log

TAIL_LINES = 12
PATIENCE = 10.0
"""Seconds between asking a tool to end and killing it."""

# Killed with the command, however that ends: nobody is left to write into a staging folder that the next one uses.
_TIED = ("setpriv", "--pdeathsig", "KILL", "--")


@dataclass(frozen=True)
class Result:
    status: int
    stdout: str
    stderr: str


def start(argv: Sequence[str], env: dict[str, str] | None = None, **options: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*_TIED, *argv],
        env={**os.environ, **(env or {})},
        text=True,
        errors="replace",
        process_group=0,
        **options,  # type: ignore[call-overload]
    )


def stop(process: subprocess.Popen[str], patience: float = PATIENCE) -> None:
    """SIGINT, which restic of every age takes as a wish to clean up; then SIGKILL for the whole group."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        end = time.monotonic() + patience
        while process.poll() is None and time.monotonic() < end:
            time.sleep(0.02)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


class Tools:
    """Runs commands; errors name the step and carry the end of what the tool said, without secrets."""

    def __init__(self, log: Log) -> None:
        self.log = log

    def run(
        self,
        step: str,
        argv: Sequence[str],
        *,
        env: dict[str, str] | None = None,
        stdin: str | None = None,
        timeout: float | None = None,
        accept: Sequence[int] = (0,),
    ) -> Result:
        """Raises BackupError when the exit status isn't one of `accept`, or after `timeout` seconds."""
        source = subprocess.DEVNULL if stdin is None else subprocess.PIPE
        process = start(argv, env, stdin=source, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            stdout, stderr = process.communicate(stdin, timeout)
        except subprocess.TimeoutExpired:
            raise BackupError(f"{step}: {argv[0]} had not ended after {timeout:g} seconds") from None
        finally:
            stop(process)
        result = Result(process.returncode, stdout, stderr)
        if result.status not in accept:
            raise self.failure(step, argv[0], result.status, stderr or stdout)
        return result

    def failure(self, step: str, tool: str, status: int, said: str) -> BackupError:
        how = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
        text = tail(self.log.clean(said))
        return BackupError(f"{step}: {tool} {how}" + (f":\n{text}" if text else ""))


def tail(text: str) -> str:
    lines = [line.rstrip() for line in text.strip().splitlines() if line.strip()]
    return "\n".join(lines[-TAIL_LINES:])


def _abort(number: int, _frame: FrameType | None) -> None:
    # Once: what follows is the cleaning up, and that is to end.
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)
    raise Aborted(f"stopped by {signal.Signals(number).name}; nothing half-made remains")


@contextmanager
def abortable() -> Iterator[None]:
    """SIGTERM and SIGINT become an exception in the main thread, so that every `finally` is reached."""
    previous = {each: signal.signal(each, _abort) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for each, handler in previous.items():
            signal.signal(each, handler)


class Background(threading.Thread):
    """A function beside the main thread; `result()` waits and hands on its exception."""

    def __init__(self, function: object, *args: object) -> None:
        super().__init__(daemon=True)
        self.function = function
        self.args = args
        self.value: object = None
        self.error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self.value = self.function(*self.args)  # type: ignore[operator]
        except BaseException as error:  # noqa: BLE001 - handed on to the main thread
            self.error = error

    def result(self) -> object:
        while self.is_alive():
            # In short waits, so that a signal is seen.
            self.join(0.5)
        if self.error is not None:
            raise self.error
        return self.value
