"""The worker: takes jobs one by one, writes a row for each. Nothing is lost when it, the queue or the database goes away."""
from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

import asyncpg

from . import database, job_kinds, logs
from .heartbeat import Heartbeat
from .job_queue import UNAVAILABLE as QUEUE_UNAVAILABLE
from .job_queue import Job, JobQueue, open_redis
from .settings import Settings
from .stopping import pause, stop_event, unless_stopped

log = logs.get(__name__)

ATTEMPTS = 3
TAKE_SECONDS = 5
JOB_SECONDS = 20

INSERT = """
INSERT INTO jobs (id, kind, payload, state, result, error, attempts, enqueued_at, worker, release)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO NOTHING
"""


async def work(settings: Settings) -> int:
    stop = stop_event()
    pool = await database.open_pool(settings.database_url, settings.pool_size)
    client = open_redis(settings.redis_url)
    worker = Worker(settings, pool, JobQueue(client, settings.instance))
    log.info("started", fields={"worker": settings.instance})
    try:
        await worker.run(stop)
    finally:
        await client.close()
        pool.terminate()
    log.info("stopped", fields={"worker": settings.instance})
    return 0


class Worker:
    def __init__(self, settings: Settings, pool: asyncpg.Pool, queue: JobQueue) -> None:
        self._settings = settings
        self._pool = pool
        self._queue = queue
        self._heartbeat = Heartbeat(settings.heartbeat_dir, "worker")

    async def run(self, stop: asyncio.Event) -> None:
        # What an earlier run of the same container, or a lost answer, left in this worker's own list goes back first.
        unclean = True
        while not stop.is_set():
            try:
                if unclean:
                    self._say_returned(await self._queue.give_back(), "own")
                    unclean = False
                await self._queue.register()
                self._say_returned(await self._queue.recover(), "of workers that are gone")
                self._heartbeat.beat()
                raw = await unless_stopped(stop, self._queue.take(TAKE_SECONDS))
                if raw is not None:
                    await self._handle(raw)
            except (*QUEUE_UNAVAILABLE, *database.UNAVAILABLE) as error:
                unclean = True
                log.warning("waiting for the queue and the database", fields={"error": database.reason(error)})
                await pause(stop, 1)
        await self._leave()

    async def _handle(self, raw: str) -> None:
        try:
            job = Job.load(raw).again()
        except ValueError as error:
            log.error(f"buried: {error}")
            await self._queue.bury(raw)
            return
        try:
            result = await asyncio.wait_for(job_kinds.perform(job.kind, job.payload, self._settings.uploads_dir), JOB_SECONDS)
        except (job_kinds.JobError, asyncio.TimeoutError, OSError) as error:
            text = str(error) or type(error).__name__
            if job.attempts < ATTEMPTS:
                log.warning("job will be tried again", fields={"job": job.id, "attempts": job.attempts, "error": text})
                await self._queue.retry(raw, job)
                return
            await self._write(job, "failed", None, text)
        else:
            await self._write(job, "done", result, None)
        await self._queue.done(raw)

    async def _write(self, job: Job, state: str, result: dict[str, Any] | None, error: str | None) -> None:
        at = datetime.fromisoformat(job.enqueued_at)
        values = (job.id, job.kind, job.payload, state, result, error, job.attempts, at, self._settings.instance, self._settings.release)
        await self._pool.execute(INSERT, *values)
        log.info("job ended", fields={"job": job.id, "kind": job.kind, "state": state, "attempts": job.attempts})

    async def _leave(self) -> None:
        try:
            self._say_returned(await self._queue.leave(), "own")
        except QUEUE_UNAVAILABLE as error:
            log.warning("left without giving back: the next start does", fields={"error": database.reason(error)})

    def _say_returned(self, count: int, whose: str) -> None:
        if count:
            log.info("jobs returned to the queue", fields={"count": count, "whose": whose})
