"""Worked cases, played to their end through the real APIs and messages, in one process and over the wire."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from typing import Any

import pikepdf
import psycopg
import pytest
import sqlalchemy as sa
from amqp.exceptions import NotFound
from kombu import Connection

from casework.channels import ParcelRow
from casework.contracts import SERVICES
from decision.model import LetterRow
from onebox import walk as walks
from onebox.distributed import AmqpTown
from onebox.towns import DirectTown

from .documents import WALKS, Watched, begins, differences, recorded

pytestmark = pytest.mark.slow

SAID = {
    "1-jonas": "Social aktivitet: 3 dage om ugen (700,00 kr. pr. dag).",
    "ellen": "Støtte til daglige opgaver i hjemmet: 4 timer om ugen (500,00 kr. pr. time).",
}
"""What the first letter of a walk must say of the help that was assessed in it, and of its price."""


@dataclass(frozen=True)
class Played:
    """A walk that has been played, what was not as it says, and what decision had sent at its end."""

    walk: str
    data: dict[str, Any]
    findings: list[str]
    outcome: dict[str, Any]
    letters: list[LetterRow]
    parcels: list[ParcelRow]


def play(walk: Watched) -> list[str]:
    return [f"trin {o.number}: {f.text}" for o in walk.play(lambda _: None) for f in o.findings]


@pytest.fixture(
    scope="module",
    params=[pytest.param(path, id=path.stem, marks=pytest.mark.xdist_group(path.stem)) for path in WALKS],
)
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    data = walks.read_walk(request.param)
    town = DirectTown(tmp_path_factory.mktemp("walk"), begins(data))
    try:
        walk = Watched(data, town)
        findings, outcome = play(walk), walk.outcome(town.house)
        with town.house.services["decision"].database.reading() as session:
            letters = session.scalars(sa.select(LetterRow).order_by(LetterRow.made_at)).all()
            parcels = session.scalars(sa.select(ParcelRow)).all()
        yield Played(request.param.stem, data, findings, outcome, list(letters), list(parcels))
    finally:
        town.close()


def test_a_worked_case_plays_to_its_end_in_one_process(played):
    assert played.findings == []


def test_a_worked_case_ends_in_the_documents_acts_and_facts_that_were_recorded(played):
    assert differences(recorded(played.walk), played.outcome) == []


def test_what_is_other_than_was_recorded_is_told_by_its_path_with_before_and_after():
    now = recorded(WALKS[0].stem)
    now["documents"]["end, case 1"]["case.phase"] = "intake"

    assert differences(recorded(WALKS[0].stem), now) == ["end, case 1: case.phase: 'followup' → 'intake'"]


def test_every_letter_of_a_worked_case_is_kept_and_handed_over(played):
    data, letters = played.data, played.letters
    told = [s for s in data["steps"] if s.get("do") == "decision.notify" and s["with"]["channel"] != "verbal"]

    assert [row.channel for row in letters] == [s["with"]["channel"] for s in told if "refused" not in s]
    assert len(played.parcels) >= len(letters)
    for row in letters:
        assert row.sha256 == sha256(row.pdf).hexdigest()
        assert data["citizen"]["citizen_name"] in (row.content["recipient"][0], *row.content["copy_to"])
        assert _is_archivable(row.pdf, row.content["title"])
    assert SAID.get(played.walk, "") in str([row.content for row in letters[:1]])
    printed = {parcel.status for parcel in played.parcels if parcel.channel == "letter"}
    assert printed <= {"sent"}


def _is_archivable(pdf: bytes, title: str) -> bool:
    with pikepdf.open(BytesIO(pdf)) as opened, opened.open_metadata() as metadata:
        kinds = (metadata["pdfaid:part"], metadata["pdfaid:conformance"], metadata["pdfuaid:part"])
        return kinds == ("2", "A", "1") and metadata["dc:title"] == title and bool(opened.Root.MarkInfo.Marked)


@pytest.mark.xdist_group("wire")
def test_a_worked_case_plays_to_its_end_with_every_role_a_process(tmp_path, postgres_server, rabbitmq):
    data = walks.read_walk(WALKS[0])
    town = AmqpTown(tmp_path, begins(data), postgres=postgres_server, rabbitmq=rabbitmq)
    walk = Watched(data, town)

    try:
        assert play(walk) == []
        assert differences(recorded(WALKS[0].stem), {"documents": walk.documents()}) == []
    finally:
        town.close()
    assert left_behind(town) == []


def left_behind(town: AmqpTown) -> list[str]:
    """What still stands on the servers under the walk's prefix."""
    with psycopg.connect(town.postgres) as admin:
        rows = admin.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{town.prefix}%"]).fetchall()
    found = [str(name) for (name,) in rows]
    queues = [*SERVICES, "archive"]
    for service in (*queues, *(f"{name}.dead" for name in queues), "scheduler.tasks"):
        with Connection(town.rabbitmq) as broker, suppress(NotFound):
            broker.channel().queue_declare(f"{town.prefix}.{service}", passive=True)
            found.append(service)
    return found
