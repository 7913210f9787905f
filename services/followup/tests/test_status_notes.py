"""Whom a status note is asked of, when it is due, and to which follow-up it belongs."""

from __future__ import annotations

from datetime import date

import pytest

from casework.contracts.common import DeadlineRequested, NotificationRequested
from casework.contracts.delivery import ChangeReported
from casework.contracts.followup import StatusNoteRequested
from casework.contracts.ordering import OrderEnded
from casework.contracts.scheduler import DeadlineApproaching
from followup.model import FollowUp, Preparation

from .conftest import Played, note, order


def near(day: str = "2026-06-02", kind: str = "follow-up") -> DeadlineApproaching:
    return DeadlineApproaching(kind=kind, key=day, due=date.fromisoformat(day))


@pytest.mark.rule("FUP-01")
def test_a_note_is_asked_for_when_the_day_comes_near(ordered: Played):
    ordered.hear(near(), "2026-05-01")
    (asked,) = ordered.sent(StatusNoteRequested)
    assert (asked.provider_id, asked.planned_on, asked.note_due) == ("x-hus", date(2026, 6, 2), date(2026, 5, 26))
    assert ordered.waiting("status-note") == ["x-hus/2026-06-02"]
    assert ordered.sent(DeadlineRequested)[-1].provider_id == "x-hus"


@pytest.mark.rule("FUP-01")
def test_it_is_asked_once_per_order_and_day(ordered: Played):
    ordered.hear(near(), "2026-05-01")
    ordered.hear(near(), "2026-05-08")
    ordered.open("2026-05-20")
    assert len(ordered.sent(StatusNoteRequested)) == 1
    assert ordered.read(Preparation).status_note_requested is True


@pytest.mark.rule("FUP-01")
def test_opening_asks_all_who_deliver_and_gives_them_five_working_days(ordered: Played):
    ordered.hear(order("y-hus", "2026-09-01"), "2026-02-12")
    ordered.open("2026-05-28")
    assert {(r.provider_id, r.note_due) for r in ordered.sent(StatusNoteRequested)} == {
        ("x-hus", date(2026, 6, 4)), ("y-hus", date(2026, 6, 4)),
    }  # fmt: skip


@pytest.mark.rule("FUP-01")
def test_a_day_of_one_order_asks_its_provider_only(ordered: Played):
    ordered.hear(order("y-hus", "2026-09-01"), "2026-02-12")
    ordered.hear(near("2026-09-01"), "2026-08-04")
    assert [r.provider_id for r in ordered.sent(StatusNoteRequested)] == ["y-hus"]


def test_an_extra_follow_up_asks_for_its_own_day(case: Played):
    case.hear(order(follow_up="2027-04-01"), "2026-03-11")
    case.open("2026-10-01")
    assert case.waiting("status-note") == ["x-hus/2026-10-01"]


def test_nothing_is_asked_where_nobody_delivers(case: Played):
    case.open("2026-10-01")
    assert case.sent(StatusNoteRequested) == []


def test_other_days_that_come_near_are_none_of_its_business(ordered: Played):
    ordered.hear(near(kind="order-answer"), "2026-05-01")
    assert ordered.sent(StatusNoteRequested) == []


def test_a_note_that_has_come_is_not_asked_for_again(ordered: Played):
    ordered.hear(note(on="2026-04-28", g1="Går fremad"), "2026-04-28")
    ordered.hear(near(), "2026-05-01")
    ordered.open("2026-05-20")
    assert ordered.sent(StatusNoteRequested) == []


def test_a_note_meets_the_deadline(ordered: Played):
    ordered.open("2026-05-20")
    ordered.hear(note(g1="Går fremad"), "2026-05-26")
    assert ordered.deadlines("status-note") == {"x-hus/2026-06-02": "met"}


def test_a_follow_up_concluded_without_it_waits_no_more(ordered: Played):
    ordered.hold("2026-05-28", "2026-09-02")
    assert ordered.deadlines("status-note") == {"x-hus/2026-06-02": "cancelled"}


def test_an_order_that_ends_is_asked_no_more(ordered: Played):
    ordered.hear(near(), "2026-05-01")
    ordered.hear(OrderEnded(provider_id="x-hus", version=1, ended_on=date(2026, 5, 3)), "2026-05-04")
    assert ordered.deadlines("status-note") == {"x-hus/2026-06-02": "cancelled"}


@pytest.mark.rule("FUP-02")
def test_a_note_belongs_to_the_open_follow_up_and_else_to_the_next(ordered: Played):
    ordered.open("2026-05-20")
    ordered.hear(note(g1="Nu"), "2026-05-26")
    ordered.hold("2026-06-02", "2026-09-02")
    ordered.hear(note(on="2026-06-03", g1="Senere"), "2026-06-03")
    ordered.open("2026-08-24")
    assert ordered.read(FollowUp, 1).goals[0].provider_evaluation == "Nu"
    assert ordered.read(FollowUp, 2).goals[0].provider_evaluation == "Senere"
    first, second = ordered.document()["follow_ups"]
    assert [n["status_note"]["goals"][0]["provider_evaluation"] for n in (first, second)] == ["Nu", "Senere"]


@pytest.mark.rule("DEL-07")
def test_new_circumstances_are_the_caseworkers_to_weigh(ordered: Played):
    ordered.hear(ChangeReported(provider_id="x-hus", text="Fundet hash", reported_on=date(2026, 4, 1)), "2026-04-01")
    (told,) = ordered.sent(NotificationRequested)
    assert (told.kind, told.roles) == ("followup.change_reported", ("caseworker",))
    assert "DEL-07" in ordered.warnings()
    ordered.open("2026-04-02")
    assert "DEL-07" not in ordered.warnings()
