"""What a provider may do with its order, and what follows."""

from __future__ import annotations

from datetime import date

import pytest

from casework.contracts.common import NotificationRequested
from casework.contracts.delivery import ChangeReported, OrderAnswered, StatusNoteSubmitted
from casework.contracts.followup import StatusNoteRequested
from casework.contracts.intake import CaseClosed
from casework.contracts.ordering import OrderCancelled, OrderEnded
from casework.errors import Forbidden, Invalid, NotFound, NotHere
from casework.testing.cases import refused
from delivery.commands import AnswerOrder, ReportChange, SubmitStatusNote
from delivery.model import Documentation, StatusNote

from .conftest import KIM, X_HUS, Y_HUS, Played, goal, order

ASKED = StatusNoteRequested(provider_id="x-hus", planned_on=date(2026, 6, 2), note_due=date(2026, 5, 26))
OF_EACH_CATEGORY = ("intoxicants", "shopping", "people-in-network")


def subgoal(id_: str, **more: object) -> dict[str, object]:
    return {"id": id_, "subgoal_statement": f"Delmål {id_}", **more}


# the answer
def test_a_yes_is_told_with_its_version(case: Played):
    case.act(AnswerOrder, "accept")
    (told,) = case.sent(OrderAnswered)
    assert (told.provider_id, told.version, told.accepted, told.answered_on) == ("x-hus", 1, True, date(2026, 2, 11))
    assert case.status() == "accepted"


def test_a_no_is_told_with_its_reason(case: Played):
    case.act(AnswerOrder, "reject", reason="Ingen plads")
    (told,) = case.sent(OrderAnswered)
    assert (told.accepted, told.reason, case.status()) == (False, "Ingen plads", "rejected")


def test_an_order_is_answered_once(case: Played):
    case.act(AnswerOrder, "accept")
    with pytest.raises(NotHere):
        case.act(AnswerOrder, "reject")


def test_a_new_version_is_answered_like_the_first(case: Played):
    case.act(AnswerOrder, "accept")
    case.hear(order(version=2), "2026-06-11")
    assert case.status() == "changed"
    case.act(AnswerOrder, "accept", when="2026-06-12")
    assert (case.sent(OrderAnswered)[-1].version, case.status()) == (2, "accepted")


def test_a_no_to_a_new_version_leaves_the_former_in_force(case: Played):
    case.act(AnswerOrder, "accept")
    case.hear(order(version=2, goals=(goal("g1", "Noget andet"),)), "2026-06-11")
    case.act(AnswerOrder, "reject", when="2026-06-12")
    assert case.status() == "accepted"
    assert case.read(Documentation).goals[0].goal_statement == "Jeg bor selv"


@pytest.mark.parametrize("before", ["nothing", "reject"])
def test_a_newer_version_takes_the_place_of_one_not_in_force(case: Played, before: str):
    if before == "reject":
        case.act(AnswerOrder, "reject")
    case.hear(order(version=2), "2026-02-12")
    case.act(AnswerOrder, "accept", when="2026-02-13")
    assert case.sent(OrderAnswered)[-1].version == 2


def test_the_authority_does_not_answer_for_a_provider(case: Played):
    with pytest.raises(Forbidden):
        case.act(AnswerOrder, "accept", by=KIM, order="x-hus")


@pytest.mark.parametrize(
    "over, status",
    [
        (OrderCancelled(provider_id="x-hus", version=1, effective_on=date(2026, 4, 1)), "cancelled"),
        (OrderEnded(provider_id="x-hus", version=1, ended_on=date(2026, 4, 1)), "ended"),
        (CaseClosed(closed_on=date(2026, 4, 1)), "ended"),
    ],
)
def test_what_is_over_is_over(case: Played, over: object, status: str):
    case.act(AnswerOrder, "accept")
    case.hear(over, "2026-04-01")
    assert case.status() == status


def test_a_note_asked_for_may_still_be_sent_when_it_is_over(case: Played):
    case.act(AnswerOrder, "accept")
    case.hear(OrderEnded(provider_id="x-hus", version=1, ended_on=date(2026, 4, 1)), "2026-04-02")
    case.act(SubmitStatusNote, "submit_status_note", when="2026-04-03")
    assert len(case.sent(StatusNoteSubmitted)) == 1


def test_a_new_order_after_the_end_begins_again(case: Played):
    case.hear(OrderCancelled(provider_id="x-hus", version=1, effective_on=date(2026, 4, 1)), "2026-04-01")
    case.hear(order(version=2), "2026-05-01")
    assert case.status() == "sent"


# whose it is
@pytest.mark.rule("DEL-08")
@pytest.mark.parametrize("by", [X_HUS, Y_HUS])
def test_each_provider_acts_on_its_own_order(case: Played, by: object):
    case.hear(order("y-hus"))
    case.act(AnswerOrder, "accept", by=by)
    assert case.sent(OrderAnswered)[0].provider_id == by.provider_id
    assert [entry["status"] for entry in case.document()].count("accepted") == 1


