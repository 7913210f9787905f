"""The archive of all messages, and the one figure made of it so far."""

import json
import random
from datetime import UTC, datetime
from uuid import uuid4

import pytest
import sqlalchemy as sa

from casework.messaging import Direct
from casework.messaging.arrivals import NOBODY
from casework.migrations import upgrade
from casework.service.settings import Settings
from reporting.app import create
from reporting.figures import VumIndex, vum_index
from reporting.handlers import current_vum_index
from reporting.model import Archived


def moved(case: str, process: str) -> dict[str, object]:
    """A position.changed as it travels."""
    return {
        "id": str(uuid4()), "type": "position.changed", "version": 1, "subject": case, "numbers": {"reporting": 1},
        "time": datetime(2026, 3, 2, tzinfo=UTC).isoformat(), "producer": process,
        "body": {"process": process, "number": 1, "arrives": "x"},
    }  # fmt: skip


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def reporting(request, tmp_path):
    url = f"sqlite:///{tmp_path}/reporting.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    service = create(Settings(database=url), transport=Direct())
    upgrade(service)
    yield service
    service.close()


def archived(service) -> int:
    with service.database.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(Archived))


def test_a_message_is_archived_once_however_often_it_comes(reporting):
    message = moved("a", "intake")

    reporting.archive([message, message])
    reporting.archive([json.dumps(message).encode()])

    assert archived(reporting) == 1


@pytest.mark.parametrize(
    "poison",
    [
        b"{",
        b"\xff\0",
        json.dumps(moved("b", "x\0y")).encode(),
        json.dumps(moved("b", "\ud800")).encode(),
        json.dumps(moved("c" * 3000, "intake")).encode(),
        json.dumps(moved("b", "intake") | {"time": "0001-01-01T00:00:00+02:00"}).encode(),
        json.dumps(moved("b", "intake"))
        .encode()
        .replace(b'"body": {', b'"body": {"n": ' + b"[" * 960 + b"]" * 960 + b", "),
        moved("b", "intake") | {"body": {"n": {1, 2}}},
        None,
    ],
    ids=["half", "bytes", "nul", "surrogate", "subject", "year 1", "deep", "no JSON", "nothing"],
)
def test_a_message_that_cannot_be_kept_as_it_came_is_kept_as_text_and_holds_nobody(reporting, poison):
    reporting.archive([poison, moved("a", "intake"), poison])

    with reporting.database.reading() as session:
        types = sorted(session.scalars(sa.select(Archived.type)))
    assert types == [NOBODY, "position.changed"]


def test_a_message_that_is_not_as_its_contract_says_is_in_no_figure(reporting):
    reporting.archive([moved("a", "intake") | {"body": body} for body in ({}, {"process": ["intake"]}, {"process": 7})])

    with reporting.database.reading() as session:
        assert current_vum_index(session).cases == 0


def test_the_vum_index_counts_a_phase_once_per_case_in_any_order(reporting):
    messages = [moved(f"{case}", process) for case in range(5) for process in ("intake", "assessment", "intake")]
    random.Random(3).shuffle(messages)

    reporting.archive(messages)

    with reporting.database.reading() as session:
        assert current_vum_index(session) == VumIndex(cases=5, mean=2.0, deviation=0.0)


def test_the_vum_index_of_fewer_than_five_cases_is_not_shown():
    assert vum_index([("a", "intake")]) == VumIndex(cases=1, mean=None, deviation=None)
