"""Connections to PostgreSQL: one URL as libpq understands it, bounded waits, and which errors mean 'not there'."""
from __future__ import annotations

import asyncio
import json
import time
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import asyncpg

from . import logs

log = logs.get(__name__)

CONNECT_SECONDS = 5
QUERY_SECONDS = 10

# Of libpq alone; the driver would send them to the server as settings.
_LIBPQ_ONLY = {"connect_timeout", "channel_binding", "gssencmode", "sslsni", "sslcompression", "keepalives", "keepalives_idle"}

# What is raised while the server is away, starting, or refuses a connection.
UNAVAILABLE = (
    OSError,
    asyncio.TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InvalidCatalogNameError,
)


def driver_url(url: str) -> str:
    parts = urlsplit(url)
    query = [(key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True) if key not in _LIBPQ_ONLY]
    return urlunsplit(parts._replace(query=urlencode(query)))


def address(url: str) -> str:
    """host:port/database, for messages: no user, no password."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or 5432}{parts.path}"


async def connect(url: str) -> asyncpg.Connection:
    return await asyncpg.connect(driver_url(url), timeout=CONNECT_SECONDS, command_timeout=QUERY_SECONDS)


async def open_pool(url: str, size: int) -> asyncpg.Pool:
    """Connects on first use, so that the process starts, and says 503, while the database is away."""
    return await asyncpg.create_pool(
        driver_url(url), min_size=0, max_size=size, timeout=CONNECT_SECONDS, command_timeout=QUERY_SECONDS, init=_with_json
    )


async def _with_json(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")


async def connect_within(url: str, seconds: float) -> asyncpg.Connection:
    """Tries once a second. Raises TimeoutError that names the server and the last refusal."""
    deadline = time.monotonic() + seconds
    said = ""
    while True:
        try:
            return await connect(url)
        except UNAVAILABLE as error:
            if time.monotonic() >= deadline:
                raise TimeoutError(f"database {address(url)}: no connection within {seconds:.0f} s; last answer: {reason(error)}") from None
            if said != reason(error):
                said = reason(error)
                log.info("waiting for the database", fields={"address": address(url), "error": said})
            await asyncio.sleep(1)


def reason(error: BaseException) -> str:
    """What went wrong, without text that could hold a connection string."""
    if isinstance(error, asyncpg.PostgresError):
        return f"{error.sqlstate} {type(error).__name__}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__


class Probe:
    """Is the database there? One connection of its own, so that a busy pool is no outage; concurrent questions share one answer."""

    def __init__(self, url: str, seconds: float = 2) -> None:
        self._url = url
        self._seconds = seconds
        self._connection: asyncpg.Connection | None = None
        self._running: asyncio.Task[bool] | None = None

    async def connected(self) -> bool:
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._bounded())
        return await asyncio.shield(self._running)

    async def _bounded(self) -> bool:
        ask = asyncio.create_task(self._ask())
        done, _ = await asyncio.wait({ask}, timeout=self._seconds)
        if ask in done and ask.exception() is None:
            return True
        error = ask.exception() if ask in done else asyncio.TimeoutError()
        ask.cancel()
        self.close()
        log.warning("the database does not answer", fields={"address": address(self._url), "error": reason(error or asyncio.TimeoutError())})
        return False

    async def _ask(self) -> None:
        if self._connection is None or self._connection.is_closed():
            self._connection = await connect(self._url)
        await self._connection.fetchval("SELECT 1")

    def close(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None
