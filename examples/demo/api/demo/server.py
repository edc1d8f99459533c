"""The HTTP server and its graceful end."""
from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import AsyncIterator

from aiohttp import WSCloseCode, web

from . import database, logs
from .context import Context
from .job_queue import JobQueue, open_redis
from .middleware import errors_as_json, observe, origins, stamp
from .routes import jobs, notes, people, system, uploads, websocket
from .settings import Settings, SettingsError
from .stopping import stop_event
from .tokens import Tokens

log = logs.get(__name__)

BODY_BYTES = 64 * 1024


async def serve(settings: Settings) -> int:
    _check_uploads(settings)
    tokens = Tokens(settings)
    pool = await database.open_pool(settings.database_url, settings.pool_size)
    client = open_redis(settings.redis_url)
    ctx = Context(settings, pool, database.Probe(settings.database_url), JobQueue(client), tokens)
    try:
        await _run(ctx, stop_event())
    finally:
        ctx.probe.close()
        await client.close()
        pool.terminate()
    log.info("stopped")
    return 0


def application(ctx: Context) -> web.Application:
    app = web.Application(middlewares=[observe, origins, errors_as_json], client_max_size=BODY_BYTES)
    app["context"] = ctx
    for routes in (system.routes, notes.routes, uploads.routes, jobs.routes, people.routes, websocket.routes):
        app.add_routes(routes)
    app.on_response_prepare.append(stamp)
    return app


async def _run(ctx: Context, stop: asyncio.Event) -> None:
    # keepalive_timeout is longer than the proxy's, so that the proxy is always the one to close an idle connection.
    runner = web.AppRunner(application(ctx), access_log=None, keepalive_timeout=95)
    await runner.setup()
    # A usual mistake: the health check in the container finds it, and nobody else does.
    address = "127.0.0.1" if ctx.settings.break_on_purpose == "listen" else "0.0.0.0"
    # A listener of our own: aiohttp's would, on stop, also cancel requests that are still being read.
    listener = await asyncio.get_running_loop().create_server(runner.server, address, ctx.settings.port, backlog=1024)
    gc.freeze()
    log.info("listening", fields={"port": ctx.settings.port, "version": ctx.settings.version})
    await stop.wait()
    log.info("stopping", fields={"inFlight": ctx.in_flight, "sockets": len(ctx.sockets)})
    ctx.draining = True
    listener.close()
    await _drain(ctx)
    await runner.cleanup()


async def _drain(ctx: Context) -> None:
    closing = [s.close(code=WSCloseCode.GOING_AWAY, message=b"the server is stopping") for s in ctx.sockets]
    await asyncio.wait_for(asyncio.gather(*closing, return_exceptions=True), 5)
    deadline = asyncio.get_running_loop().time() + ctx.settings.drain_seconds
    async for _ in _until_quiet(ctx):
        if asyncio.get_running_loop().time() >= deadline:
            log.warning("requests were cut off", fields={"inFlight": ctx.in_flight})
            return


async def _until_quiet(ctx: Context) -> AsyncIterator[None]:
    """Ends after half a second in a row without a request: a proxy may still send one on a connection that it has kept open."""
    quiet = 0
    while quiet < 5:
        yield
        await asyncio.sleep(0.1)
        quiet = quiet + 1 if ctx.in_flight == 0 else 0


def _check_uploads(settings: Settings) -> None:
    directory = settings.uploads_dir
    if not directory.is_dir() or not os.access(directory, os.W_OK):
        raise SettingsError("serve", [f"UPLOADS_DIR: {directory} is not a folder that uid {os.getuid()} may write; mount a volume owned by it"])
