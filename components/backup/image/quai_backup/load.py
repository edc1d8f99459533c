"""A dump into a new database, and the proof that all of it arrived."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from . import inventory
from .database import Server, identifier, literal, setting_text
from .errors import BackupError
from .settings import Settings

JOBS = 2
_PROVIDERS = {"c": "libc", "i": "icu", "b": "builtin"}
MANY = 10


def load(server: Server, settings: Settings, manifest: dict[str, Any], folder: Path, database: str) -> inventory.Inventory:
    """Makes `database` anew from the dump in `folder`. Raises BackupError when a command fails or a table hasn't its rows."""
    step = "restore"
    description = manifest["database"]
    server.drop(database)
    server.run(step, "\n".join(_missing_role(role) for role in sorted({*description["roles"], settings.owner, settings.application})))
    server.run(step, create_database(database, settings.owner, description))
    server.run(step, _rights(database, settings))
    memory = _maintenance_memory(server)
    server.tools.run(
        step,
        [*["pg_restore", *server.where, "--format", "directory", "--jobs", str(JOBS), "--exit-on-error"], *["--dbname", database, str(folder)]],
        # Nothing refers to this database yet: after a crash of the server the restore is begun anew.
        env=server.environment(f"-c synchronous_commit=off -c maintenance_work_mem={memory}kB"),
    )
    with server.session(database) as session:
        found = inventory.count(session)
        problems = inventory.differences(manifest, found)
        if not problems:
            session.query(step, "ANALYZE;")
    if problems:
        more = [f"and {len(problems) - MANY} more"] if len(problems) > MANY else []
        raise BackupError("\n".join(["restore: what arrived is not what was backed up:", *problems[:MANY], *more]))
    for entry in description["settings"]:
        server.run(step, f"ALTER DATABASE {identifier(database)} SET {setting_text(entry)};")
    return found


def create_database(database: str, owner: str, description: dict[str, Any]) -> str:
    provider = description["provider"]
    options = [
        f"OWNER {identifier(owner)} TEMPLATE template0 ENCODING {literal(description['encoding'])}",
        f"LOCALE_PROVIDER {_PROVIDERS.get(provider, 'libc')}",
        f"LC_COLLATE {literal(description['collate'])} LC_CTYPE {literal(description['ctype'])}",
    ]
    # Until it takes the real one's place, only the administrator gets in.
    options.append("CONNECTION LIMIT 0")
    if provider in ("i", "b") and description["locale"]:
        options.append(f"{'ICU' if provider == 'i' else 'BUILTIN'}_LOCALE {literal(description['locale'])}")
    return f"CREATE DATABASE {identifier(database)} {' '.join(options)};"


def _missing_role(role: str) -> str:
    """Owners and grantees; those that log in are made by the deployment, with their passwords."""
    return (
        f"SELECT format('CREATE ROLE %I NOLOGIN', {literal(role)}) "
        f"WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {literal(role)}) \\gexec"
    )


def _rights(database: str, settings: Settings) -> str:
    """Rights on a database as a whole aren't part of its dump."""
    name = identifier(database)
    return (
        f"REVOKE ALL ON DATABASE {name} FROM PUBLIC;\n"
        f"GRANT CONNECT, TEMPORARY ON DATABASE {name} TO {identifier(settings.application)};"
    )


def _maintenance_memory(server: Server) -> int:
    """kB for building an index, for each job: half of the shared buffers, which are a quarter of the server's own limit."""
    sql = "SELECT pg_size_bytes(current_setting('shared_buffers')) / 1024;"
    buffers = server.rows("restore", sql)[0]
    return int(min(512 * 1024, max(32 * 1024, buffers // 2)))
