"""What the worker can do. Each kind checks its payload where the job is accepted and does its work where it is taken."""
from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

LONGEST_SLEEP_SECONDS = 15
LONGEST_TEXT = 10_000

KINDS = ("words", "checksum", "sleep", "fail")


class JobError(Exception):
    """The job cannot succeed; its text is shown with the job."""


def check(kind: object, payload: object) -> list[str]:
    """Problems of a job, path first; none where it is good."""
    if kind not in KINDS:
        return [f'kind: must be one of {", ".join(KINDS)} (got {kind!r})']
    if not isinstance(payload, dict):
        return ["payload: must be an object"]
    if kind == "words" and not (isinstance(payload.get("text"), str) and len(payload["text"]) <= LONGEST_TEXT):
        return [f"payload.text: must be a text of at most {LONGEST_TEXT} characters"]
    if kind == "checksum" and not _is_uuid(payload.get("upload")):
        return ["payload.upload: must be the id of an upload"]
    if kind == "sleep":
        seconds = payload.get("seconds")
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 <= seconds <= LONGEST_SLEEP_SECONDS:
            return [f"payload.seconds: must be a number from 0 to {LONGEST_SLEEP_SECONDS}"]
    return []


async def perform(kind: str, payload: dict[str, Any], uploads_dir: Path) -> dict[str, Any]:
    """Raises JobError where it cannot be done."""
    problems = check(kind, payload)
    if problems:
        raise JobError("; ".join(problems))
    if kind == "words":
        words = Counter(payload["text"].lower().split())
        return {"words": sum(words.values()), "most": [list(pair) for pair in words.most_common(3)]}
    if kind == "checksum":
        return await asyncio.to_thread(_checksum, uploads_dir / str(uuid.UUID(payload["upload"])))
    if kind == "sleep":
        await asyncio.sleep(payload["seconds"])
        return {"slept": payload["seconds"]}
    raise JobError("fails on purpose")


def _checksum(path: Path) -> dict[str, Any]:
    digest = hashlib.sha256()
    size = 0
    try:
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
                size += len(chunk)
    except FileNotFoundError:
        raise JobError("the upload's file is not there") from None
    return {"sha256": digest.hexdigest(), "bytes": size}


def _is_uuid(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(uuid.UUID(value))
    except ValueError:
        return False
