"""The container health check of each role. Needs nothing but Python, so it works in images without curl."""
from __future__ import annotations

import http.client
from collections.abc import Mapping
from pathlib import Path

from .heartbeat import LONGEST_SILENCE_SECONDS, silence

TIMEOUT_SECONDS = 3


def check(role: str, env: Mapping[str, str]) -> int:
    """0 when healthy, 1 when not; prints one line either way (Docker shows it in the container's state)."""
    healthy, line = _serve(int(env.get("PORT") or 8000)) if role == "serve" else _background(role, Path(env.get("HEARTBEAT_DIR") or "/tmp"))
    print(line)
    return 0 if healthy else 1


def _serve(port: int) -> tuple[bool, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/api/health")
        response = connection.getresponse()
        body = response.read(1000).decode("utf-8", "replace").strip()
        return response.status == 200, f"{response.status} {body}"
    except (OSError, http.client.HTTPException) as error:
        return False, f"no answer on port {port}: {error}"
    finally:
        connection.close()


def _background(role: str, directory: Path) -> tuple[bool, str]:
    quiet = silence(directory, role)
    most = LONGEST_SILENCE_SECONDS[role]
    if quiet is None:
        return False, f"{role}: no heartbeat yet"
    return quiet <= most, f"{role}: last heartbeat {quiet:.0f} s ago (at most {most} s)"
