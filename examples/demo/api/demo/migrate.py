"""Applies the numbered SQL files once each, in order. A failure leaves the database as it was before the file that failed."""
from __future__ import annotations

import asyncpg

from . import logs
from .database import address, connect_within
from .migration_files import Migration, MigrationError, pending, read_migrations
from .settings import Settings

log = logs.get(__name__)

# Any number does, as long as every version of this program takes the same.
LOCK = 0x6465_6D6F
LOCK_WAIT = "60s"

SCHEMA = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    version    integer PRIMARY KEY,
    name       text        NOT NULL,
    sha256     text        NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    release    text        NOT NULL
)
"""


async def migrate(settings: Settings) -> int:
    """Exit status: 0 done or nothing to do, 1 failed."""
    try:
        migrations = read_migrations(settings.migrations_dir)
        connection = await connect_within(settings.database_url, settings.wait_seconds)
    except (MigrationError, TimeoutError) as error:
        log.error(str(error))
        return 1
    try:
        await _under_lock(connection, migrations, settings)
    except MigrationError as error:
        log.error(str(error))
        return 1
    except asyncpg.PostgresError as error:
        log.error(f"migrations stopped: {error.sqlstate} {error}", fields={"address": address(settings.database_url)})
        return 1
    finally:
        await connection.close(timeout=5)
    return 0


async def _under_lock(connection: asyncpg.Connection, migrations: list[Migration], settings: Settings) -> None:
    await connection.execute(f"SET lock_timeout = '{LOCK_WAIT}'")
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", LOCK, timeout=70)
    except asyncpg.LockNotAvailableError:
        raise MigrationError(f"another migration has held the lock for {LOCK_WAIT}; see pg_locks, then try again") from None
    await connection.execute(SCHEMA)
    rows = await connection.fetch("SELECT version, sha256 FROM schema_migrations")
    todo = pending(migrations, {row["version"]: row["sha256"] for row in rows})
    for migration in todo:
        await _apply(connection, migration, settings.release)
    if settings.grant_to:
        await _grant(connection, settings.grant_to)
    if settings.break_on_purpose == "migrate":
        await _apply(connection, Migration(9999, "9999_broken_on_purpose.sql", "CREATE TABLE broken (id integer); SELECT 1 / 0;"), settings.release)
    log.info(f"migrations: {len(todo)} applied, {len(rows)} were there already", fields={"version": migrations[-1].version})


async def _apply(connection: asyncpg.Connection, migration: Migration, release: str) -> None:
    try:
        async with connection.transaction():
            await connection.execute(migration.sql, timeout=600)
            await connection.execute(
                "INSERT INTO schema_migrations (version, name, sha256, release) VALUES ($1, $2, $3, $4)",
                migration.version,
                migration.name,
                migration.sha256,
                release,
            )
    except asyncpg.PostgresError as error:
        raise MigrationError(f"migrations/{migration.name}: {error.sqlstate} {error}; nothing of this file was kept") from None
    log.info(f"applied {migration.name}")


async def _grant(connection: asyncpg.Connection, role: str) -> None:
    """Only where default privileges were not set up for the owner. The name was checked when the settings were read."""
    if await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role) is None:
        raise MigrationError(f'GRANT_TO: the database has no role "{role}"')
    quoted = f'"{role}"'
    await connection.execute(
        f"GRANT USAGE ON SCHEMA public TO {quoted};"
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {quoted};"
        f"REVOKE INSERT, UPDATE, DELETE ON schema_migrations FROM {quoted};"
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {quoted};"
    )
