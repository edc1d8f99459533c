"""Databases that are files: a raw copy of one that is written to may be torn, so SQLite itself copies each (R52)."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from . import files
from .errors import BackupError
from .inventory import Inventory, differences
from .log import Log

HEADER = b"SQLite format 3\0"
SMALLEST_PAGE = 512
"""Every database is a whole number of these: most other files needn't be opened to know that they are none."""
COMPANIONS = ("-wal", "-shm", "-journal")
PATIENCE = 60.0
"""Seconds that a writer may hold its lock."""
LOCK_TIMEOUT = 5.0
WAITING = (5, 6)
"""SQLITE_BUSY and SQLITE_LOCKED."""
MANY = 5

Databases = dict[str, Inventory]
"""Path inside the files → what is in it."""


def find(folder: Path) -> list[str]:
    return sorted(str(entry.relative_to(folder)) for entry, size in files.regular(folder) if _is_database(entry, size))


def copy_all(folder: Path, target: Path, log: Log) -> Databases:
    """Copies each database below `folder`, as one moment saw it, to the same place below `target`."""
    found: Databases = {}
    for name in find(folder):
        try:
            _copy(folder / name, target / name)
            found[name] = content(target / name)
        except (sqlite3.Error, UnicodeError, FileNotFoundError) as error:
            target.joinpath(name).unlink(missing_ok=True)
            if (folder / name).exists():
                log.warning(f"sqlite: {folder / name} is copied as any other file, as SQLite can't read it: {error}")
    return found


def originals(folder: Path, databases: Databases) -> list[str]:
    """What the copies stand for: these paths stay out of the snapshot."""
    return [f"{folder / name}{ending}" for name in databases for ending in ("", *COMPANIONS)]


def require_whole(path: Path, expected: Inventory, step: str) -> None:
    """Raises BackupError unless SQLite finds no fault and every table has its rows."""
    try:
        problems = [*faults(path), *differences(expected, content(path))]
    except (sqlite3.Error, UnicodeError) as error:
        problems = [str(error)]
    if problems:
        raise BackupError("\n".join([f"{step}: {path.name}: what arrived is not what was backed up:", *problems[:MANY]]))


def content(path: Path) -> Inventory:
    """Rows of each table, by counting. The form is that of PostgreSQL's, so that both are compared alike."""
    with closing(_open(path, "ro&immutable=1")) as database:
        # What modules make of other tables has no page of its own, and their code isn't here.
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0 ORDER BY name")]
        return {"tables": {name: _rows(database, name) for name in names}, "sequences": {}, "largeObjects": 0}


def faults(path: Path) -> list[str]:
    with closing(_open(path, "ro&immutable=1")) as database:
        try:
            return [line for (line,) in database.execute(f"PRAGMA integrity_check({MANY})") if line != "ok"]
        except sqlite3.OperationalError as error:
            # A function or an order that the application brings itself: the rest is compared by rows.
            if "no such" in str(error):
                return []
            raise


def place(copies: Path, target: Path, expected: Databases, step: str) -> int:
    """Restored copies, each proved, to where the application looks for them. Both folders are in one file system."""
    for name, wanted in expected.items():
        if not (copies / name).is_file():
            raise BackupError(f"{step}: {name}: is missing in the snapshot")
        require_whole(copies / name, wanted, step)
        (copies / name).rename(target / name)
    return len(expected)


def _is_database(path: Path, size: int) -> bool:
    if size == 0 or size % SMALLEST_PAGE != 0:
        return False
    try:
        with open(path, "rb") as file:
            return file.read(len(HEADER)) == HEADER
    except OSError:
        # Gone since, or unreadable: what reads all files will say so.
        return False


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    status = source.stat()
    end = time.monotonic() + PATIENCE

    def patient(status: int, _remaining: int, _total: int) -> None:
        if status in WAITING and time.monotonic() > end:
            raise BackupError(f"sqlite: {source} has been locked for {PATIENCE:g} seconds: end the transaction that holds it")

    # Writable, so that what a killed writer left half-done can be rolled back first, as any reader does.
    with closing(_open(source, "rw")) as live, closing(sqlite3.connect(target)) as copy:
        try:
            # All pages in one step: nobody writes in between.
            live.backup(copy, pages=-1, progress=patient, sleep=0.25)
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise BackupError(f"sqlite: {source}: {error}: end the transaction that holds it") from None
            raise
    os.chown(target, status.st_uid, status.st_gid)
    os.chmod(target, status.st_mode & 0o7777)


def _open(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path))}?mode={mode}", uri=True, timeout=LOCK_TIMEOUT, isolation_level=None)


def _rows(database: sqlite3.Connection, table: str) -> int:
    quoted = table.replace('"', '""')
    rows: Iterator[Any] = database.execute(f'SELECT count(*) FROM "{quoted}"')
    return int(next(rows)[0])
