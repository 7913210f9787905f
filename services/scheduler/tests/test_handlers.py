"""Messages and ticks against real tables: what is kept, what others hear, who is told."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casework.contracts.common import DeadlineCancelled, DeadlineMet, DeadlinePaused, NotificationRequested
from casework.contracts.intake import CaseChanged, CaseClosed
from casework.contracts.ordering import ProviderChanged
from casework.contracts.portal import PersonChanged
from casework.contracts.values import Party
from casework.messaging.tables import Incoming, Line, Outgoing
from casework.schema import dump
from casework.vocabularies.codes import PartyRole
from scheduler.model import Base, CaseRow, Notification

from .conftest import CASE, OPENED, World, asked, at

X_HUS = ProviderChanged(provider_id="x-hus", name="X-Hus", email="post@x-hus.example")
OTTO = Party(id="otto", name="Otto Holm", role=PartyRole("caseworker"))
CHANGED = CaseChanged(**{name: getattr(OPENED, name) for name in OPENED.__dataclass_fields__})


@pytest.mark.rule("INT-21")
def test_a_deadline_is_raised_on_its_danish_days_and_no_sooner(world: World):
    world.hear(asked("case-processing", "2026-03-16"), by="intake")

    said = []
    for when in ("2026-02-22 23:59", "2026-02-23 00:00", "2026-03-15 23:59", "2026-03-16 00:00", "2026-03-16 23:59",
                 "2026-03-17 00:00"):  # fmt: skip
        world.tick(when)
        said.append(world.raised())

    near, due, missed = "approaching", "due", "missed"
    assert said == [[], [near], [near], [near, due], [near, due], [near, due, missed]]


def test_what_is_missed_took_effect_when_the_day_was_over_however_late_the_look(world: World):
    world.hear(asked("complaint", "2026-03-16"), by="decision")

    world.tick("2026-03-20 10:00")

    with world.service.database.reading() as session:
        row = session.scalars(sa.select(Outgoing).where(Outgoing.type == "deadline.missed")).one()
    assert row.envelope["time"].startswith("2026-03-16T23:00:00")  # midnight in Denmark
    assert row.subject == str(CASE)


def test_what_was_past_when_it_was_asked_takes_effect_when_it_was_asked(world: World):
    world.hear(asked("complaint", "2026-01-02"), by="decision", when="2026-01-05 09:00")

    world.tick("2026-01-05 09:05")

    with world.service.database.reading() as session:
        row = session.scalars(sa.select(Outgoing).where(Outgoing.type == "deadline.missed")).one()
    assert row.envelope["time"].startswith("2026-01-05T08:00:00")


@pytest.mark.rule("DEL-07")
@pytest.mark.parametrize("kind", ["order-answer", "unapproved-offer"])
def test_what_ordering_waits_for_in_vain_reaches_the_caseworker(world: World, kind: str):
    world.hear(X_HUS, by="ordering")
    world.hear(asked(kind, "2026-03-13", "x-hus/1", provider_id="x-hus"), by="ordering")

    world.tick("2026-03-13 23:59")
    assert "missed" not in world.raised()
    world.tick("2026-03-16 08:00")
    assert "missed" in world.raised()
    assert "Karen Lund" in {name for stage, name, _ in world.told() if stage in ("missed", "escalation-1")}


def test_the_same_message_twice_changes_nothing(world: World):
    envelope = world.hear(asked("complaint", "2026-03-16"), by="decision")
    world.tick("2026-03-16 08:00")

    world.service.inbox.receive([envelope.to_json()])
    world.tick("2026-03-16 09:00")

    assert world.raised() == ["due"]


@pytest.mark.rule("DEC-15")
def test_met_wins_over_missed_even_when_it_comes_later(world: World):
    world.hear(asked("reassessment", "2026-03-16"), by="decision")
    world.tick("2026-03-17 08:00")

    world.hear(
        DeadlineMet(kind="reassessment", key="1", met_on=date(2026, 3, 16)), by="decision", when="2026-03-16 23:50"
    )
    world.tick("2026-04-20 08:00")

    assert world.raised() == ["missed"]
    assert world.deadline().status == "met"


@pytest.mark.rule("FUP-14")
def test_a_cancelled_deadline_is_never_raised(world: World):
    world.hear(asked("follow-up", "2026-03-16", "2026-03-16"), by="followup")
    world.hear(DeadlineCancelled(kind="follow-up", key="2026-03-16"), by="followup")

    world.tick("2026-06-01 08:00")

    assert world.raised() == []


@pytest.mark.rule("INT-21")
def test_a_paused_clock_goes_on_with_its_new_day(world: World):
    world.hear(asked("case-processing", "2026-03-16"), by="intake")
    world.hear(DeadlinePaused(kind="case-processing", key="1", paused_on=date(2026, 2, 1)), by="intake")
    world.tick("2026-03-30 08:00")
    assert world.raised() == []

    world.hear(asked("case-processing", "2026-05-18"), by="intake", when="2026-03-30 09:00")
    world.tick("2026-05-19 08:00")

    assert world.raised() == ["missed"]
    assert world.deadline().due == date(2026, 5, 18)


def test_a_moved_deadline_is_told_anew(world: World):
    world.hear(asked("hearing-answer", "2026-03-16"), by="assessment")
    world.tick("2026-03-11 08:00")
    world.hear(asked("hearing-answer", "2026-03-23"), by="assessment", when="2026-03-11 09:00")
    world.tick("2026-03-18 08:00")
    world.hear(asked("hearing-answer", "2026-03-16"), by="assessment", when="2026-03-18 09:00")  # and back again
    world.tick("2026-03-18 10:00")

    assert world.raised() == ["approaching", "approaching", "missed"]
    assert [stage for stage, *_ in world.told()] == ["missed", "near-3", "near-3"]


def test_a_deadline_waits_for_its_case(make):
    world = make()
    world.hear(asked("complaint", "2026-01-06"), by="decision")

    assert world.tick("2026-01-07 08:00") == 0
    world.hear(OPENED, by="intake")
    assert world.tick("2026-01-07 08:00") == 1
    assert world.raised() == ["missed"]


def test_a_kind_that_nobody_owns_is_parked_at_once(world: World):
    envelope = world.hear(asked("lunch", "2026-03-16"), by="intake")

    with world.service.database.reading() as session:
        assert session.get_one(Incoming, envelope.id).status == "parked"


# who is told
@pytest.mark.rule("FUP-01")
def test_caseworker_and_provider_are_told_in_the_portal(world: World):
    world.hear(X_HUS, by="ordering", subject="x-hus")
    world.hear(asked("follow-up", "2026-03-16", provider_id="x-hus", notify=("caseworker", "provider")), by="followup")

    world.tick("2026-02-16 08:00")

    assert world.told() == [("near-20", "Karen Lund", "portal"), ("near-20", "x-hus", "portal")]
    sent = world.said("notification.sent")
    assert [(body["kind"], body["to"], body["channel"]) for _, body in sent] == [
        ("follow-up", "Karen Lund", "portal"),
        ("follow-up", "X-Hus", "portal"),
    ]
    assert {body["case_id"] for _, body in sent} == {str(CASE)}


@pytest.mark.rule("INT-21")
def test_the_leader_hears_of_an_overdue_case(world: World):
    world.hear(asked("case-processing", "2026-03-13"), by="intake")  # a Friday

    world.tick("2026-03-14 08:00")
    world.tick("2026-03-16 08:00")

    assert world.told() == [("escalation-1", "leader", "portal"), ("missed", "Karen Lund", "portal")]


@pytest.mark.rule("DEL-07")
def test_a_phase_names_who_should_know(world: World):
    requested = NotificationRequested(kind="delivery.changed", roles=("caseworker", "finance"), key="1")

    envelope = world.hear(requested, by="delivery", when="2026-01-06 10:00")
    world.service.inbox.receive([envelope.to_json()])

    assert world.told() == [("", "Karen Lund", "portal"), ("", "finance", "portal")]


def test_a_notification_is_kept_until_the_case_is_known(make):
    world = make()
    envelope = world.hear(NotificationRequested(kind="decision.decide", roles=("caseworker",)), by="decision")
    with world.service.database.reading() as session:
        assert session.get_one(Incoming, envelope.id).status == "waiting"

    world.hear(OPENED, by="intake")

    assert world.told() == [("", "Karen Lund", "portal")]


def test_a_new_caseworker_is_told(world: World):
    world.hear(replace(CHANGED, caseworker=OTTO), by="intake", actor="leader")
    world.hear(replace(CHANGED, caseworker=OTTO, team="øst"), by="intake", actor="leader")

    assert world.told() == [("", "Otto Holm", "portal")]


def test_whoever_takes_a_case_themself_is_not_told(world: World):
    world.hear(replace(CHANGED, caseworker=OTTO), by="intake", actor="otto")

    assert world.told() == []


def test_a_deadline_outlives_its_case_until_its_phase_cancels_it(world: World):
    world.hear(asked("complaint", "2026-03-16"), by="decision")
    world.hear(CaseClosed(closed_on=date(2026, 2, 1)), by="intake", when="2026-02-01 10:00")

    world.tick("2026-03-17 08:00")

    assert world.raised() == ["missed"]


def test_a_large_day_is_raised_in_batches(world: World):
    for n in range(120):
        world.hear(asked("complaint", "2026-03-16", str(n)), by="decision")

    assert world.tick("2026-03-16 08:00") == 120
    assert world.tick("2026-03-16 08:00") == 0
    assert world.raised() == ["due"] * 120


BY_PRODUCER = {
    "intake": [OPENED, asked("case-processing", "2026-03-16"), replace(CHANGED, caseworker=OTTO)],
    "followup": [
        asked("follow-up", "2026-03-20", provider_id="x-hus"),
        asked("follow-up", "2026-03-27", provider_id="x-hus"),
    ],
    "decision": [NotificationRequested(kind="decision.decide", roles=("leader",)), asked("complaint", "2026-02-02")],
    "ordering": [X_HUS],
    "portal": [PersonChanged(person_id="otto", name="Otto Holm", email="otto@kommune.example")],
}


@given(st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_between_producers_and_any_repetition_end_in_the_same_rows(make, data):
    world = make()
    with world.service.database.writing() as session:
        for table in reversed((*Base.metadata.sorted_tables, Incoming.__table__, Line.__table__, Outgoing.__table__)):
            session.execute(sa.delete(table))
    subjects = {"ordering": "x-hus", "portal": "otto"}
    envelopes = {
        by: [
            world.envelope(m, by, at("2026-01-05 09:00") + timedelta(minutes=n), subjects.get(by, str(CASE)))
            for n, m in enumerate(said)
        ]
        for by, said in BY_PRODUCER.items()
    }
    line = list(itertools.chain(*envelopes.values()))
    order = data.draw(st.permutations([*line, *data.draw(st.lists(st.sampled_from(line), max_size=4))]))

    for envelope in order:
        world.service.inbox.receive([envelope.to_json()])
    world.tick("2026-03-30 08:00")

    rows = {(r.kind, r.due, r.status) for r in _deadlines(world)}
    assert rows == {
        ("case-processing", date(2026, 3, 16), "missed"),
        ("follow-up", date(2026, 3, 27), "missed"),
        ("complaint", date(2026, 2, 2), "missed"),
    }
    assert world.told() == [
        ("", "Otto Holm", "portal"),
        ("", "leader", "portal"),
        ("escalation-1", "leader", "portal"),
        ("missed", "Otto Holm", "portal"),
        ("missed", "Otto Holm", "portal"),
        ("missed", "Otto Holm", "portal"),
        ("missed", "x-hus", "portal"),
    ]
    assert sorted(world.raised()) == ["missed"] * 3


def _deadlines(world: World) -> list:
    from scheduler.model import DeadlineRow

    with world.service.database.reading() as session:
        return list(session.scalars(sa.select(DeadlineRow)))


def test_no_line_of_messages_is_shared_between_cases(world: World):
    world.hear(asked("complaint", "2026-01-06"), by="decision")
    world.tick("2026-01-07 08:00")

    with world.service.database.reading() as session:
        subjects = set(session.scalars(sa.select(Line.subject).where(Line.way == "out")))
        assert session.scalars(sa.select(CaseRow.id)).all() == [CASE]
        assert session.scalars(sa.select(Notification.case_id)).all() == [CASE]
    assert subjects == {str(CASE), f"person:karen/{CASE}"}


def test_messages_name_no_citizen(world: World):
    world.hear(asked("complaint", "2026-01-06"), by="decision")
    world.tick("2026-01-07 08:00")

    assert str(OPENED.citizen_id) not in str(world.said())
    assert "citizen" not in str([dump(OPENED).keys() & body.keys() for _, body in world.said()])
