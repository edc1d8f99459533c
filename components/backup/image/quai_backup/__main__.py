"""The command line."""

from __future__ import annotations

import sys
from typing import Any


def main(words: list[str]) -> int:
    if words == ["health"]:
        # Asked every few seconds: nothing is loaded that it doesn't need.
        from .settings import Paths
        from .status import health

        well, line = health(Paths())
        print(line)
        return 0 if well else 1
    from .commands import run

    return run(words, sys.argv[0])


if __name__ == "__main__":
    arguments: Any = sys.argv[1:]
    sys.exit(main(arguments))
