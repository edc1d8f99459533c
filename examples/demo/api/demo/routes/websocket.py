"""A WebSocket that echoes, and says which release it talks to."""
from __future__ import annotations

from aiohttp import WSCloseCode, WSMsgType, web

from ..context import context, refusal

routes = web.RouteTableDef()

MESSAGE_BYTES = 64 * 1024
PING_SECONDS = 30


@routes.get("/api/ws")
async def echo(request: web.Request) -> web.StreamResponse:
    ctx = context(request)
    if ctx.draining:
        return refusal(503, "the server is stopping")
    socket = web.WebSocketResponse(heartbeat=PING_SECONDS, max_msg_size=MESSAGE_BYTES)
    if not socket.can_prepare(request).ok:
        return refusal(426, "this is a WebSocket: ask for an upgrade")
    await socket.prepare(request)
    ctx.sockets.add(socket)
    release = ctx.settings.release
    try:
        await socket.send_json({"type": "hello", "release": release})
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await socket.send_json({"type": "echo", "data": message.data, "release": release})
            elif message.type is WSMsgType.BINARY:
                await socket.send_bytes(message.data)
        if ctx.draining:
            # Here, not only where the drain begins: aiohttp would otherwise close with 1000 as soon as this handler returns.
            await socket.close(code=WSCloseCode.GOING_AWAY, message=b"the server is stopping")
    except ConnectionResetError:
        pass
    finally:
        ctx.sockets.discard(socket)
    return socket
