"""SQL through psql on the server's socket, as the administrator."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .errors import BackupError
from .processes import Tools, start, stop, tail
from .settings import Settings

# Long statements are what this tool is made of, so limits that someone set for the application's sessions don't hold for it.
SESSION_OPTIONS = (
    "-c statement_timeout=0 -c idle_in_transaction_session_timeout=0 -c lock_timeout=300s "
    "-c client_min_messages=warning -c row_security=off"
)
_LISTS = {
    "local_preload_libraries",
    "search_path",
    "session_preload_libraries",
    "shared_preload_libraries",
    "temp_tablespaces",
    "unix_socket_directories",
}


def identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    quoted = text.replace("'", "''")
    return f" E'{quoted.replace(chr(92), chr(92) * 2)}'" if "\\" in text else f"'{quoted}'"


def setting_text(entry: str) -> str:
    """`name=value` as pg_db_role_setting keeps it → `name TO value`. Lists are kept as they are to be written."""
    name, _, value = entry.partition("=")
    return f"{name} TO {value if name in _LISTS and value else literal(value)}"


class Server:
    def __init__(self, settings: Settings, tools: Tools) -> None:
        self.settings = settings
        self.tools = tools
        self.where = ["--username", "postgres", "--host", str(settings.paths.socket), "--no-password"]

    def psql(self, database: str) -> list[str]:
        flags = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1"]
        return ["psql", *self.where, *flags, "--dbname", database]

    def environment(self, more: str = "") -> dict[str, str]:
        return {"PGOPTIONS": f"{SESSION_OPTIONS} {more}".strip(), "PGAPPNAME": "quai-backup", "PGCLIENTENCODING": "UTF8"}

    def run(self, step: str, sql: str, database: str = "postgres") -> list[str]:
        """Lines of the answer. Several statements are separate transactions, unless the text says BEGIN."""
        return self.tools.run(step, self.psql(database), env=self.environment(), stdin=sql + "\n").stdout.splitlines()

    def rows(self, step: str, sql: str, database: str = "postgres") -> list[Any]:
        """Each line of the answer is one JSON value."""
        return [json.loads(line) for line in self.run(step, sql, database)]

    def exists(self, database: str) -> bool:
        return bool(self.run("database", f"SELECT 1 FROM pg_database WHERE datname = {literal(database)};"))

    def databases(self, prefix: str) -> list[str]:
        """Names that begin so, in order."""
        sql = f"SELECT to_json(datname) FROM pg_database WHERE starts_with(datname, {literal(prefix)}) ORDER BY datname;"
        return self.rows("database", sql)

    def drop(self, database: str) -> None:
        name = identifier(database)
        self.run("database", f"DROP DATABASE IF EXISTS {name} WITH (FORCE);")

    def wait_until_ready(self, seconds: float) -> None:
        """After a reboot of the host both containers start at once."""
        end = time.monotonic() + seconds
        while True:
            argv = ["pg_isready", "--quiet", "--username", "postgres", "--host", str(self.settings.paths.socket)]
            if self.tools.run("database", argv, accept=(0, 1, 2)).status == 0:
                return
            if time.monotonic() > end:
                raise BackupError(
                    f"database: the server doesn't answer on {self.settings.paths.socket} after {seconds:g} seconds: look at the database's container"
                )
            time.sleep(0.5)

    @contextmanager
    def session(self, database: str) -> Iterator[Session]:
        with tempfile.TemporaryFile("w+", errors="replace") as said:
            process = start(
                self.psql(database), self.environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said
            )
            try:
                yield Session(process, said, self.tools)
            finally:
                # Its transaction only read: there is nothing to wait for.
                stop(process, patience=0)


class NoServer(Server):
    """Where there is no PostgreSQL: nothing exists in it, and nobody has to wait for it."""

    def exists(self, database: str) -> bool:
        return False

    def databases(self, prefix: str) -> list[str]:
        return []

    def drop(self, database: str) -> None:
        pass

    def wait_until_ready(self, seconds: float) -> None:
        pass


def server_of(settings: Settings, tools: Tools) -> Server:
    return Server(settings, tools) if settings.database else NoServer(settings, tools)


class Session:
    """One connection that stays open, so that statements share a transaction."""

    END = "-- quai: end of answer --"

    def __init__(self, process: subprocess.Popen[str], said: Any, tools: Tools) -> None:
        self.process = process
        self.said = said
        self.tools = tools

    def query(self, step: str, sql: str) -> list[str]:
        assert self.process.stdin is not None and self.process.stdout is not None
        try:
            self.process.stdin.write(f"{sql}\n\\echo '{self.END}'\n")
            self.process.stdin.flush()
        except OSError:
            raise self.failure(step) from None
        lines: list[str] = []
        for line in self.process.stdout:
            if line.rstrip("\n") == self.END:
                return lines
            lines.append(line.rstrip("\n"))
        raise self.failure(step)

    def rows(self, step: str, sql: str) -> list[Any]:
        return [json.loads(line) for line in self.query(step, sql)]

    def failure(self, step: str) -> BackupError:
        self.said.seek(0)
        return BackupError(f"{step}: psql ended:\n{tail(self.tools.log.clean(self.said.read()))}")
