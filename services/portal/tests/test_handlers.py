"""The lists are the same, in whichever order and however often they are told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.orm import Session

from casework.contracts import Message
from casework.contracts.assessment import RecommendationSubmitted
from casework.contracts.common import (
    DeadlineCancelled,
    DeadlineMet,
    DeadlinePaused,
    DeadlineRequested,
    OverviewChanged,
    PositionChanged,
    Task,
)
from casework.contracts.intake import CaseChanged, CaseClosed, CitizenIndexed
from casework.contracts.ordering import ProviderChanged
from casework.contracts.portal import PersonChanged
from casework.contracts.scheduler import DeadlineMissed, NotificationSent
from casework.messaging import Envelope, UnknownMessage
from portal.model import NEVER, Base, Citizen, Deadline, ListedCase, Notification, Overview, Position, Provider

from .conftest import CASE, CITIZEN, NOW, envelope, opened, take

DUE = date(2026, 3, 27)


def later(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


def story() -> list[tuple[Envelope, Message]]:
    """What nine services might tell of one case, some of it at the same moment."""
    task = Task(name="assessment.recommend", label="Send indstilling", roles=("caseworker",))
    told: list[tuple[Message, str, int, Any, datetime]] = [
        (opened(), "intake", 1, CASE, later(0)),
        (CaseChanged(**{**vars(opened()), "team": "vest"}), "intake", 2, CASE, later(5)),
        (CaseChanged(**{**vars(opened()), "team": "nord"}), "intake", 3, CASE, later(5)),
        (PositionChanged(process="intake", number=1, arrives="complete"), "intake", 4, CASE, later(0)),
        (PositionChanged(process="intake", number=1, arrives="running"), "intake", 5, CASE, later(6)),
        (PositionChanged(process="assessment", number=1, arrives="recommend"), "assessment", 1, CASE, later(6)),
        (OverviewChanged(warnings=("INT-03",)), "intake", 6, CASE, later(1)),
        (OverviewChanged(warnings=()), "intake", 7, CASE, later(6)),
        (OverviewChanged(warnings=("GOL-15", "ASM-10"), tasks=(task,)), "assessment", 2, CASE, later(7)),
        (DeadlineRequested(kind="case-processing", key="1", due=date(2026, 3, 20)), "intake", 8, CASE, later(1)),
        (DeadlinePaused(kind="case-processing", key="1", paused_on=date(2026, 3, 3)), "intake", 9, CASE, later(8)),
        (DeadlineRequested(kind="case-processing", key="1", due=DUE), "intake", 10, CASE, later(9)),
        (DeadlineMissed(kind="case-processing", key="1", due=date(2026, 3, 20)), "scheduler", 1, CASE, later(4)),
        (DeadlineRequested(kind="hearing-answer", key="1", due=date(2026, 3, 1)), "assessment", 3, CASE, later(2)),
        (DeadlineMet(kind="hearing-answer", key="1", met_on=date(2026, 3, 1)), "assessment", 4, CASE, later(3)),
        (DeadlineRequested(kind="order-end", key="x", due=date(2026, 1, 1)), "ordering", 1, CASE, later(3)),
        (DeadlineCancelled(kind="complaint", key="1"), "decision", 1, CASE, later(3)),
        (RecommendationSubmitted(number=1), "assessment", 5, CASE, later(7)),
        (CitizenIndexed(cpr_hash="h", citizen_name="Bente", born_on=DUE), "intake", 1, CITIZEN, later(1)),
        (CitizenIndexed(cpr_hash="h", citizen_name="Bente Holm", born_on=DUE), "intake", 2, CITIZEN, later(2)),
        (ProviderChanged(provider_id="x", name="X-Hus"), "ordering", 1, "x", later(1)),
        (ProviderChanged(provider_id="x", name="X-Huset"), "ordering", 2, "x", later(2)),
        (NotificationSent(kind="hearing-answer", to="Karen", channel="portal", sent_at=NOW, case_id=str(CASE)),
         "scheduler", 1, f"person:caseworker/{CASE}", later(2)),
    ]  # fmt: skip
    return [(envelope(m, by, n, subject=about, at=when), m) for m, by, n, about, when in told]


STORY = story()


def rows_after(*batches: list[tuple[Envelope, Message]]) -> dict[str, list[Any]]:
    """All that the portal then has on record; what is in a batch comes together."""
    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        for batch in batches:
            take(session, *batch)
        tables = (ListedCase, Position, Overview, Deadline, Citizen, Provider, Notification)
        found = {t.__tablename__: sorted(map(repr, session.execute(sa.select(t.__table__)).all())) for t in tables}
    engine.dispose()
    return found


IN_ORDER = rows_after(*([one] for one in STORY))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.permutations(STORY),
    st.lists(st.sampled_from(STORY), max_size=5),
    st.lists(st.integers(0, len(STORY) + 5), max_size=6),
)
def test_any_order_any_repetition_and_any_batches_end_in_the_same_rows(
    told: list[tuple[Envelope, Message]], again: list[tuple[Envelope, Message]], cuts: list[int]
) -> None:
    told, edges = [*told, *again], [0, *sorted(cuts), len(told) + len(again)]

    assert rows_after(*(told[first:last] for first, last in pairwise(edges))) == IN_ORDER


def test_a_batch_is_read_and_written_with_a_statement_per_table(session: Session) -> None:
    sent: list[str] = []
    event.listen(session.get_bind(), "before_cursor_execute", lambda c, cu, statement, *_: sent.append(statement))
    of_the_case = [one for one in STORY if one[0].subject == str(CASE)]

    take(session, *of_the_case)

    assert [statement.split(" ")[0] for statement in sent] == ["SELECT"] * 4 + ["INSERT"] * 4


def test_what_says_nothing_new_writes_nothing(session: Session) -> None:
    take(session, *STORY)
    sent: list[str] = []
    event.listen(session.get_bind(), "before_cursor_execute", lambda c, cu, statement, *_: sent.append(statement))

    take(session, *STORY)

    assert {statement.split(" ")[0] for statement in sent} == {"SELECT"}


@pytest.fixture
def session() -> Iterator[Session]:
    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


def test_the_list_shows_what_is_newest_of_each(session: Session) -> None:
    take(session, *STORY)
    case = session.get_one(ListedCase, CASE)

    assert (case.number, case.team, case.phase, case.warnings) == ("2026-00417", "nord", "assessment", 2)
    assert (case.next_due, case.next_kind) == (DUE, "case-processing")
    assert [task["name"] for task in case.tasks] == ["assessment.recommend"]


def test_a_deadline_that_is_for_the_house_alone_is_not_listed(session: Session) -> None:
    alarm = DeadlineRequested(kind="order-end", key="x", due=date(2026, 1, 1))
    take(session, (envelope(alarm, "ordering"), alarm))

    assert session.get_one(ListedCase, CASE).due_sort == NEVER


def test_a_closed_case_has_no_deadline(session: Session) -> None:
    due, closed = DeadlineRequested(kind="complaint", key="1", due=DUE), CaseClosed(closed_on=DUE)
    for message, producer in ((due, "decision"), (closed, "intake")):
        take(session, (envelope(message, producer), message))

    assert session.get_one(ListedCase, CASE).next_due is None


def test_a_mail_rings_no_bell_unless_it_failed(session: Session) -> None:
    for failure in (None, "svarer ikke"):
        message = NotificationSent(kind="complaint", to="Karen", channel="mail", sent_at=NOW, failure=failure)
        take(session, (envelope(message, "scheduler", subject=f"person:karen/{CASE}"), message))

    rung = session.scalars(sa.select(Notification)).all()

    assert [(n.address, n.failure, n.channel) for n in rung] == [("person:karen", "svarer ikke", "mail")]


def test_what_is_not_for_the_portal_is_parked(session: Session) -> None:
    message = PersonChanged(person_id="karen", name="Karen")

    with pytest.raises(UnknownMessage):
        take(session, (envelope(message, "portal"), message))
