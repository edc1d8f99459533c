"""A queue in Redis that loses nothing: a job leaves a worker's own list only once its result is written."""
from __future__ import annotations

import json
import uuid
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from typing import Any

import redis.asyncio
from redis.exceptions import RedisError

QUEUED = "demo:jobs:queued"
DEAD = "demo:jobs:dead"
WORKERS = "demo:workers"

UNAVAILABLE = (RedisError, OSError)


@dataclass(frozen=True)
class Job:
    id: str
    kind: str
    payload: dict[str, Any]
    enqueued_at: str
    attempts: int = 0

    @staticmethod
    def new(kind: str, payload: dict[str, Any]) -> Job:
        return Job(str(uuid.uuid4()), kind, payload, datetime.now(timezone.utc).isoformat())

    def dump(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)

    @staticmethod
    def load(raw: str) -> Job:
        """Raises ValueError where the text is no job."""
        try:
            value = json.loads(raw)
            job = Job(str(uuid.UUID(value["id"])), value["kind"], value["payload"], value["enqueued_at"], int(value["attempts"]))
            datetime.fromisoformat(job.enqueued_at)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a job: {type(error).__name__}") from None
        if not isinstance(job.kind, str) or not isinstance(job.payload, dict):
            raise ValueError("not a job: kind must be text and payload an object")
        return job

    def again(self) -> Job:
        return replace(self, attempts=self.attempts + 1)


def open_redis(url: str) -> redis.asyncio.Redis:
    """Connects on first use. The read time-out is longer than any blocking wait below."""
    return redis.asyncio.from_url(url, decode_responses=True, socket_timeout=10, socket_connect_timeout=3, health_check_interval=30)


class JobQueue:
    def __init__(self, client: redis.asyncio.Redis, worker: str = "", lease_seconds: int = 60) -> None:
        self._redis = client
        self._worker = worker
        self._lease_seconds = lease_seconds

    async def enqueue(self, job: Job) -> None:
        await self._redis.lpush(QUEUED, job.dump())

    async def sizes(self) -> dict[str, int]:
        workers = sorted(await self._redis.smembers(WORKERS))
        taken = [await self._redis.llen(_taken(worker)) for worker in workers]
        return {"queued": await self._redis.llen(QUEUED), "taken": sum(taken), "dead": await self._redis.llen(DEAD), "workers": len(workers)}

    async def register(self) -> None:
        """Says that this worker lives; to be repeated well within the lease."""
        await self._redis.set(_lease(self._worker), "alive", ex=self._lease_seconds)
        await self._redis.sadd(WORKERS, self._worker)

    async def take(self, wait_seconds: int) -> str | None:
        """Moves the oldest job to this worker's own list in one step: from here on a crash of either side keeps it."""
        return await self._redis.blmove(QUEUED, _taken(self._worker), wait_seconds, "RIGHT", "LEFT")

    async def done(self, raw: str) -> None:
        await self._redis.lrem(_taken(self._worker), 1, raw)

    async def retry(self, raw: str, job: Job) -> None:
        async with self._redis.pipeline(transaction=True) as both:
            both.lrem(_taken(self._worker), 1, raw)
            both.lpush(QUEUED, job.dump())
            await both.execute()

    async def bury(self, raw: str) -> None:
        """For text that is no job: kept for a human, out of the way."""
        async with self._redis.pipeline(transaction=True) as both:
            both.lrem(_taken(self._worker), 1, raw)
            both.lpush(DEAD, raw)
            await both.execute()

    async def give_back(self, worker: str | None = None) -> int:
        """Returns what a worker had taken to the front of the queue; says how many."""
        count = 0
        while await self._redis.lmove(_taken(worker or self._worker), QUEUED, "LEFT", "RIGHT") is not None:
            count += 1
        return count

    async def recover(self) -> int:
        """Gives back the jobs of workers whose lease has run out. A job done twice leaves one result, so a slow worker does no harm."""
        count = 0
        for worker in await self._redis.smembers(WORKERS):
            if worker != self._worker and not await self._redis.exists(_lease(worker)):
                count += await self.give_back(worker)
                await self._redis.srem(WORKERS, worker)
        return count

    async def leave(self) -> int:
        count = await self.give_back()
        await self._redis.srem(WORKERS, self._worker)
        await self._redis.delete(_lease(self._worker))
        return count


def _taken(worker: str) -> str:
    return f"demo:jobs:taken:{worker}"


def _lease(worker: str) -> str:
    return f"demo:worker:{worker}"
