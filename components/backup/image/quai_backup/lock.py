"""One command at a time changes the repository or the databases beside the real one."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import Busy
from .state import iso, now, read_json


_held: set[Path] = set()
"""Locks of this very process: what it calls under one may ask for it again."""


@contextmanager
def exclusive(path: Path, what: str, wait: float = 0) -> Iterator[None]:
    """
    Raises Busy when another command still holds it after `wait` seconds. The kernel frees the lock of a killed command. Within a command
    that holds it, nothing more is asked for.
    """
    if path in _held:
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _acquire(handle, path, wait)
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps({"what": what, "pid": os.getpid(), "since": iso(now())}).encode(), 0)
        _held.add(path)
        yield
    finally:
        _held.discard(path)
        os.close(handle)


def held_by(path: Path) -> dict[str, str] | None:
    """Who works at present; None when nobody does."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return None
    except BlockingIOError:
        return read_json(path) or {"what": "another command"}
    finally:
        os.close(handle)


def _acquire(handle: int, path: Path, wait: float) -> None:
    # At least a second: who only looks whether somebody works holds it for a moment, too.
    end = time.monotonic() + max(wait, 1)
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= end:
                holder = read_json(path)
                raise Busy(
                    f"{holder.get('what', 'another command')} is running since {holder.get('since', 'a moment ago')}: "
                    "wait for its end, or give --wait SECONDS"
                ) from None
        time.sleep(0.2)
