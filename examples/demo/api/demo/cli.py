"""The command line. Roles are imported only when asked for, so that a healthcheck costs one short Python start."""
from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence

from .settings import ROLES, Settings, SettingsError, read_settings

USAGE = f"usage: demo-api {'|'.join(ROLES)}\n       demo-api healthcheck serve|worker|scheduler"

EXIT_FAILED = 1
EXIT_BAD_SETTINGS = 2
EXIT_BROKEN_ON_PURPOSE = 3


def main(argv: Sequence[str]) -> int:
    if len(argv) == 2 and argv[0] == "healthcheck" and argv[1] in ("serve", "worker", "scheduler"):
        from .healthcheck import check

        return check(argv[1], os.environ)
    if len(argv) != 1 or argv[0] not in ROLES:
        print(USAGE, file=sys.stderr)
        return EXIT_BAD_SETTINGS
    try:
        return run(argv[0])
    except SettingsError as error:
        print(error, file=sys.stderr)
        return EXIT_BAD_SETTINGS


def run(role: str) -> int:
    settings = read_settings(role, os.environ)
    from . import logs

    logs.start(settings)
    if settings.break_on_purpose == "start" and role != "migrate":
        logs.get(__name__).error("broken on purpose: DEMO_BREAK=start")
        return EXIT_BROKEN_ON_PURPOSE
    return asyncio.run(_start(role, settings))


async def _start(role: str, settings: Settings) -> int:
    if role == "serve":
        from .server import serve

        return await serve(settings)
    if role == "migrate":
        from .migrate import migrate

        return await migrate(settings)
    if role == "worker":
        from .worker import work

        return await work(settings)
    from .scheduler import schedule

    return await schedule(settings)
