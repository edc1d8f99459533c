"""Files: streamed to disk, listed in the database, always given back as a download."""
from __future__ import annotations

import asyncio
import hashlib
import os
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

import asyncpg
from aiohttp import web
from aiohttp.multipart import BodyPartReader

from ..context import Context, context, refusal, reply

routes = web.RouteTableDef()

CHUNK_BYTES = 1 << 18


@dataclass(frozen=True)
class Stored:
    bytes: int
    sha256: str


@routes.get("/api/uploads")
async def list_uploads(request: web.Request) -> web.Response:
    pool = context(request).pool
    rows = await pool.fetch("SELECT * FROM uploads ORDER BY created_at DESC, id LIMIT 50")
    return reply({"total": await pool.fetchval("SELECT count(*) FROM uploads"), "uploads": [upload(row) for row in rows]})


@routes.get("/api/uploads/{id}")
async def download(request: web.Request) -> web.StreamResponse:
    ctx = context(request)
    try:
        wanted = uuid.UUID(request.match_info["id"])
    except ValueError:
        return refusal(404, "no such upload")
    row = await ctx.pool.fetchrow("SELECT name, sha256 FROM uploads WHERE id = $1", wanted)
    path = ctx.settings.uploads_dir / str(wanted)
    if row is None or not path.is_file():
        return refusal(404, "no such upload")
    # Never shown in the page's origin, whatever the file claims to be.
    headers = {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(row['name'], safe='')}",
        "Cache-Control": "private, max-age=3600",
        "X-Content-SHA256": row["sha256"],
    }
    return web.FileResponse(path, headers=headers)


@routes.post("/api/uploads")
async def add_upload(request: web.Request) -> web.Response:
    """Either multipart/form-data with one file, or the bytes themselves with ?name=."""
    ctx = context(request)
    if request.content_type.startswith("multipart/"):
        part = await _file_part(request)
        if part is None:
            return refusal(400, "file: the form holds no file")
        name, kind, chunks = part.filename or "", part.headers.get("Content-Type", ""), _part_chunks(part)
    else:
        name, kind, chunks = request.query.get("name", ""), request.content_type, request.content.iter_chunked(CHUNK_BYTES)
    name = name.replace("\\", "/").rsplit("/", 1)[-1].strip()
    if not 1 <= len(name) <= 255 or any(ord(c) < 32 for c in name):
        return refusal(400, "name: must be 1 to 255 characters; give the file's name with the file, or as ?name=")
    return await _keep(ctx, name, kind or "application/octet-stream", chunks)


async def _keep(ctx: Context, name: str, kind: str, chunks: AsyncIterator[bytes]) -> web.Response:
    upload_id = uuid.uuid4()
    path = ctx.settings.uploads_dir / str(upload_id)
    part = path.with_suffix(".part")
    try:
        stored = await _store(part, chunks, ctx.settings.upload_max_bytes)
        if stored is None:
            return refusal(413, f"the file is larger than {ctx.settings.upload_max_bytes} bytes")
        await asyncio.to_thread(_publish, part, path)
        row = await ctx.pool.fetchrow(
            "INSERT INTO uploads (id, name, content_type, bytes, sha256, release) VALUES ($1, $2, $3, $4, $5, $6) RETURNING *",
            upload_id,
            name,
            kind[:100],
            stored.bytes,
            stored.sha256,
            ctx.settings.release,
        )
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    finally:
        part.unlink(missing_ok=True)
    return reply(upload(row), 201)


async def _store(path: Path, chunks: AsyncIterator[bytes], most: int) -> Stored | None:
    """None where the limit was passed."""
    digest = hashlib.sha256()
    size = 0
    with path.open("xb") as file:
        async for chunk in chunks:
            size += len(chunk)
            if size > most:
                return None
            digest.update(chunk)
            await asyncio.to_thread(file.write, chunk)
        await asyncio.to_thread(_flush, file)
    return Stored(size, digest.hexdigest())


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _publish(part: Path, path: Path) -> None:
    """Under its own name only when it is whole and on the disk."""
    part.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


async def _file_part(request: web.Request) -> BodyPartReader | None:
    try:
        reader = await request.multipart()
    except (ValueError, AssertionError):
        return None
    while (part := await reader.next()) is not None:
        if isinstance(part, BodyPartReader) and part.filename is not None:
            return part
        await part.release()
    return None


async def _part_chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    while chunk := await part.read_chunk(CHUNK_BYTES):
        yield chunk


def upload(row: asyncpg.Record) -> dict[str, object]:
    return {
        "id": str(row["id"]),
        "name": row["name"],
        "contentType": row["content_type"],
        "bytes": row["bytes"],
        "sha256": row["sha256"],
        "createdAt": row["created_at"].isoformat(),
        "release": row["release"],
    }
