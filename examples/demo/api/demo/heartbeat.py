"""A file whose age says when a background role last did its work with success."""
from __future__ import annotations

import time
from pathlib import Path

# A worker may be busy with one job for 20 s, and waits up to 5 s for the next.
LONGEST_SILENCE_SECONDS = {"worker": 60, "scheduler": 30}


def path_of(directory: Path, role: str) -> Path:
    return directory / f"demo-{role}.heartbeat"


class Heartbeat:
    def __init__(self, directory: Path, role: str) -> None:
        self._path = path_of(directory, role)

    def beat(self) -> None:
        self._path.touch()


def silence(directory: Path, role: str) -> float | None:
    """Seconds since the last beat; None where there was none yet."""
    try:
        return time.time() - path_of(directory, role).stat().st_mtime
    except FileNotFoundError:
        return None
