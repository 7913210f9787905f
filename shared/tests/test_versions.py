"""An older version of what is stored or under way is brought up to the newest, step by step; and only that."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from casework.contracts import Message, UnknownMessage, as_of_now, contract
from casework.contracts.intake import EnquiryRecorded
from casework.errors import TooNew
from casework.fields import field, needed
from casework.testing import visits
from casework.testing.releases import apart, release
from casework.versions import Renamed, Versions

FIRST = {"comes": True, "when": "formiddag"}


def in_words(body: Any) -> Any:
    return {**{n: v for n, v in body.items() if n != "comes"}, "answer": "ja" if body["comes"] else "nej"}


def as_a_flag(body: Any) -> Any:
    return {**{n: v for n, v in body.items() if n != "answer"}, "comes": body["answer"] == "ja"}


ANSWER = Versions("visit.answered", 3, {1: in_words, 2: Renamed({"when": "at"})}, {1: as_a_flag})


# bodies
def test_an_older_body_is_brought_up_step_by_step():
    assert ANSWER.up(1, FIRST) == {"answer": "ja", "at": "formiddag"}
    assert ANSWER.up(2, {"answer": "nej"}) == {"answer": "nej"}


def test_what_is_given_is_not_changed():
    ANSWER.up(1, FIRST)

    assert FIRST == {"comes": True, "when": "formiddag"}


def test_a_body_of_today_is_handed_on_as_it_is():
    assert ANSWER.up(3, FIRST) is FIRST


@pytest.mark.parametrize("version", [4, 0, -1])
def test_a_version_that_is_not_known_is_refused(version):
    with pytest.raises(TooNew, match=rf"visit\.answered version {version} kendes ikke her"):
        ANSWER.up(version, FIRST)


def test_a_body_is_brought_down_step_by_step():
    assert Versions("visit.answered", 2, {1: in_words}, {1: as_a_flag}).down(1, {"answer": "ja"}) == {"comes": True}


def test_a_version_to_which_there_is_no_way_down_is_known_as_such():
    assert [ANSWER.goes_down_to(version) for version in (1, 2, 3)] == [False, False, True]


@pytest.mark.parametrize(
    "newest, up, down, why",
    [
        (3, {2: dict}, {}, "is version 3, and nothing brings version 1 up"),
        (3, {1: dict}, {}, "is version 3, and nothing brings version 2 up"),
        (1, {1: dict}, {}, "is version 1: there is no step between 1 and the next"),
        (2, {1: dict}, {2: dict}, "is version 2: there is no step between 2 and the next"),
    ],
)
def test_a_gap_in_the_chain_is_found_when_it_is_declared(newest, up, down, why):
    with pytest.raises(ValueError, match=f"talk {why}"):
        Versions("talk", newest, up, down)


# names
RENAMED = Versions("talk", 2, {1: Renamed({"purpose": "aim", "wishes.text": "words", "letters": None})})


def test_fields_are_renamed_also_in_the_entries_of_a_list_and_retired_ones_are_gone():
    kept = {"purpose": "Bolig", "letters": 5, "held": None, "wishes": [{"id": "a", "text": "Hund"}, {"id": "b"}]}

    assert RENAMED.up(1, kept) == {
        "aim": "Bolig", "held": None, "wishes": [{"id": "a", "words": "Hund"}, {"id": "b"}],
    }  # fmt: skip


def test_what_stands_by_the_paths_of_values_follows_them():
    marks = {"talk.purpose": 1, "talk.letters": 2, "talk.wishes[a.text].text": 3, "talk.wishes[b]": 4}

    assert RENAMED.paths(1, marks, "talk") == {"talk.aim": 1, "talk.wishes[a.text].words": 3, "talk.wishes[b]": 4}


def test_what_a_rename_leaves_to_be_done_is_done_on_the_new_names():
    renamed = Renamed({"purpose": "aim"}, then=lambda body: {**body, "aim": body["aim"].upper()})

    assert renamed({"purpose": "Bolig"}) == {"aim": "BOLIG"}


# messages
with apart():

    @contract("visit.answered", version=2, by="delivery", to="visit", upcasts={1: in_words})
    class AnsweredInWords(Message):
        """The provider comes, or does not, in words."""

        answer: str = needed("Svar")
        when: str | None = field("Hvornår")


def test_a_message_of_an_older_version_is_read_as_the_newest():
    with release(AnsweredInWords):
        terms, body = as_of_now("visit.answered", 1, FIRST)

    assert (terms.message, body) == (AnsweredInWords, {"answer": "ja", "when": "formiddag"})


@pytest.mark.parametrize("name, version", [("visit.answered", 3), ("visit.answered", 0), ("visit.forgotten", 1)])
def test_a_message_that_this_release_does_not_know_is_named(name, version):
    with release(AnsweredInWords), pytest.raises(UnknownMessage, match=rf"{name} version {version} kendes ikke her"):
        as_of_now(name, version, FIRST)


def test_a_message_that_is_declared_apart_is_known_while_its_release_holds():
    with pytest.raises(UnknownMessage):
        as_of_now("visit.answered", 2, {})
    assert as_of_now("enquiry.recorded", 1, {})[0].message is EnquiryRecorded


def test_a_message_that_leaves_an_older_version_behind_is_refused_when_it_is_declared():
    with apart(), pytest.raises(ValueError, match=r"talk\.recorded is version 2, and nothing brings version 1 up"):

        @contract("talk.recorded", version=2, by="visit", to="portal")
        class Talked(Message):
            """What the talk was about."""


# what a fact repeats
def test_a_message_that_tells_a_field_it_does_not_have_is_refused_when_it_is_declared():
    with apart(), pytest.raises(ValueError, match=r"talk\.recorded tells conclusion, which Talked does not have"):

        @contract("talk.recorded", by="visit", to="portal", tells={"visit.talk": "purpose conclusion"})
        class Talked(Message):
            """What the talk was about."""

            purpose: str | None = field("Formål")


@pytest.mark.parametrize("step, told", [("talk", "visit.talk.mood"), ("walk", "visit.walk.mood")])
def test_a_message_that_tells_a_field_no_step_has_is_refused_when_the_phase_is_put_together(step, told):
    with apart():

        @contract("mood.recorded", by="visit", to="portal", tells={f"visit.{step}": "mood"})
        class Mood(Message):
            """How it went."""

            mood: str | None = field("Stemning")

    with release(Mood), pytest.raises(ValueError, match=f"mood.recorded tells {told}, which no step has"):
        replace(visits.PHASE)
