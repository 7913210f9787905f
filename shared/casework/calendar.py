"""Danish days: which are working days, and where a deadline falls. Pure; dates are local (Europe/Copenhagen)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from dateutil.easter import easter
from dateutil.relativedelta import relativedelta

DENMARK = ZoneInfo("Europe/Copenhagen")


def local_date(moment: datetime) -> date:
    """The Danish date of an instant."""
    return moment.astimezone(DENMARK).date()


def begins(day: date) -> datetime:
    """The instant at which a Danish day begins, UTC."""
    return datetime.combine(day, time.min, DENMARK).astimezone(UTC)


def add_months(day: date, months: int) -> date:
    """The same day `months` later, or the month's last day where it has no such day."""
    moved: date = day + relativedelta(months=months)
    return moved


FROM_EASTER = {
    "Skærtorsdag": -3, "Langfredag": -2, "Påskedag": 0, "2. påskedag": 1, "Kristi himmelfartsdag": 39, "Pinsedag": 49,
    "2. pinsedag": 50,
}  # fmt: skip
"""The days between Easter and each of the public holidays that follow it."""

GREAT_PRAYER = (26, 2023)
"""Store bededag, so many days after Easter, was one for the last time in this year (Act 214 of 6 March 2023)."""

FIXED = ((1, 1), (12, 25), (12, 26))


@cache
def _holidays(year: int) -> frozenset[date]:
    """The public holidays of a year, reckoned here: the library that knows those of all countries is a sixth of the
    memory of a small role. A test compares the two.
    """
    after, last = GREAT_PRAYER
    moving = [*FROM_EASTER.values(), *([after] if year <= last else [])]
    return frozenset([easter(year) + timedelta(days=n) for n in moving] + [date(year, m, d) for m, d in FIXED])


@dataclass(frozen=True)
class Calendar:
    """Working days: no weekends, no public holidays, no closing days of the municipality.

    `closing` are days of the year (month, day) such as 24 December, `closed` single dates.
    """

    closing: frozenset[tuple[int, int]] = frozenset()
    closed: frozenset[date] = field(default_factory=frozenset)

    @classmethod
    def of(cls, closing: Iterable[str] = (), closed: Iterable[date] = ()) -> Calendar:
        """From configuration: `closing` as `12-24`."""
        pairs = (tuple(int(part) for part in day.split("-")) for day in closing)
        return cls(frozenset((month, day) for month, day in pairs), frozenset(closed))

    def is_working_day(self, day: date) -> bool:
        return not (
            day.weekday() >= 5
            or day in _holidays(day.year)
            or (day.month, day.day) in self.closing
            or day in self.closed
        )

    def on_or_after(self, day: date) -> date:
        """The day itself, or the next working day where it is none: a deadline never ends on a closing day."""
        while not self.is_working_day(day):
            day += timedelta(days=1)
        return day

    def add_working_days(self, day: date, count: int) -> date:
        """`count` working days later (earlier, where negative); the day itself is not counted."""
        step = timedelta(days=1 if count >= 0 else -1)
        for _ in range(abs(count)):
            day += step
            while not self.is_working_day(day):
                day += step
        return day

    def working_days_between(self, earlier: date, later: date) -> int:
        """How many working days lie after `earlier`, up to and with `later`; none where `later` is not later."""
        first, last = earlier.toordinal(), later.toordinal()
        years = range(earlier.year, later.year + 1)
        closed = (bisect_right(days, last) - bisect_right(days, first) for days in (_closed(self, y) for y in years))
        return max(_weekdays(last) - _weekdays(first) - sum(closed), 0)


def _weekdays(ordinal: int) -> int:
    """How many days from Monday to Friday the Gregorian calendar counts up to this one. Its first day is a Monday."""
    weeks, days = divmod(ordinal, 7)
    return 5 * weeks + min(days, 5)


@lru_cache(256)
def _closed(calendar: Calendar, year: int) -> tuple[int, ...]:
    """The days from Monday to Friday of a year that are no working days, as ordinals, in order."""
    ordinals = range(date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal() + 1)
    days = (date.fromordinal(n) for n in ordinals)
    return tuple(day.toordinal() for day in days if day.weekday() < 5 and not calendar.is_working_day(day))