@pytest.mark.rule("DEL-08")
def test_another_providers_order_is_not_there(case: Played):
    case.hear(order("y-hus"))
    with pytest.raises(NotFound):
        case.act(AnswerOrder, "accept", order="y-hus")


@pytest.mark.rule("DEL-08")
@pytest.mark.parametrize(
    "command, action, given",
    [(SubmitStatusNote, "submit_status_note", {}), (ReportChange, "report_change", {"text": "Nyt"})],
)
def test_without_an_order_there_is_no_case(case: Played, command: type, action: str, given: dict):
    with pytest.raises(NotFound):
        case.act(command, action, by=Y_HUS, **given)


@pytest.mark.rule("DEL-08")
def test_a_provider_reads_its_own_delivery_only(case: Played):
    case.hear(order("y-hus", citizen_wishes="Kun til Y"))
    assert [entry["order"] for entry in case.document(X_HUS)] == ["x-hus"]
    assert [entry["order"] for entry in case.document()] == ["x-hus", "y-hus"]


# documentation
def test_what_was_ordered_stands_in_the_documentation(case: Played):
    shown = case.document()[0]
    assert shown["provider"] == {"id": "x-hus", "name": "X-Hus", "role": "provider"}
    assert [g["goal_statement"] for g in shown["documentation"]["goals"]] == ["Jeg bor selv", "Jeg ser min søn"]
    assert shown["documentation"]["interventions"][0]["services"] == ["support-daily-tasks-at-home"]


@pytest.mark.permits("DEL-01", "DEL-02", "GEN-14")
def test_the_provider_adds_subgoals_under_a_goal(case: Played):
    case.fill(Documentation, goals=[{"id": "g1", "subgoals": [subgoal("s1")]}])
    case.fill(Documentation, goals=[{"id": "g1", "subgoals": [subgoal("s2")]}])
    assert [s.id for s in case.read(Documentation).goals[0].subgoals] == ["s1", "s2"]


@pytest.mark.refuses("DEL-01")
@pytest.mark.parametrize("step", [Documentation, StatusNote])
def test_nothing_is_written_under_a_goal_that_was_not_ordered(case: Played, step: type):
    with refused("DEL-01", f"{step.step}.goals[g9]"):
        case.fill(step, goals=[{"id": "g9"}])


@pytest.mark.refuses("DEL-02", "GEN-14")
@pytest.mark.parametrize("name", ["goal_statement", "goal_type", "primary_subtheme", "current_functioning_level",
                                  "expected_functioning_level"])  # fmt: skip
@pytest.mark.parametrize("step", [Documentation, StatusNote])
def test_a_goal_is_the_authoritys(case: Played, step: type, name: str):
    with refused("DEL-02", f"{step.step}.goals[0].{name}"):
        case.fill(step, goals=[{"id": "g1", name: 1}])


@pytest.mark.rule("GEN-14")
@pytest.mark.parametrize("name", ["interventions", "citizen_wishes", "intervention_purpose"])
def test_what_was_ordered_is_not_changed_by_the_provider(case: Played, name: str):
    with pytest.raises(Invalid) as caught:
        case.fill(Documentation, **{name: "mere"})
    assert (caught.value.rule, caught.value.field) == ("GEN-14", f"documentation.{name}")


@pytest.mark.rule("DEL-04")
def test_a_note_is_dated_signed_and_carries_the_goals_subtheme(case: Played):
    case.fill(
        Documentation,
        goals=[{"id": "g2", "subgoals": [subgoal("s1", goal_notes=[{"id": "n1", "note_text": "Ringede"}])]}],
    )
    (note,) = case.read(Documentation).goals[1].subgoals[0].goal_notes
    assert (note.note_date, note.note_author.name) == (date(2026, 3, 20), "Lone Holm")
    assert note.note_subthemes == ("network-relations",)


@pytest.mark.rule("DEL-04")
def test_a_note_carries_every_subtheme_that_its_goal_is_linked_to(case: Played):
    case.hear(order(version=2, goals=(goal("g1", related_subthemes=("shopping", "cooking")),)), "2026-02-10")
    case.fill(Documentation, goals=[{"id": "g1", "subgoals": [subgoal("s1", goal_notes=[{"id": "n1"}])]}])
    (note,) = case.read(Documentation).goals[0].subgoals[0].goal_notes
    assert note.note_subthemes == ("managing-home", "shopping", "cooking")


