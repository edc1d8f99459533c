"""Rows in the database."""
from __future__ import annotations

import asyncpg
from aiohttp import web

from ..context import body_of, context, refusal, reply

routes = web.RouteTableDef()

LONGEST = 2000


@routes.get("/api/notes")
async def list_notes(request: web.Request) -> web.Response:
    pool = context(request).pool
    rows = await pool.fetch("SELECT id, body, created_at, release FROM notes ORDER BY id DESC LIMIT 50")
    total = await pool.fetchval("SELECT count(*) FROM notes")
    return reply({"total": total, "notes": [note(row) for row in rows]})


@routes.post("/api/notes")
async def add_note(request: web.Request) -> web.Response:
    body = (await body_of(request)).get("body")
    if not isinstance(body, str) or not 1 <= len(body.strip()) <= LONGEST or "\x00" in body:
        return refusal(400, f"body: must be a text of 1 to {LONGEST} characters")
    ctx = context(request)
    row = await ctx.pool.fetchrow(
        "INSERT INTO notes (body, release) VALUES ($1, $2) RETURNING id, body, created_at, release", body.strip(), ctx.settings.release
    )
    return reply(note(row), 201)


def note(row: asyncpg.Record) -> dict[str, object]:
    return {"id": row["id"], "body": row["body"], "createdAt": row["created_at"].isoformat(), "release": row["release"]}
