"""The scheduler: meant to run exactly once. It takes no lock, so that a deployment that runs two shows it in the table."""
from __future__ import annotations

import asyncio
import time

import asyncpg

from . import database, logs
from .heartbeat import Heartbeat
from .settings import Settings
from .stopping import pause, stop_event

log = logs.get(__name__)

BEAT_SECONDS = 5


async def schedule(settings: Settings) -> int:
    stop = stop_event()
    pool = await database.open_pool(settings.database_url, settings.pool_size)
    log.info("started", fields={"every": settings.schedule_seconds})
    try:
        await Scheduler(settings, pool).run(stop)
    finally:
        pool.terminate()
    log.info("stopped")
    return 0


class Scheduler:
    def __init__(self, settings: Settings, pool: asyncpg.Pool) -> None:
        self._settings = settings
        self._pool = pool
        self._heartbeat = Heartbeat(settings.heartbeat_dir, "scheduler")
        self._started = False

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            began = time.monotonic()
            if await self._tick():
                await self._wait(stop, began + self._settings.schedule_seconds)
            else:
                await pause(stop, 1)
        if self._started:
            await self._record_stop()

    async def _tick(self) -> bool:
        try:
            if not self._started:
                await self._record("start")
                self._started = True
            await self._record("tick")
            pruned = await self._prune()
        except database.UNAVAILABLE as error:
            log.warning("tick failed, trying again", fields={"error": database.reason(error)})
            return False
        log.info("tick", fields={"pruned": pruned})
        return True

    async def _wait(self, stop: asyncio.Event, until: float) -> None:
        while not stop.is_set():
            self._heartbeat.beat()
            left = until - time.monotonic()
            if left <= 0:
                return
            await pause(stop, min(left, BEAT_SECONDS))

    async def _record(self, event: str) -> None:
        await self._pool.execute(
            "INSERT INTO ticks (event, instance, release) VALUES ($1, $2, $3)", event, self._settings.instance, self._settings.release
        )

    async def _prune(self) -> int:
        hours = self._settings.keep_hours
        ticks = await self._pool.execute("DELETE FROM ticks WHERE at < now() - make_interval(hours => $1)", hours)
        jobs = await self._pool.execute("DELETE FROM jobs WHERE finished_at < now() - make_interval(hours => $1)", hours)
        return int(ticks.split()[-1]) + int(jobs.split()[-1])

    async def _record_stop(self) -> None:
        try:
            await asyncio.wait_for(self._record("stop"), 5)
        except database.UNAVAILABLE as error:
            log.warning("stop not recorded", fields={"error": database.reason(error)})
