"""What is, for people and for monitoring; and the health check, which must be cheap."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from typing import Any

from .lock import held_by
from .settings import Paths, Settings
from .state import State, iso, now, parse_time, read_json

HEARTBEAT_LIMIT = 90.0
"""Seconds. The loop touches its file every 10."""
FIRST_BACKUP = 45.0
"""Seconds that a first backup may keep the service from being healthy, so that a small database's first deployment proves the whole chain."""
JUST_STARTED = 900.0
"""Seconds in which an old backup is excused, while the service catches up."""


def status(settings: Settings, next_run: str | None) -> dict[str, Any]:
    paths = settings.paths
    state = State(paths.state).read()
    problems = _problems(settings, state)
    return {
        "stack": settings.stack,
        "last": state.get("last"),
        "lastError": state.get("lastError"),
        "lastDrill": state.get("lastDrill"),
        "offsite": state.get("offsite"),
        "next": next_run,
        "running": held_by(paths.lock),
        "overdue": _overdue(settings, state),
        "repositories": _repositories(settings, state),
        "restore": read_json(paths.restore) or None,
        "problems": problems,
    }


def _repositories(settings: Settings, state: dict[str, Any]) -> dict[str, Any]:
    """The size of one that isn't a folder here would take minutes to find out: null."""
    noted = state.get("repositories") or {}
    found: dict[str, Any] = {"local": {"id": (noted.get("local") or {}).get("id"), "bytes": _size(str(settings.paths.repository))}}
    if settings.offsite is not None:
        size = _size(settings.offsite) if settings.offsite.startswith("/") else None
        found["offsite"] = {"id": (noted.get("offsite") or {}).get("id"), "bytes": size}
    return found


def _size(folder: str) -> int:
    total = 0
    for current, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(current, name)).st_size
            except FileNotFoundError:
                continue
    return total


def _overdue(settings: Settings, state: dict[str, Any]) -> bool:
    last = parse_time((state.get("last") or {}).get("time"))
    return last is None or now() - last > timedelta(seconds=settings.max_age)


def _problems(settings: Settings, state: dict[str, Any]) -> list[str]:
    problems = []
    if _overdue(settings, state):
        problems.append(f"the last good backup is of {(state.get('last') or {}).get('time', 'never')}")
    if state.get("lastError"):
        problems.append(f"the last backup failed: {state['lastError']['error']}")
    if (state.get("lastDrill") or {}).get("ok") is False:
        problems.append(f"the last drill failed: {state['lastDrill'].get('error')}")
    if settings.offsite is not None:
        copied = ((state.get("last") or {}).get("offsite")) or {}
        if copied.get("ok") is False:
            problems.append(f"the last off-site copy failed: {copied.get('error')}")
        elif _offsite_overdue(settings, state):
            problems.append(f"the last off-site copy is of {(state.get('offsite') or {}).get('time', 'never')}")
    return problems


def _offsite_overdue(settings: Settings, state: dict[str, Any]) -> bool:
    last = parse_time((state.get("offsite") or {}).get("time"))
    return last is None or now() - last > timedelta(seconds=settings.max_age)


def health(paths: Paths) -> tuple[bool, str]:
    """For the container's health check: a line, and whether it's well."""
    beat = _age(paths.heartbeat)
    if beat is None or beat > HEARTBEAT_LIMIT:
        return False, "the backup service's loop does not run" if beat is None else f"the loop has not run for {beat:.0f} s"
    state = State(paths.state).read()
    started = _age(paths.started) or 0.0
    if not (state.get("repositories") or {}).get("local"):
        return False, f"no repository yet: {_last_error(state)}"
    max_age = read_json(paths.secrets / "backup.json").get("maxAgeSeconds", 93600)
    last = parse_time((state.get("last") or {}).get("time"))
    if last is not None and now() - last <= timedelta(seconds=max_age):
        return True, f"the last backup is of {iso(last)}"
    age = f"the last good backup is of {iso(last) if last else 'never'}"
    failed = parse_time((state.get("lastError") or {}).get("time"))
    # Times in the state are whole seconds: one that failed in the second of the start counts as one since the start.
    if failed is not None and failed.timestamp() + 1 > time.time() - started:
        return False, f"{age}: {_last_error(state)}"
    if started < FIRST_BACKUP and last is None:
        return False, "the first backup is under way"
    if started < JUST_STARTED or held_by(paths.lock) is not None:
        return True, f"{age}; one is due or under way"
    return False, f"{age}: {_last_error(state)}"


def _last_error(state: dict[str, Any]) -> str:
    text = (state.get("lastError") or {}).get("error") or "look at the container's log"
    return str(text).splitlines()[0]


def _age(path: Any) -> float | None:
    try:
        return time.time() - os.stat(path).st_mtime
    except OSError:
        return None
