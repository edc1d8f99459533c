"""A signed cookie: readable by the visitor, changeable only by who holds SESSION_KEY."""
from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from typing import Any


def seal(value: dict[str, Any], key: str) -> str:
    body = base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode().rstrip("=")
    return f"{body}.{_signature(body, key)}"


def unseal(cookie: str, *keys: str) -> dict[str, Any] | None:
    """None for anything that was not sealed with one of the keys: the present, and former ones for a while after a rotation."""
    body, _, signature = cookie.partition(".")
    if not any([hmac.compare_digest(signature.encode(), _signature(body, key).encode()) for key in keys]):
        return None
    try:
        value = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (binascii.Error, ValueError):
        return None
    return value if isinstance(value, dict) else None


def _signature(body: str, key: str) -> str:
    return hmac.new(key.encode(), body.encode(), hashlib.sha256).hexdigest()