@pytest.mark.rule("DEL-04")
def test_a_note_keeps_the_date_and_author_it_was_given(case: Played):
    given = {"id": "n1", "note_text": "Så", "note_date": "2026-03-01", "note_author": {"name": "Ida", "role": "other"}}
    case.fill(Documentation, other_notes=[given])
    case.fill(Documentation, when="2026-04-01", other_notes=[{"id": "n1", "note_text": "Så ham"}])
    (note,) = case.read(Documentation).other_notes
    assert (note.note_text, note.note_date, note.note_author.name) == ("Så ham", date(2026, 3, 1), "Ida")


@pytest.mark.rule("DEL-05")
@pytest.mark.parametrize("subthemes", [*((code,) for code in OF_EACH_CATEGORY), OF_EACH_CATEGORY], ids=" ".join)
def test_other_notes_may_carry_subthemes_of_any_category(case: Played, subthemes: tuple[str, ...]):
    case.fill(Documentation, other_notes=[{"id": "n1", "note_text": "Hash", "note_subthemes": [*subthemes]}])
    assert case.read(Documentation).other_notes[0].note_subthemes == subthemes


@pytest.mark.rule("DEL-06")
def test_the_level_is_as_ordered_whatever_is_documented(case: Played):
    case.act(AnswerOrder, "accept")
    case.fill(Documentation, goals=[{"id": "g1", "subgoals": [subgoal("s1")]}])
    assert case.read(Documentation).goals[0].current_functioning_level == 2
    case.hear(order(version=2, goals=(goal("g1", level=1),)), "2026-06-11")
    assert case.read(Documentation).goals[0].current_functioning_level == 2
    case.act(AnswerOrder, "accept", when="2026-06-12")
    assert case.read(Documentation).goals[0].current_functioning_level == 1


def test_what_was_written_under_a_goal_is_not_lost_with_the_goal(case: Played):
    case.act(AnswerOrder, "accept")
    case.fill(Documentation, goals=[{"id": "g2", "subgoals": [subgoal("s1")]}])
    case.hear(order(version=2, goals=(goal("g1"),)), "2026-06-11")
    case.act(AnswerOrder, "accept", when="2026-06-12")
    assert [(g.id, len(g.subgoals)) for g in case.read(Documentation).goals] == [("g1", 0), ("g2", 1)]


# status notes and reports
@pytest.mark.rule("FUP-01")
def test_the_provider_is_told_that_a_note_is_wanted(case: Played):
    case.act(AnswerOrder, "accept")
    case.hear(ASKED, "2026-05-01")
    told = case.sent(NotificationRequested)[-1]
    assert (told.kind, told.roles, told.provider_id) == ("delivery.status_note", ("provider",), "x-hus")
    assert case.document()[0]["note_due"] == "2026-05-26"


@pytest.mark.rule("FUP-01")
def test_a_note_is_sent_whole_and_makes_room_for_the_next(case: Played):
    case.act(AnswerOrder, "accept")
    case.hear(ASKED, "2026-05-01")
    case.fill(StatusNote, goals=[{"id": "g1", "provider_evaluation": "Går fremad"}], significant_changes="Flyttet",
              change_subthemes=["housing-situation"])  # fmt: skip
    case.act(SubmitStatusNote, "submit_status_note", when="2026-05-26")
    (told,) = case.sent(StatusNoteSubmitted)
    assert [(g.id, g.provider_evaluation) for g in told.goals] == [("g1", "Går fremad"), ("g2", None)]
    assert (told.significant_changes, told.submitted_on) == ("Flyttet", date(2026, 5, 26))
    draft = case.read(StatusNote)
    assert [g.provider_evaluation for g in draft.goals] == [None, None]
    assert (draft.significant_changes, draft.change_subthemes, draft.citizen_wishes) == (None, (), "Et hjem")
    shown = case.document()[0]
    assert ("note_due" in shown, shown["status_notes"][0]["goals"][0]["provider_evaluation"]) == (False, "Går fremad")


def test_a_draft_is_the_providers_own(case: Played):
    case.fill(StatusNote, provider_remarks="Måske")
    assert "status_note" not in case.document()[0]
    assert case.document(X_HUS)[0]["status_note"]["provider_remarks"] == "Måske"


@pytest.mark.parametrize(
    "command, action, given",
    [(SubmitStatusNote, "submit_status_note", {}), (ReportChange, "report_change", {"text": "Nyt"})],
)
def test_nothing_is_sent_before_the_order_is_accepted(case: Played, command: type, action: str, given: dict):
    with pytest.raises(NotHere):
        case.act(command, action, **given)


@pytest.mark.rule("DEL-07")
def test_new_circumstances_are_reported(case: Played):
    case.act(AnswerOrder, "accept")
    case.act(ReportChange, "report_change", text="Fundet hash", when="2026-11-22")
    (told,) = case.sent(ChangeReported)
    assert (told.provider_id, told.text, told.reported_on) == ("x-hus", "Fundet hash", date(2026, 11, 22))
