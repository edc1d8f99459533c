"""When the next backup and the next drill are due. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

RETRIES = (timedelta(minutes=15), timedelta(minutes=30), timedelta(minutes=60))
CATCH_UP_AFTER = timedelta(hours=24)
# A little less than the span, because a backup takes longer on some days than on others.
_SLACK = timedelta(hours=2)
DRILL_SPANS = {"daily": timedelta(days=1), "weekly": timedelta(days=7), "monthly": timedelta(days=28)}


def next_run(after: datetime, at: tuple[int, int], time_zone: str) -> datetime:
    """
    The first run later than `after` (an aware time), in UTC: once per calendar day of the zone. On the day that skips this hour it comes an hour
    later by the clock; on the day that has it twice, at the first of the two.
    """
    zone = ZoneInfo(time_zone)
    today = after.astimezone(zone).date()
    for day in range(-1, 3):
        date = today + timedelta(days=day)
        # A wall time that doesn't exist is read with the offset from before the change.
        run = datetime(date.year, date.month, date.day, *at, tzinfo=zone).astimezone(timezone.utc)
        if run > after:
            return run
    raise AssertionError("a zone has no days longer than 72 hours")


def needs_catching_up(now: datetime, last_good: datetime | None) -> bool:
    return last_good is None or now - last_good > CATCH_UP_AFTER


def drill_due(now: datetime, how_often: str, last: datetime | None, last_ok: bool) -> bool:
    """A failed drill is due again after each backup."""
    span = DRILL_SPANS.get(how_often)
    if span is None:
        return False
    return last is None or not last_ok or now - last >= span - _SLACK


def retry_delay(failures: int) -> timedelta | None:
    """After the first, second and third failure in a row; then the schedule goes on."""
    return RETRIES[failures - 1] if 1 <= failures <= len(RETRIES) else None
