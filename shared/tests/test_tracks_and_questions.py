"""What a track shows, and which questions it asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from casework.configuration import Misconfigured, Municipality, load
from casework.vocabularies import vocabulary

PRØVEBY = Municipality(name="Prøveby")
TWO_TRACKS = """\
tracks:
  - code: small
    label: Lille
    label_en: Small
    question_sets: []
    shows:
      intake.enquiry: [opening_reason]
      intake.agreements: all
  - {code: complex, label: Stor, label_en: Large, question_sets: all, shows: all}
"""
ONE_SET = """\
question_sets:
  - id: alcohol
    label: Alkohol
    label_en: Alcohol
    target_groups: [substance-misuse]
    questions:
      - {id: how-much, theme: health-conditions, text: Hvor tit, text_en: How often}
"""


def folder(path: Path, **files: str) -> Path:
    for name, text in {"municipality": "name: Ærø\n", **files}.items():
        (path / f"{name}.yaml").write_text(text, "utf-8")
    return path


def wrong(path: Path, **files: str) -> str:
    with pytest.raises(Misconfigured) as refused:
        load(folder(path, **files))
    return str(refused.value)


# tracks


def test_every_track_that_a_case_may_have_is_shipped_the_smallest_first():
    assert [track.code for track in PRØVEBY.tracks] == list(vocabulary("tracks")) == [
        "clear",
        "small",
        "standard",
        "complex",
    ]  # fmt: skip
    assert [track.rank for track in PRØVEBY.tracks] == [0, 1, 2, 3]


def test_a_track_shows_the_fields_that_it_names(tmp_path):
    small = load(folder(tmp_path, tracks=TWO_TRACKS)).track("small")

    assert small.shows("intake", "enquiry")
    assert small.shows("intake", "enquiry", "opening_reason")
    assert not small.shows("intake", "enquiry", "diagnoses")
    assert small.shows("intake", "agreements", "next_step_agreements")
    assert not small.shows("intake", "cooperation")
    assert not small.shows("intake", "cooperation", "cooperation_conditions")


def test_no_track_hides_what_the_law_asks_for(tmp_path):
    small = load(folder(tmp_path, tracks=TWO_TRACKS)).track("small")

    assert small.shows("intake", "consent", "consents_to_obtain")
    assert small.shows("assessment", "case_assessment", "action_plan_offered")
    assert not small.shows("assessment", "case_assessment", "citizen_resources")


@pytest.mark.parametrize("code", [None, "hurtig"])
def test_a_track_that_is_not_known_shows_everything_and_is_larger_than_all(code):
    track = PRØVEBY.track(code)

    assert track.shows("intake", "cooperation", "cooperation_conditions")
    assert track.rank > PRØVEBY.track("complex").rank
    assert PRØVEBY.questions_for(code, ()) == PRØVEBY.question_sets


def test_a_track_that_shows_what_a_phase_does_not_have_is_named_by_line(tmp_path):
    known = {"intake.enquiry": ["diagnoses"], "intake.rights": ["has_guardian"]}
    with pytest.raises(Misconfigured) as refused:
        load(folder(tmp_path, tracks=TWO_TRACKS)).check_fields(known)

    first, second = str(refused.value).splitlines()
    assert first.startswith("tracks.yaml, linje 7: tracks[0].shows.intake.enquiry: opening_reason findes ikke")
    assert second.startswith("tracks.yaml, linje 8: tracks[0].shows.intake.agreements: Trinnet findes ikke")


def test_a_phase_checks_its_own_steps_alone(tmp_path):
    load(folder(tmp_path, tracks=TWO_TRACKS)).check_fields({"decision.decision": ["decision_body"]})


@pytest.mark.parametrize(
    "shows",
    [
        "none",
        "[]",
        "{}",
        "{enquiry: all}",
        "{udredning.enquiry: all}",
        "{intake: all}",
        "{intake.enquiry.diagnoses: all}",
        "{intake.enquiry: none}",
        "{intake.enquiry: []}",
        "{intake.enquiry: [1]}",
    ],
)
def test_what_a_track_shows_is_steps_and_fields(tmp_path, shows):
    tracks = f"tracks:\n  - {{code: small, label: a, label_en: b, question_sets: [],\n     shows: {shows}}}\n"

    assert wrong(tmp_path, tracks=tracks).startswith("tracks.yaml, linje 3: tracks[0].shows")


def test_a_track_stands_there_once(tmp_path):
    row = "  - {code: small, label: a, label_en: b, question_sets: [], shows: all}\n"

    assert "linje 3: tracks[1].code" in wrong(tmp_path, tracks=f"tracks:\n{row}{row}")


def test_without_tracks_there_is_no_file(tmp_path):
    assert "tracks: Skriv mindst ét spor" in wrong(tmp_path, tracks="tracks: []\n")


# questions


def test_a_track_asks_the_sets_that_it_names(tmp_path):
    municipality = load(folder(tmp_path, tracks=TWO_TRACKS, questions=ONE_SET))

    assert municipality.questions_for("small", ()) == ()
    assert [one.id for one in municipality.questions_for("complex", ())] == ["alcohol"]


def test_a_question_is_known_by_its_id():
    question = PRØVEBY.question("misuse-substances")

    assert question is not None
    assert question.theme == "health-conditions"
    assert PRØVEBY.question("no-such-question") is None


def test_target_groups_narrow_the_sets_and_a_heading_stands_for_all_below_it():
    assert [one.id for one in PRØVEBY.questions_for("complex", ["alcohol-misuse", "mobility-impairment"])] == ["misuse"]
    assert PRØVEBY.questions_for("complex", ["mobility-impairment"]) == ()
    assert PRØVEBY.questions_for("complex", ()) == PRØVEBY.question_sets


def test_a_set_without_target_groups_suits_everybody(tmp_path):
    text = ONE_SET.replace("[substance-misuse]", "[]")
    municipality = load(folder(tmp_path, questions=text))

    assert [one.id for one in municipality.questions_for("complex", ["mobility-impairment"])] == ["alcohol"]


def test_every_set_that_is_shipped_has_four_to_eight_questions_and_a_target_group():
    for one in PRØVEBY.question_sets:
        assert 4 <= len(one.questions) <= 8
        assert one.target_groups


@pytest.mark.parametrize(
    "before, after, told",
    [
        ("substance-misuse", "misbrug", "linje 5: question_sets[0].target_groups[0]"),
        ("health-conditions", "vision", "linje 7: question_sets[0].questions[0].theme"),
        ("text: Hvor tit, ", "", "linje 7: question_sets[0].questions[0].text: Feltet skal udfyldes"),
        ("text: Hvor tit", "text: yes", "linje 7: question_sets[0].questions[0].text"),
    ],
)
def test_a_set_that_is_wrong_is_named_by_line_and_field(tmp_path, before, after, told):
    assert told in wrong(tmp_path, questions=ONE_SET.replace(before, after))


def test_an_id_is_there_once_over_all_sets(tmp_path):
    again = ONE_SET + ONE_SET.partition("\n")[2]

    message = wrong(tmp_path, questions=again)

    assert "linje 8: question_sets[1].id" in message
    assert "linje 13: question_sets[1].questions[0].id" in message


def test_a_track_names_sets_that_there_are(tmp_path):
    tracks = TWO_TRACKS.replace("question_sets: []", "question_sets: [misuse, alcohol]")

    assert wrong(tmp_path, tracks=tracks, questions=ONE_SET) == (
        'tracks.yaml, linje 5: tracks[0].question_sets: "misuse" findes ikke i questions.yaml'
    )
