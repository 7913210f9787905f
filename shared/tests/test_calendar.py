"""Danish days: which are working days, and where a deadline falls."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.calendar import Calendar, add_months, begins, local_date

PLAIN = Calendar()
days = st.dates(min_value=date(2015, 1, 1), max_value=date(2040, 12, 31))
calendars = st.builds(
    Calendar,
    st.frozensets(st.tuples(st.integers(1, 12), st.integers(1, 28)), max_size=4),
    st.frozensets(days, max_size=4),
)


def easter(year: int) -> date:
    """Easter Sunday, reckoned without any library (Meeus, Jones and Butcher)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    h = (19 * a + b - d - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def is_holiday(day: date) -> bool:
    """The Danish public holidays, written out by hand."""
    fixed = {(1, 1), (12, 25), (12, 26)}
    moving = {-3, -2, 0, 1, 39, 49, 50} | ({26} if day.year <= 2023 else set())
    return (day.month, day.day) in fixed or (day - easter(day.year)).days in moving


# which days are working days
@given(days)
def test_a_working_day_is_no_weekend_and_no_holiday(day):
    assert PLAIN.is_working_day(day) == (day.weekday() < 5 and not is_holiday(day))


@given(st.dates(min_value=date(1771, 1, 1), max_value=date(2100, 12, 31)))
def test_our_holidays_are_those_of_the_library_that_knows_all_countries(day):
    known = holidays.country_holidays("DK", years=day.year)

    assert PLAIN.is_working_day(day) == (day.weekday() < 5 and day not in known)


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 4, 2),  # skærtorsdag
        date(2026, 4, 3),  # langfredag
        date(2026, 4, 6),  # 2. påskedag
        date(2026, 5, 14),  # Kristi himmelfart
        date(2026, 5, 25),  # 2. pinsedag
        date(2026, 12, 25),
        date(2027, 1, 1),
    ],
)
def test_a_holiday_is_no_working_day(day):
    assert not PLAIN.is_working_day(day)


def test_store_bededag_was_a_holiday_until_2023_and_is_none_since():
    assert not PLAIN.is_working_day(date(2023, 5, 5))
    assert PLAIN.is_working_day(date(2024, 4, 26))
    assert PLAIN.is_working_day(date(2026, 5, 1))


def test_the_municipality_closes_on_days_of_its_own():
    closing = Calendar.of(["12-24", "06-05"], [date(2026, 5, 15)])

    assert [closing.is_working_day(date(2026, *d)) for d in ((12, 24), (6, 5), (5, 15), (12, 23))] == [False] * 3 + [
        True
    ]
    assert closing.is_working_day(date(2027, 5, 14))


# where a deadline falls
@given(calendars, days)
def test_a_deadline_never_falls_on_a_closing_day_and_never_earlier(calendar, day):
    moved = calendar.on_or_after(day)

    assert moved >= day
    assert calendar.is_working_day(moved)
    assert not any(calendar.is_working_day(day + timedelta(days=n)) for n in range((moved - day).days))


@given(calendars, days, st.integers(0, 60))
def test_working_days_are_counted_as_one_counts_on_ones_fingers(calendar, day, count):
    later = (day + timedelta(days=n) for n in range(1, 1000))
    fingers = [d for d in later if calendar.is_working_day(d)][:count]

    assert calendar.add_working_days(day, count) == (fingers[-1] if fingers else day)
    assert calendar.working_days_between(day, calendar.add_working_days(day, count)) == count


@given(calendars, days, st.integers(-30, 3000))
def test_working_days_are_as_many_as_there_are_when_each_day_is_looked_at(calendar, earlier, days_on):
    looked_at = (earlier + timedelta(days=n) for n in range(1, days_on + 1))

    assert calendar.working_days_between(earlier, earlier + timedelta(days=days_on)) == sum(
        map(calendar.is_working_day, looked_at)
    )


@given(calendars, days, st.integers(1, 60))
def test_counting_back_comes_to_where_counting_on_began(calendar, day, count):
    start = calendar.on_or_after(day)

    assert calendar.add_working_days(calendar.add_working_days(start, count), -count) == start


@given(calendars, days, st.integers(0, 60), st.integers(0, 60))
def test_two_counts_on_end_are_one_count(calendar, day, first, second):
    assert calendar.add_working_days(calendar.add_working_days(day, first), second) == calendar.add_working_days(
        day, first + second
    )


# dates of the worked cases
def test_klaras_letter_counts_as_received_after_six_working_days():
    assert PLAIN.add_working_days(date(2026, 10, 23), 6) == date(2026, 11, 2)


def test_klara_may_complain_for_four_weeks():
    assert PLAIN.on_or_after(date(2026, 11, 2) + timedelta(weeks=4)) == date(2026, 11, 30)


def test_mads_complaint_period_ends_after_easter():
    assert PLAIN.on_or_after(date(2026, 3, 5) + timedelta(weeks=4)) == date(2026, 4, 7)


# months and zones
@pytest.mark.parametrize(
    "day, months, expected",
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2027, 12, 31), 2, date(2028, 2, 29)),
        (date(2026, 8, 31), 1, date(2026, 9, 30)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2026, 3, 15), 6, date(2026, 9, 15)),
    ],
)
def test_a_month_later_is_the_same_day_or_the_months_last(day, months, expected):
    assert add_months(day, months) == expected


def test_the_danish_day_begins_before_the_one_in_greenwich():
    assert local_date(datetime(2026, 3, 1, 23, 30, tzinfo=UTC)) == date(2026, 3, 2)
    assert local_date(datetime(2026, 7, 1, 22, 30, tzinfo=UTC)) == date(2026, 7, 2)


@given(days)
def test_the_instant_at_which_a_day_begins_is_of_that_day_and_the_one_before_is_not(day):
    assert local_date(begins(day)) == day
    assert local_date(begins(day) - timedelta(microseconds=1)) == day - timedelta(days=1)
