"""The numbered SQL files: how they are named, and which of them a database still lacks."""
from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path


class MigrationError(Exception):
    """The files, or what the database says of them, do not fit; or a file failed."""


@dataclass(frozen=True)
class Migration:
    version: int
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def read_migrations(directory: Path) -> list[Migration]:
    """Sorted by number. Raises MigrationError for names that do not follow 0001_what_it_does.sql, gaps and doubles."""
    migrations: list[Migration] = []
    for path in sorted(directory.glob("*.sql")):
        match = re.fullmatch(r"(\d{4})_[a-z0-9_]+\.sql", path.name)
        if not match:
            raise MigrationError(f"migrations/{path.name}: must be named like 0001_what_it_does.sql")
        migrations.append(Migration(int(match[1]), path.name, path.read_text(encoding="utf-8")))
    for expected, migration in enumerate(migrations, start=1):
        if migration.version != expected:
            raise MigrationError(f"migrations/{migration.name}: number {expected:04d} was expected here; number the files without gaps or doubles")
    if not migrations:
        raise MigrationError(f"{directory}: holds no migrations; MIGRATIONS_DIR must name their folder")
    return migrations


def pending(migrations: list[Migration], applied: dict[int, str]) -> list[Migration]:
    """What is still to do. A database that is ahead (an older release after a rollback) is no fault."""
    for migration in migrations:
        if migration.version in applied and applied[migration.version] != migration.sha256:
            raise MigrationError(f"migrations/{migration.name}: has changed since it was applied; put it back and add a new file instead")
    return [m for m in migrations if m.version not in applied]
