"""Which snapshots stay."""

from __future__ import annotations

from .settings import Keep

RECENT = "24h"
"""All of a day stay: a backup from before a migration isn't pushed out by the next one of the same day."""


def rules(keep: Keep) -> list[str]:
    """
    Arguments of `restic forget`. Days, weeks (from Monday) and months are the calendar's, in the zone of the settings, and only those that
    have a snapshot count: a service that was off for a year still has its last ones. The newest always stays.
    """
    words = ["--keep-last", "1", "--keep-within", RECENT]
    for name, number in (("daily", keep.daily), ("weekly", keep.weekly), ("monthly", keep.monthly)):
        if number > 0:
            words += [f"--keep-{name}", str(number)]
    if keep.days:
        # The last one counts: it replaces the shorter span.
        words[3] = f"{keep.days}d"
    return words
