"""Around every request: counting for the drain, one log line, errors as JSON, and which origins may call."""
from __future__ import annotations

import re
import time
import uuid
from collections.abc import Awaitable, Callable

import asyncpg
from aiohttp import web

from . import database, logs
from .context import context, refusal
from .job_queue import UNAVAILABLE as QUEUE_UNAVAILABLE

log = logs.get(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


@web.middleware
async def observe(request: web.Request, handler: Handler) -> web.StreamResponse:
    ctx = context(request)
    began = time.monotonic()
    given = request.headers.get("X-Request-ID", "")
    request["id"] = given if re.fullmatch(r"[A-Za-z0-9._-]{8,64}", given) else uuid.uuid4().hex
    websocket = request.path == "/api/ws"
    ctx.in_flight += 0 if websocket else 1
    status = 499
    try:
        response = await handler(request)
        status = response.status
        if ctx.draining and not websocket:
            response.force_close()
        return response
    finally:
        ctx.in_flight -= 0 if websocket else 1
        write = log.debug if request.path == "/api/health" and status == 200 else log.info
        fields = {"method": request.method, "path": request.path, "status": status, "ms": round((time.monotonic() - began) * 1000, 1)}
        write("request", fields={**fields, "requestId": request["id"]})


@web.middleware
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return refusal(error.status, error.reason)
    except database.UNAVAILABLE as error:
        if isinstance(error, ConnectionResetError):
            raise
        log.warning("unavailable", fields={"error": database.reason(error), "requestId": request["id"]})
        return refusal(503, "the database is unavailable")
    except QUEUE_UNAVAILABLE as error:
        log.warning("unavailable", fields={"error": type(error).__name__, "requestId": request["id"]})
        return refusal(503, "the queue is unavailable")
    except asyncpg.PostgresError as error:
        log.error("the database refused a query", fields={"error": database.reason(error), "requestId": request["id"]})
        return refusal(500, f"internal error, request {request['id']}")
    except Exception:
        log.exception("internal error", fields={"requestId": request["id"]})
        return refusal(500, f"internal error, request {request['id']}")


@web.middleware
async def origins(request: web.Request, handler: Handler) -> web.StreamResponse:
    """CORS for the configured origins only; a request that changes something and comes from elsewhere is refused (CSRF)."""
    allowed = context(request).settings.public_origins
    origin = request.headers.get("Origin", "").lower()
    known = origin in allowed
    if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
        return web.Response(status=204, headers=_cors(origin, True)) if known else refusal(403, f"origin {origin} is not allowed")
    foreign = bool(origin) and not known
    if not origin and request.headers.get("Sec-Fetch-Site", "same-origin") == "cross-site":
        foreign = True
    changes = request.method not in SAFE_METHODS or request.headers.get("Upgrade", "").lower() == "websocket"
    if foreign and changes:
        return refusal(403, f"origin {origin or 'unknown'} is not allowed")
    response = await handler(request)
    if known and not response.prepared:
        response.headers.update(_cors(origin, False))
    return response


def _cors(origin: str, preflight: bool) -> dict[str, str]:
    headers = {"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true", "Vary": "Origin"}
    if preflight:
        headers |= {
            "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
            "Access-Control-Allow-Headers": "Content-Type, Authorization",
            "Access-Control-Max-Age": "600",
        }
    return headers


async def stamp(request: web.Request, response: web.StreamResponse) -> None:
    """On every reply: which release gave it, so that a rollout can be watched from outside."""
    ctx = context(request)
    response.headers["X-Release"] = ctx.settings.release
    response.headers["X-Request-ID"] = request.get("id", "")
    response.headers.pop("Server", None)
