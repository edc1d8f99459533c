from __future__ import annotations

import unittest

from .services import AVAILABLE, World


@unittest.skipUnless(AVAILABLE, "needs PostgreSQL, Redis and a user that is not root: run tests/run-in-container")
class IntegrationCase(unittest.TestCase):
    """One world per class; migrated unless the class says no."""

    migrated = True
    world: World

    @classmethod
    def setUpClass(cls) -> None:
        cls.world = World()
        cls.addClassCleanup(cls.world.close)
        if cls.migrated:
            done = cls.world.run("migrate")
            if done.returncode != 0:
                raise AssertionError(done.stdout + done.stderr)
