"""What the routes share."""
from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from aiohttp import web

from .database import Probe
from .job_queue import JobQueue
from .settings import Settings
from .tokens import Tokens


@dataclass
class Context:
    settings: Settings
    pool: asyncpg.Pool
    probe: Probe
    queue: JobQueue
    tokens: Tokens
    sockets: set[web.WebSocketResponse] = field(default_factory=set)
    in_flight: int = 0
    draining: bool = False


def context(request: web.Request) -> Context:
    found: Context = request.app["context"]
    return found


def reply(value: Any, status: int = 200) -> web.Response:
    return web.json_response(value, status=status, dumps=_dumps, headers={"Cache-Control": "no-store"})


def refusal(status: int, message: str) -> web.Response:
    return reply({"error": message}, status)


async def body_of(request: web.Request) -> dict[str, Any]:
    """The JSON object of a request; raises HTTPBadRequest that says what is wrong."""
    try:
        value = await request.json()
    except ValueError:
        raise web.HTTPBadRequest(reason="the body must be JSON") from None
    if not isinstance(value, dict):
        raise web.HTTPBadRequest(reason="the body must be a JSON object")
    return value


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
