"""The first administrator: dstack takes the one that is there already, and else would make one with a token of its own."""

import asyncio
import os

from dstack._internal.core.models.users import GlobalRole
from dstack._internal.server.db import get_session_ctx
from dstack._internal.server.services import encryption  # noqa: F401  (tokens are kept by it)
from dstack._internal.server.services.users import create_user


async def main():
    async with get_session_ctx() as session:
        await create_user(session, "admin", GlobalRole.ADMIN, email=os.environ["ADMIN_EMAIL"], token=os.environ["ADMIN_PASSWORD"])


asyncio.run(main())
