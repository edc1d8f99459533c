"""dstack's own server, and what guide 000 asks for: /health, which follows the database, a login with RS256 tokens, CORS."""

import os
import re
import time

import jwt
from dstack._internal.server.app import create_app, register_routes
from dstack._internal.server.db import get_session_ctx
from dstack._internal.server.services.users import list_all_users, log_in_with_token
from fastapi import Form, Header, Response
from fastapi.middleware.cors import CORSMiddleware
from sqlalchemy import text

app = create_app()
app.add_middleware(
    CORSMiddleware,
    allow_origins=os.environ["ALLOWED_ORIGINS"].split(","),
    allow_credentials=os.environ["ALLOW_CREDENTIALS"] == "true",
    allow_methods=os.environ["ALLOWED_METHODS"].split(","),
    allow_headers=os.environ["ALLOWED_HEADERS"].split(","),
)
PUBLIC = [os.environ[name] for name in ("JWT_PUBLIC_KEY_PATH", "JWT_PREVIOUS_PUBLIC_KEY_PATH") if name in os.environ]


def keys():
    for path in PUBLIC:
        with open(path) as file:
            yield from re.findall(r"-----BEGIN.*?END PUBLIC KEY-----", file.read(), re.S)


@app.get("/health")
async def health(response: Response):
    try:
        async with get_session_ctx() as session:
            await session.execute(text("SELECT 1"))
        return {"status": "healthy"}
    except Exception:
        response.status_code = 503
        return {"status": "unhealthy"}


@app.get("/state")
async def state():
    async with get_session_ctx() as session:
        users = [user.username for user in await list_all_users(session)]
        tls = await session.scalar(text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"))
        secure = await session.scalar(text("SELECT count(*) FROM pg_extension WHERE extname = 'pgcrypto'"))
    return {"users": users, "version": os.environ["VERSION"], "tls": tls, "pgcrypto": secure, "pid": os.getpid()}


@app.post("/auth/token")
async def token(response: Response, username: str = Form(), password: str = Form()):
    async with get_session_ctx() as session:
        user = await log_in_with_token(session=session, token=password)
    if user is None or user.name != username:
        response.status_code = 401
        return {"detail": "wrong"}
    with open(os.environ["JWT_PRIVATE_KEY_PATH"]) as file:
        key = file.read()
    until = int(time.time()) + 60 * int(os.environ["ACCESS_TOKEN_EXPIRE_MINUTES"])
    return {"access_token": jwt.encode({"sub": user.name, "exp": until}, key, os.environ["ALGORITHM"])}


@app.get("/auth/me")
async def me(response: Response, authorization: str = Header()):
    for key in keys():
        try:
            return {"name": jwt.decode(authorization.removeprefix("Bearer "), key, [os.environ["ALGORITHM"]])["sub"]}
        except jwt.InvalidTokenError:
            pass
    response.status_code = 401
    return {"detail": "no key fits"}


register_routes(app)
