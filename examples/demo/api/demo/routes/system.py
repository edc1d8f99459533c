"""Health, and what tests of a proxy need: an echo and a slow answer."""
from __future__ import annotations

import asyncio

from aiohttp import web

from ..context import context, refusal, reply

routes = web.RouteTableDef()

LONGEST_SECONDS = 120
HIDDEN = ("authorization", "cookie", "proxy-authorization")


@routes.get("/api/health")
async def health(request: web.Request) -> web.Response:
    ctx = context(request)
    connected = await ctx.probe.connected()
    good = connected and ctx.settings.break_on_purpose != "health"
    return reply(
        {
            "status": "ok" if good else "unavailable",
            "database": "connected" if connected else "unreachable",
            "release": ctx.settings.release,
            "version": ctx.settings.version,
        },
        200 if good else 503,
    )


@routes.get("/api/echo")
async def echo(request: web.Request) -> web.Response:
    """The request as it arrived. Each header is a list, so that one sent twice shows; credentials are never repeated."""
    headers: dict[str, list[str]] = {}
    for name, value in request.headers.items():
        headers.setdefault(name.lower(), []).append("(hidden)" if name.lower() in HIDDEN else value)
    settings = context(request).settings
    return reply(
        {
            "method": request.method,
            "path": request.path,
            "query": dict(request.query),
            "headers": headers,
            "peer": request.remote,
            "release": settings.release,
            "instance": settings.instance,
        }
    )


@routes.get("/api/slow")
async def slow(request: web.Request) -> web.Response:
    try:
        seconds = float(request.query.get("seconds", "1"))
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= LONGEST_SECONDS:
        return refusal(400, f"seconds: must be a number from 0 to {LONGEST_SECONDS}")
    await asyncio.sleep(seconds)
    return reply({"slept": seconds, "release": context(request).settings.release})
