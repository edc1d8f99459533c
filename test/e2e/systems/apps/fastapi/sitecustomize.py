"""What dstack calls its variables, and one of its clouds left out: that module asks an address of the internet when it is loaded."""

import os
import sys

if "DATABASE_URL" in os.environ:
    os.environ["DSTACK_DATABASE_URL"] = os.environ["DATABASE_URL"]
sys.modules["dstack._internal.core.backends.runpod.configurator"] = None
