"""Notices: what a municipality decides about telling holds by the deadline's day, and what is wrong is named."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from casework.calendar import DENMARK
from casework.configuration import Misconfigured, Municipality, load
from casework.configuration.notices import terms_of
from casework.contracts.deadlines import KINDS

FOLLOW_UP = KINDS["follow-up"]


def town(folder, text: str) -> Municipality:
    (folder / "municipality.yaml").write_text('name: Prøveby\nclosing_days: ["12-24"]\n', "utf-8")
    (folder / "notices.yaml").write_text(text, "utf-8")
    return load(folder)


@pytest.mark.parametrize(
    "row, told",
    [
        ("kind: lunch", "notices[0].kind: Skriv case-processing, "),
        ("kind: order-end", "notices[0].kind: Skriv case-processing, "),
        ("kind: follow-up, before: [5, 5]", "notices[0].before: Skriv hvert antal"),
        ("kind: follow-up, before: [251]", "notices[0].before: Skriv hvert antal"),
        ("kind: follow-up, before: [-1]", "notices[0].before[0]: Skriv et helt tal, 0 eller mere"),
        ("kind: follow-up, after: [{role: leader, days: 0}]", "notices[0].after[0].days: Skriv 1 til"),
        ("kind: follow-up, after: [{role: boss, days: 1}]", "notices[0].after[0].role: Skriv caseworker, leader"),
        ("kind: follow-up, after: [{role: leader, days: 1}, {role: leader, days: 2}]", "notices[0].after: Hver rolle"),
        ("kind: follow-up, roles: []", "notices[0].roles: Mindst én skal have besked"),
        ("kind: complaint, roles: [provider]", "notices[0].kind: Udføreren hører ikke om denne frist"),
        ("kind: complaint, valid_from: 2026-02-01, valid_to: 2026-01-01", "notices[0].valid_to: Rækken slutter"),
    ],
)
def test_what_is_wrong_with_a_notice_is_named_by_line_and_field(tmp_path, row, told):
    with pytest.raises(Misconfigured) as wrong:
        town(tmp_path, f"notices:\n  - {{{row}}}\n")

    assert str(wrong.value).startswith("notices.yaml, linje 2: ")
    assert told in str(wrong.value)


@pytest.mark.parametrize(
    "text, told",
    [
        ("mails_from: 18:00\n", 'mails_from: Skriv klokkeslættet i anførselstegn som "07:00"'),
        ('mails_until: "06:00"\n', "mails_until: Der skal være tid at sende i"),
        ("notices:\n  - {kind: complaint}\n  - {kind: complaint}\n", "notices[1]: Rækken gælder samtidig"),
    ],
)
def test_what_is_wrong_with_the_file_is_named(tmp_path, text, told):
    with pytest.raises(Misconfigured) as wrong:
        town(tmp_path, text)

    assert told in str(wrong.value)


def test_what_is_left_out_is_as_the_kind_has_it(tmp_path):
    assert terms_of(load().notices, FOLLOW_UP, date(2026, 3, 2)) == FOLLOW_UP

    ours = town(tmp_path, "notices: [{kind: follow-up, before: [30, 14, 0]}]\n")
    terms = terms_of(ours.notices, FOLLOW_UP, date(2026, 3, 2))

    assert (terms.thresholds, terms.notify, terms.escalation) == ((30, 14), FOLLOW_UP.notify, FOLLOW_UP.escalation)


def test_the_row_that_holds_on_the_deadlines_day_counts(tmp_path):
    ours = town(
        tmp_path,
        "notices:\n"
        "  - {kind: follow-up, before: [], valid_to: 2026-12-31}\n"
        "  - {kind: follow-up, after: [], roles: [leader], valid_from: 2027-01-01}\n",
    )

    old, new = (terms_of(ours.notices, FOLLOW_UP, day) for day in (date(2026, 12, 31), date(2027, 1, 1)))

    assert (old.thresholds, old.escalation) == ((), FOLLOW_UP.escalation)
    assert (new.thresholds, new.escalation, new.notify) == (FOLLOW_UP.thresholds, (), ("leader",))


@pytest.mark.parametrize(
    "moment, may",
    [
        ("2026-01-05 05:59", False),  # 06:59 in Denmark, winter
        ("2026-01-05 06:00", True),
        ("2026-07-06 04:59", False),  # 06:59 in Denmark, summer
        ("2026-07-06 05:00", True),
        ("2026-07-06 15:59", True),
        ("2026-07-06 16:00", False),
        ("2026-03-28 10:00", False),  # a Saturday
        ("2026-04-03 10:00", False),  # Good Friday
        ("2026-12-24 10:00", False),  # closed by the municipality
    ],
)
def test_mails_leave_on_working_days_by_the_danish_clock(tmp_path, moment, may):
    ours = town(tmp_path, 'mails_from: "07:00"\n')

    assert ours.may_mail(datetime.fromisoformat(moment).replace(tzinfo=UTC)) is may


@pytest.mark.parametrize(
    "since, until, hours",
    [
        ("2026-03-16 08:00", "2026-03-16 09:30", 1.5),
        ("2026-03-16 17:00", "2026-03-17 08:00", 2),
        ("2026-03-20 15:00", "2026-03-23 07:00", 3),
        ("2026-03-21 08:00", "2026-03-22 20:00", 0),
        ("2026-04-01 17:00", "2026-04-07 08:00", 2),  # Easter
        ("2026-03-27 17:00", "2026-03-30 08:00", 2),  # the clock is put forward
    ],
)
def test_only_hours_in_which_mails_leave_are_counted(tmp_path, since, until, hours):
    ours = town(tmp_path, 'mails_from: "07:00"\n')

    found = [datetime.fromisoformat(moment).replace(tzinfo=DENMARK) for moment in (since, until)]
    assert ours.mailing_time(*found) == timedelta(hours=hours)


def test_a_town_may_mail_around_the_clock(tmp_path):
    ours = town(tmp_path, 'mails_from: "00:00"\nmails_until: "24:00"\n')

    assert ours.may_mail(datetime(2026, 1, 5, 22, 59, 59, tzinfo=UTC))
