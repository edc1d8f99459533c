"""Work for the worker, and what worker and scheduler have done."""
from __future__ import annotations

import uuid

import asyncpg
from aiohttp import web

from .. import job_kinds
from ..context import body_of, context, refusal, reply
from ..job_queue import Job

routes = web.RouteTableDef()

DONE = "SELECT id, kind, state, result, error, attempts, enqueued_at, finished_at, worker, release FROM jobs"


@routes.get("/api/jobs")
async def overview(request: web.Request) -> web.Response:
    ctx = context(request)
    done = await ctx.pool.fetch(f"{DONE} ORDER BY finished_at DESC, id LIMIT 20")
    ticks = await ctx.pool.fetch("SELECT id, event, at, instance, release FROM ticks ORDER BY id DESC LIMIT 20")
    totals = await ctx.pool.fetchrow(
        "SELECT (SELECT count(*) FROM jobs) AS jobs, (SELECT count(*) FROM ticks WHERE event = 'tick') AS ticks"
    )
    return reply(
        {
            "queue": await ctx.queue.sizes(),
            "total": totals["jobs"],
            "jobs": [job(row) for row in done],
            "ticksTotal": totals["ticks"],
            "ticks": [{**dict(row), "at": row["at"].isoformat()} for row in ticks],
        }
    )


@routes.get("/api/jobs/{id}")
async def one(request: web.Request) -> web.Response:
    try:
        wanted = uuid.UUID(request.match_info["id"])
    except ValueError:
        return refusal(404, "no such job")
    row = await context(request).pool.fetchrow(f"{DONE} WHERE id = $1", wanted)
    return reply(job(row)) if row else refusal(404, "not done yet, or no such job")


@routes.post("/api/jobs")
async def enqueue(request: web.Request) -> web.Response:
    body = await body_of(request)
    kind, payload = body.get("kind"), body.get("payload", {})
    problems = job_kinds.check(kind, payload)
    if problems:
        return refusal(400, "; ".join(problems))
    new = Job.new(str(kind), payload)
    await context(request).queue.enqueue(new)
    return reply({"id": new.id, "state": "queued"}, 202)


def job(row: asyncpg.Record) -> dict[str, object]:
    return {
        "id": str(row["id"]),
        "kind": row["kind"],
        "state": row["state"],
        "result": row["result"],
        "error": row["error"],
        "attempts": row["attempts"],
        "enqueuedAt": row["enqueued_at"].isoformat(),
        "finishedAt": row["finished_at"].isoformat(),
        "worker": row["worker"],
        "release": row["release"],
    }
