"""The database, as one moment saw it, as a folder that pg_restore reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .database import Server, Session
from .errors import BackupError
from .inventory import count_rows, describe, sequences, steady
from .processes import Background
from .settings import Settings

JOBS = 2
LOCK_WAIT_MS = 300_000
"""A migration may hold its locks for a while; a dump that waits longer fails and is tried again."""


def dump(server: Server, settings: Settings, folder: Path) -> dict[str, Any]:
    """
    Returns the inventory of what is in the dump. Dump and counts share one exported snapshot: they agree although the application goes
    on writing. Rows are counted by the server, not in the dump, so that a dump that lost some doesn't agree with itself.
    """
    if not server.exists(settings.database):
        raise BackupError(f'dump: there is no database "{settings.database}" on the server: deploy it, or restore one')
    with server.session(settings.database) as session:
        session.query("dump", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;")
        snapshot = session.query("dump", "SELECT pg_export_snapshot();")[0]
        description = describe(session)
        before = sequences(session)
        counting = Background(_count, session)
        _pg_dump(server, settings.database, snapshot, folder)
        counted = counting.result()
        assert isinstance(counted, dict)
        after = sequences(session)
    # Reads the table of contents back: a dump that pg_restore can't read isn't one.
    server.tools.run("dump", ["pg_restore", "--list", "--file", "/dev/null", str(folder)])
    return {"database": description, **counted, "sequences": steady(before, after)}


def _count(session: Session) -> dict[str, Any]:
    return count_rows(session)


def _pg_dump(server: Server, database: str, snapshot: str, folder: Path) -> None:
    server.tools.run(
        "dump",
        [
            *["pg_dump", *server.where, "--format", "directory", "--jobs", str(JOBS), "--snapshot", snapshot],
            # restic compresses, and finds what it has already: in compressed files it would find nothing.
            *["--compress", "0", "--no-sync", "--lock-wait-timeout", str(LOCK_WAIT_MS), "--file", str(folder), "--dbname", database],
        ],
        env=server.environment(),
    )
