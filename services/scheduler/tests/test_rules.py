"""When something is told of a deadline, to whom. Pure: days and messages, no clock, no table."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.calendar import Calendar
from casework.configuration.notices import Escalation, Notice
from casework.contracts import Message, load_all
from casework.contracts.common import DeadlineCancelled, DeadlineMet, DeadlinePaused, DeadlineRequested
from casework.contracts.deadlines import KINDS
from casework.contracts.scheduler import DeadlineApproaching, DeadlineDue, DeadlineMissed
from casework.errors import Invalid
from casework.process import Always, End, Start, Wait
from casework.process.bpmn import to_bpmn
from scheduler import handlers, life, rules
from scheduler.model import Deadline
from scheduler.process import DEADLINE
from scheduler.rules import Addressee, Tell, Terms

TERMS = Terms(Calendar.of(["12-24"]))
DUE = date(2026, 3, 16)  # a Monday
DAY = timedelta(days=1)


def answer(deadline: Deadline | None, message: Message, today: date) -> Deadline | None:
    return life.answer(deadline, message, today, TERMS)


def fresh(kind: str, due: date = DUE, **more: object) -> Deadline:
    deadline = answer(None, DeadlineRequested(kind=kind, key="1", due=due, **more), date(2026, 1, 5))
    assert deadline is not None
    return deadline


def messages(steps: list[life.Step]) -> list[type]:
    kinds = (DeadlineApproaching, DeadlineDue, DeadlineMissed)
    return [type(event) for step in steps for event in step.events if isinstance(event, kinds)]


def telling(steps: list[life.Step]) -> list[tuple[str, tuple[str, ...]]]:
    return [(event.stage, event.roles) for step in steps for event in step.events if isinstance(event, Tell)]


def day_by_day(deadline: Deadline, first: date, last: date) -> tuple[Deadline, list[life.Step]]:
    steps: list[life.Step] = []
    while first <= last:
        deadline, passed = life.pass_days(deadline, first, TERMS)
        steps += passed
        first += DAY
    return deadline, steps


@pytest.mark.rule("INT-21")
def test_thresholds_are_working_days_before_the_day():
    days = rules.threshold_days(fresh("case-processing"), TERMS)

    assert days == (date(2026, 2, 23), date(2026, 3, 9), date(2026, 3, 13))


def test_closing_days_move_a_threshold():
    easter = fresh("hearing-answer", date(2026, 4, 7))  # three working days before Tuesday after Easter

    assert rules.threshold_days(easter, TERMS) == (date(2026, 3, 30),)


@pytest.mark.rule("INT-21")
def test_a_life_day_by_day_is_told_in_full():
    deadline, steps = day_by_day(fresh("case-processing"), date(2026, 1, 5), date(2026, 4, 1))

    assert deadline.status == "missed"
    assert messages(steps) == [DeadlineApproaching, DeadlineDue, DeadlineMissed]
    assert [(step.row, step.day) for step in steps] == [
        ("tell_near", date(2026, 2, 23)),
        ("remind", date(2026, 3, 9)),
        ("remind", date(2026, 3, 13)),
        ("tell_due", date(2026, 3, 16)),
        ("tell_missed", date(2026, 3, 17)),
        ("escalate", date(2026, 3, 17)),
    ]
    assert telling(steps)[-2:] == [("missed", ("caseworker",)), ("escalation-1", ("leader",))]


@pytest.mark.rule("DEC-14")
def test_the_last_day_counts_whole():
    complaint = fresh("complaint")

    on_the_day, said = life.pass_days(complaint, DUE, TERMS)
    after, more = life.pass_days(on_the_day, DUE + DAY, TERMS)

    assert (on_the_day.status, messages(said)) == ("due", [DeadlineDue])
    assert (after.status, messages(more)) == ("missed", [DeadlineMissed])


def test_a_kind_without_thresholds_never_comes_near():
    _, steps = day_by_day(fresh("complaint"), date(2026, 1, 5), date(2026, 4, 1))

    assert messages(steps) == [DeadlineDue, DeadlineMissed]


@pytest.mark.rule("FUP-01")
def test_a_deadline_asked_inside_its_first_threshold_is_near_at_once():
    late = fresh("follow-up", date(2026, 1, 12))

    near, steps = life.pass_days(late, date(2026, 1, 5), TERMS)

    assert (near.status, messages(steps)) == ("approaching", [DeadlineApproaching])
    assert telling(steps) == [("near-5", ("caseworker", "provider"))]


def test_days_jumped_over_are_told_as_the_latest_state():
    near, _ = life.pass_days(fresh("case-processing"), date(2026, 2, 23), TERMS)

    due, steps = life.pass_days(near, DUE, TERMS)

    assert due.status == "due"
    assert (messages(steps), telling(steps)) == ([DeadlineDue], [("due", ("caseworker",))])


def test_a_day_that_was_past_when_it_was_asked_is_missed_and_nothing_else():
    missed, steps = life.pass_days(fresh("follow-up"), DUE + 2 * DAY, TERMS)

    assert missed.status == "missed"
    assert messages(steps) == [DeadlineMissed]


def test_whoever_hears_of_it_afterwards_is_told_on_their_own_day():
    friday = fresh("order-answer", date(2026, 3, 13), provider_id="x-hus")

    _, steps = day_by_day(friday, date(2026, 3, 14), date(2026, 3, 31))

    assert [(step.day, *telling([step])) for step in steps] == [
        (date(2026, 3, 14), ("missed", ("provider",))),
        (date(2026, 3, 16), ("escalation-1", ("caseworker",))),
        (date(2026, 3, 20), ("escalation-5", ("leader",))),
    ]


def test_nobody_is_told_of_a_silent_kind():
    _, steps = day_by_day(fresh("order-end", notify=("caseworker",)), date(2026, 1, 5), date(2026, 4, 1))

    assert telling(steps) == []
    assert messages(steps) == [DeadlineDue, DeadlineMissed]


def test_asking_twice_is_asking_once():
    asked = DeadlineRequested(kind="complaint", key="1", due=DUE)
    due, _ = life.pass_days(fresh("complaint"), DUE, TERMS)

    assert answer(due, asked, DUE) == due


def test_asking_for_another_day_begins_anew():
    missed, _ = life.pass_days(fresh("case-processing"), DUE + DAY, TERMS)

    moved = answer(missed, DeadlineRequested(kind="case-processing", key="1", due=DUE + 30 * DAY), DUE + DAY)

    assert moved == fresh("case-processing", DUE + 30 * DAY)


@pytest.mark.rule("INT-21")
def test_a_clock_that_stands_still_tells_nothing():
    paused = answer(fresh("case-processing"), DeadlinePaused(kind="case-processing", key="1", paused_on=DUE), DUE)

    assert paused is not None
    assert life.next_day(paused, TERMS) is None
    assert life.pass_days(paused, DUE + 90 * DAY, TERMS) == (paused, [])


def test_a_pause_without_days_goes_on_where_it_stood():
    near, _ = life.pass_days(fresh("case-processing"), date(2026, 2, 23), TERMS)
    paused = answer(near, DeadlinePaused(kind="case-processing", key="1", paused_on=date(2026, 2, 24)), DUE)

    assert answer(paused, DeadlineRequested(kind="case-processing", key="1", due=DUE), DUE) == near


@pytest.mark.parametrize("day", [DUE - 60 * DAY, DUE - 5 * DAY, DUE, DUE + DAY, DUE + 20 * DAY])
def test_met_wins_whenever_it_comes(day):
    standing, _ = life.pass_days(fresh("reassessment"), day, TERMS)

    met = answer(standing, DeadlineMet(kind="reassessment", key="1", met_on=day), day)

    assert met is not None
    assert (met.status, life.next_day(met, TERMS)) == ("met", None)


@pytest.mark.parametrize(
    "message",
    [
        DeadlineRequested(kind="follow-up", key="1", due=DUE),
        DeadlineRequested(kind="follow-up", key="1", due=DUE + DAY),
        DeadlineCancelled(kind="follow-up", key="1"),
        DeadlinePaused(kind="follow-up", key="1", paused_on=DUE),
    ],
)
def test_what_is_met_stays_met(message):
    met = replace(fresh("follow-up"), status="met")

    assert answer(met, message, DUE) == met


def test_what_was_never_asked_cannot_be_met():
    assert answer(None, DeadlineMet(kind="follow-up", key="1", met_on=DUE), DUE) is None


def test_a_kind_that_nobody_owns_is_refused():
    with pytest.raises(Invalid, match="kendes ikke"):
        fresh("lunch")


days = st.dates(date(2026, 1, 1), date(2026, 6, 30))


@given(kind=st.sampled_from(sorted(KINDS)), due=days, ticks=st.lists(days, min_size=1, max_size=30).map(sorted))
def test_any_looks_in_any_rhythm_tell_each_state_once_and_in_order(kind, due, ticks):
    deadline, said = fresh(kind, due), []
    for today in ticks:
        deadline, steps = life.pass_days(deadline, today, TERMS)
        said += messages(steps)

    in_full = messages(day_by_day(fresh(kind, due), ticks[0], ticks[-1])[1])
    assert said == sorted(set(said), key=[DeadlineApproaching, DeadlineDue, DeadlineMissed].index)
    assert said[-1:] == in_full[-1:]
    assert (DeadlineMissed in said) == (ticks[-1] > due)


@given(kind=st.sampled_from(sorted(KINDS)), due=days, today=days)
def test_a_second_look_on_the_same_day_finds_nothing(kind, due, today):
    once, _ = life.pass_days(fresh(kind, due), today, TERMS)

    assert life.pass_days(once, today, TERMS) == (once, [])
    assert (life.next_day(once, TERMS) or date.max) > today


@given(kind=st.sampled_from(sorted(KINDS)), due=days, ticks=st.lists(days, max_size=20).map(sorted), met_on=days)
def test_what_is_met_in_time_is_never_missed(kind, due, ticks, met_on):
    deadline, said = fresh(kind, due), []
    for today in sorted({*ticks, met_on}):
        if today == met_on:
            deadline = answer(deadline, DeadlineMet(kind=kind, key="1", met_on=met_on), met_on)
        deadline, steps = life.pass_days(deadline, today, TERMS)
        said += messages(steps)

    assert deadline.status == "met"
    assert DeadlineMissed not in said or met_on > due


PLACES = [node.name for node in DEADLINE if isinstance(node, Wait | End)]
ABOUT_A_DEADLINE = [
    DeadlineRequested(kind="follow-up", key="1", due=DUE + DAY),
    DeadlineMet(kind="follow-up", key="1", met_on=DUE),
    DeadlineCancelled(kind="follow-up", key="1"),
    DeadlinePaused(kind="follow-up", key="1", paused_on=DUE),
]


@pytest.mark.parametrize("message", ABOUT_A_DEADLINE, ids=lambda m: m.wire)
@pytest.mark.parametrize("place", PLACES)
def test_a_message_moves_a_deadline_as_the_rows_say(place, message):
    standing = replace(fresh("follow-up"), status=place)
    rows = [
        row
        for row in DEADLINE.on(type(message))
        if place in row.places or (isinstance(row, Always) and not isinstance(DEADLINE.rows[place], End))
    ]

    after = answer(standing, message, DUE)

    assert after is not None
    assert after.status == (rows[0].then if rows else place)


def test_every_message_to_the_scheduler_has_a_handler():
    meant = {terms.message for terms in load_all().values() if "scheduler" in terms.consumers}

    assert meant == set(handlers.HANDLERS)
    assert set(DEADLINE.triggers()) <= meant


def test_the_process_can_be_drawn():
    assert 'id="deadline_tell_missed"' in to_bpmn(DEADLINE)
    assert isinstance(DEADLINE.nodes[0], Start)


def test_the_municipality_decides_when_and_to_whom_it_is_told():
    notice = Notice(
        kind="follow-up", before=(30, 14), after=(Escalation(role="leader", days=2),), roles=("caseworker", "leader")
    )
    terms, standing = Terms(TERMS.calendar, (notice,)), fresh("follow-up")

    told, day = [], date(2026, 1, 5)
    while day < date(2026, 4, 1):
        standing, steps = life.pass_days(standing, day, terms)
        told += [(step.day.isoformat(), *telling([step])[0]) for step in steps]
        day += DAY

    assert told == [
        ("2026-02-02", "near-30", ("caseworker", "leader")),
        ("2026-02-24", "near-14", ("caseworker", "leader")),
        ("2026-03-16", "due", ("caseworker", "leader")),
        ("2026-03-17", "missed", ("caseworker",)),
        ("2026-03-18", "escalation-2", ("leader",)),
    ]


# who is told, and how
KAREN = Addressee("caseworker", "karen", None, "Karen Lund", "karen@kommune.example")
X_HUS = Addressee("provider", None, "x-hus", "X-Hus", "post@x-hus.example")


def test_each_is_told_once_whatever_they_are_called():
    karen_herself = Addressee("person", "karen", None, "Karen Lund")

    told = rules.whom(("caseworker", "leader", "provider"), caseworker=KAREN, provider=X_HUS, person=karen_herself)

    assert [one.to for one in told] == ["Karen Lund", "leader", "X-Hus"]


def test_a_case_without_a_caseworker_tells_the_role():
    nobody = Addressee("caseworker")

    assert [(one.to, one.address) for one in rules.whom(("caseworker",), caseworker=nobody)] == [
        ("caseworker", "role:caseworker")
    ]


def test_a_provider_that_is_not_named_is_not_told():
    assert rules.whom(("provider",), caseworker=KAREN) == []


def test_a_provider_does_not_hear_what_is_said_to_others():
    assert rules.whom(("caseworker",), caseworker=KAREN, provider=X_HUS) == [KAREN]


@pytest.mark.parametrize(
    "email, wish, mails, expected",
    [
        ("karen@kommune.example", None, True, ("portal", "mail")),
        ("karen@kommune.example", "mail", True, ("portal", "mail")),
        ("karen@kommune.example", "portal", True, ("portal",)),
        ("karen@kommune.example", "mail", False, ("portal",)),
        (None, "mail", True, ("portal",)),
    ],
)
def test_the_portal_always_tells_and_a_mail_where_it_is_wanted_and_can_be_sent(email, wish, mails, expected):
    named = Addressee("caseworker", email=rules.mailbox(email, wish))

    assert rules.channels(named, mails=mails) == expected
