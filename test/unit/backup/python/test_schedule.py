import unittest
from datetime import datetime, timedelta, timezone

from quai_backup.schedule import drill_due, needs_catching_up, next_run, retry_delay

UTC = timezone.utc
PARIS = "Europe/Paris"


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


class NextRun(unittest.TestCase):
    def runs(self, start: datetime, at: tuple[int, int], zone: str, number: int) -> list[str]:
        found = []
        for _ in range(number):
            start = next_run(start, at, zone)
            found.append(start.strftime("%m-%d %H:%M"))
        return found

    def test_R53_winter_and_summer_time_of_paris(self) -> None:
        self.assertEqual(next_run(utc(2026, 1, 10), (2, 0), PARIS), utc(2026, 1, 10, 1))
        self.assertEqual(next_run(utc(2026, 7, 10), (2, 0), PARIS), utc(2026, 7, 11, 0))

    def test_R53_strictly_later(self) -> None:
        self.assertEqual(next_run(utc(2026, 1, 10, 1), (2, 0), PARIS), utc(2026, 1, 11, 1))
        self.assertEqual(next_run(utc(2026, 1, 10, 0, 59, 59), (2, 0), PARIS), utc(2026, 1, 10, 1))

    def test_R53_the_skipped_hour_runs_once_an_hour_later(self) -> None:
        # 29 March 2026: 02:00 becomes 03:00 in Paris. 02:30 doesn't exist; 03:30 CEST is 01:30 UTC.
        runs = self.runs(utc(2026, 3, 28, 12), (2, 30), PARIS, 3)
        self.assertEqual(runs, ["03-29 01:30", "03-30 00:30", "03-31 00:30"])

    def test_R53_two_o_clock_on_the_day_that_skips_it(self) -> None:
        self.assertEqual(self.runs(utc(2026, 3, 28, 0), (2, 0), PARIS, 3), ["03-28 01:00", "03-29 01:00", "03-30 00:00"])

    def test_R53_the_doubled_hour_runs_once_at_the_first(self) -> None:
        # 25 October 2026: 03:00 becomes 02:00. 02:30 comes at 00:30 and at 01:30 UTC.
        runs = self.runs(utc(2026, 10, 24, 12), (2, 30), PARIS, 3)
        self.assertEqual(runs, ["10-25 00:30", "10-26 01:30", "10-27 01:30"])

    def test_R53_between_the_two_passes_of_the_doubled_hour(self) -> None:
        self.assertEqual(next_run(utc(2026, 10, 25, 1, 0), (2, 30), PARIS), utc(2026, 10, 26, 1, 30))

    def test_R53_once_per_calendar_day_over_ten_years(self) -> None:
        from zoneinfo import ZoneInfo

        for zone in (PARIS, "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC", "America/Santiago"):
            for at in ((0, 0), (2, 0), (2, 30), (23, 59)):
                moment = utc(2024, 1, 1)
                days = []
                for _ in range(3653):
                    moment = next_run(moment, at, zone)
                    days.append(moment.astimezone(ZoneInfo(zone)).date().toordinal())
                gaps = {later - earlier for earlier, later in zip(days, days[1:])}
                self.assertEqual(gaps, {1}, f"{zone} {at}")

    def test_R53_a_midnight_that_is_skipped_stays_on_its_day(self) -> None:
        # 6 September 2026 begins at 01:00 in Santiago.
        self.assertEqual(next_run(utc(2026, 9, 6, 3, 30), (0, 0), "America/Santiago"), utc(2026, 9, 6, 4, 0))


class CatchUp(unittest.TestCase):
    def test_R61_missing_or_older_than_a_day(self) -> None:
        moment = utc(2026, 5, 5, 12)
        self.assertTrue(needs_catching_up(moment, None))
        self.assertTrue(needs_catching_up(moment, moment - timedelta(hours=24, seconds=1)))
        self.assertFalse(needs_catching_up(moment, moment - timedelta(hours=24)))

    def test_R61_retries_after_15_30_60_minutes_and_then_waits_for_the_schedule(self) -> None:
        delays = [retry_delay(number) for number in range(5)]
        minutes = [None if each is None else each.total_seconds() / 60 for each in delays]
        self.assertEqual(minutes, [None, 15, 30, 60, None])


class DrillDue(unittest.TestCase):
    now = utc(2026, 5, 5, 2)

    def due(self, how_often: str, ago: timedelta | None, ok: bool = True) -> bool:
        return drill_due(self.now, how_often, None if ago is None else self.now - ago, ok)

    def test_R60_never_tried(self) -> None:
        self.assertTrue(self.due("monthly", None))

    def test_R60_weekly_although_a_backup_was_a_bit_quicker_this_time(self) -> None:
        self.assertTrue(self.due("weekly", timedelta(days=7) - timedelta(minutes=90)))
        self.assertFalse(self.due("weekly", timedelta(days=6)))

    def test_R60_daily_and_monthly(self) -> None:
        self.assertTrue(self.due("daily", timedelta(hours=23)))
        self.assertFalse(self.due("daily", timedelta(hours=20)))
        self.assertTrue(self.due("monthly", timedelta(days=28)))
        self.assertFalse(self.due("monthly", timedelta(days=27)))

    def test_R60_a_failed_one_is_tried_again_at_once(self) -> None:
        self.assertTrue(self.due("monthly", timedelta(hours=1), ok=False))

    def test_never_means_never(self) -> None:
        self.assertFalse(self.due("never", None))
