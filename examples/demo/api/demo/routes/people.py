"""Tokens and the session cookie. Visitors name themselves: this shows keys and cookies at work, it guards nothing."""
from __future__ import annotations

import re

from aiohttp import web

from .. import sessions
from ..context import body_of, context, refusal, reply
from ..tokens import TokenRefused

routes = web.RouteTableDef()

COOKIE = "demo_session"


@routes.post("/api/token")
async def token(request: web.Request) -> web.Response:
    name = (await body_of(request)).get("name")
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9._-]{1,40}", name):
        return refusal(400, "name: must be 1 to 40 letters, digits, dots, dashes or underscores")
    tokens = context(request).tokens
    return reply({"token": tokens.issue(name), "type": "Bearer", "expiresIn": tokens.lifetime})


@routes.get("/api/whoami")
async def whoami(request: web.Request) -> web.Response:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    try:
        if scheme.lower() != "bearer" or not given:
            raise TokenRefused("a bearer token is needed; POST /api/token gives one")
        claims = context(request).tokens.verify(given.strip())
    except TokenRefused as error:
        response = refusal(401, str(error))
        response.headers["WWW-Authenticate"] = "Bearer"
        return response
    return reply({"name": claims["sub"], "issuer": claims["iss"], "expiresAt": claims["exp"]})


@routes.get("/api/session")
async def session(request: web.Request) -> web.Response:
    settings = context(request).settings
    known = sessions.unseal(request.cookies.get(COOKIE, ""), *settings.session_keys) or {}
    visits = int(known.get("visits", 0)) + 1
    response = reply({"visits": visits})
    secure = settings.public_origins[0].startswith("https://")
    sealed = sessions.seal({"visits": visits}, settings.session_keys[0])
    response.set_cookie(COOKIE, sealed, max_age=30 * 86400, path="/", secure=secure, httponly=True, samesite="Lax")
    return response
