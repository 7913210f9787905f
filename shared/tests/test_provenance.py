"""Whose word a value is: who wrote it, when, in which phase, and from whom it is known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from casework.contracts.intake import EnquiryRecorded
from casework.testing import visits
from casework.testing.cases import A_CASE, A_CASEWORKER, ANOTHER_CASEWORKER, OPENED, Office, wrong


@pytest.fixture
def office() -> Iterator[Office]:
    with visits.contracts():
        made = Office(visits)
        made.hear(OPENED)
        yield made
        made.close()


def marks(office: Office, step: str = "talk") -> dict[str, Any]:
    answer = office.call(A_CASEWORKER, "GET", f"/cases/{A_CASE}/records?step={step}")
    return dict(answer.get_json()["records"][0]["marks"])


def test_each_value_has_its_own_author_and_moment(office):
    office.record({"talk": {"purpose": "Bolig", "wishes": [{"id": "a", "text": "Hund"}]}})
    office.now += timedelta(hours=1)
    office.record({"talk": {"wishes": [{"id": "a", "text": "Kat"}]}}, actor=ANOTHER_CASEWORKER)

    assert {path: (mark["by"], mark["at"][11:16], mark["phase"]) for path, mark in marks(office).items()} == {
        "purpose": ("Kim Dam", "11:00", "visit"),
        "wishes[a].id": ("Kim Dam", "11:00", "visit"),
        "wishes[a].text": ("Bo Friis", "12:00", "visit"),
    }


def test_what_is_saved_again_as_it_was_keeps_its_author(office):
    office.record({"talk": {"purpose": "Bolig"}})
    office.record({"talk": {"purpose": "Bolig"}}, actor=ANOTHER_CASEWORKER)

    assert marks(office)["purpose"]["by"] == "Kim Dam"


def test_a_source_goes_with_the_value_and_stays_until_somebody_writes_anew(office):
    told = {"kind": "relative", "name": "Malene", "document": {"title": "Notat", "journal_number": "2026-7"}}
    office.record({"talk": {"purpose": "Bolig"}, "sources": {"talk.purpose": told}})
    before = marks(office)["purpose"]
    office.record({"talk": {"purpose": "Job"}}, actor=ANOTHER_CASEWORKER)

    assert (before["by"], before["source"]) == ("Kim Dam", told)
    assert "source" not in marks(office)["purpose"]


def test_a_source_can_be_added_later_and_is_in_the_history(office):
    office.record({"talk": {"purpose": "Bolig"}})
    office.record({"sources": {"talk.purpose": {"kind": "staff"}}}, actor=ANOTHER_CASEWORKER)
    newest = office.call(A_CASEWORKER, "GET", f"/cases/{A_CASE}/changes").get_json()["changes"][0]

    assert marks(office)["purpose"] == {**marks(office)["purpose"], "by": "Kim Dam", "source": {"kind": "staff"}}
    assert (newest["by"], newest["changes"]) == ("Bo Friis", [["talk.purpose~source", None, {"kind": "staff"}]])


@pytest.mark.parametrize(
    "sources, field",
    [
        ({"talk.purpose": {"kind": "relative"}}, "sources.talk.purpose"),  # nothing is written there
        ({"talk.nonsense": {"kind": "relative"}}, "sources.talk.nonsense"),
        ({"talk.conclusion": {"kind": "nabo"}}, "sources.talk.conclusion.kind"),
        ({"talk.conclusion": {}}, "sources.talk.conclusion.kind"),
        ({"nonsense.purpose": {"kind": "relative"}}, "nonsense"),
        (["talk.conclusion"], "sources"),
    ],
)
def test_a_source_of_nothing_or_a_wrong_one_is_refused_and_changes_nothing(office, sources, field):
    office.record({"talk": {"conclusion": "Flytning"}})
    before = marks(office)

    assert wrong(office.record({"talk": {"held": True}, "sources": sources}))[1] == field
    assert marks(office) == before


def test_a_carried_value_tells_from_which_phase_it_came_and_when(office):
    office.hear(EnquiryRecorded(opening_reason="Ny hjælp"))
    carried = {path: mark for path, mark in marks(office).items() if "by" not in mark}

    assert [mark["phase"] for mark in carried.values()] == ["intake"] * len(carried)
    assert carried


def test_a_value_that_was_emptied_says_by_whom(office):
    office.record({"talk": {"purpose": "Bolig"}})
    office.record({"talk": {"purpose": None}}, actor=ANOTHER_CASEWORKER)

    assert marks(office)["purpose"]["by"] == "Bo Friis"
