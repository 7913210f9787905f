"""What is known in an earlier case is used again: with consent, item by item, and with its own date and author."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from assessment import app
from casework.contracts.decision import DecisionMade
from casework.contracts.followup import FollowupConcluded
from casework.contracts.intake import CaseOpened, ConsentChanged, IntakeCompleted
from casework.contracts.values import GoalResult, Party
from casework.testing.cases import (
    A_CASE,
    A_CASEWORKER,
    A_LEADER,
    ANOTHER_CASEWORKER,
    OPENED,
    TODAY,
    Office,
    wrong,
)

THE_OLD_CASE, A_STRANGERS_CASE = uuid4(), uuid4()
LAST_MAY = datetime(2025, 5, 3, 9, tzinfo=UTC)
RELATIONS = "case_information.theme_entries[relations]"
AGREED = ConsentChanged(reused_information_consent=True)


def opened(office: Office, case: UUID, **more: Any) -> None:
    office.hear(CaseOpened(**{**vars(OPENED), **more}), subject=case)
    office.hear(IntakeCompleted(completed_on=TODAY), subject=case)


@pytest.fixture
def office() -> Iterator[Office]:
    """A case of last year with three themes, and today's case of the same citizen, still empty."""
    made = Office(app, now=LAST_MAY)
    opened(made, THE_OLD_CASE, case_number="2025-00077")
    answer = made.record(
        {
            "case_information": {
                "citizen_wishes": "At blive boende.",
                "theme_entries": [
                    {"theme": "relations", "citizen_information": "Jeg ser min søster."},
                    {"theme": "mobility", "caseworker_remarks": "Går med stok."},
                ],
                "functioning_scores": [
                    {"subtheme": "walking-and-moving", "current_functioning_level": 2, "scored_on": "2025-05-03"},
                    {"subtheme": "cooking", "current_functioning_level": 3, "scored_on": "2025-05-03"},
                ],
            },
            "case_assessment": {"citizen_resources": "God til engelsk."},
        },
        THE_OLD_CASE,
        ANOTHER_CASEWORKER,
    )
    assert answer.status_code == 200, answer.text
    made.now = datetime(2026, 3, 2, 11, tzinfo=UTC)
    opened(made, A_CASE)
    yield made
    made.close()


@pytest.fixture
def agreed(office: Office) -> Office:
    office.hear(AGREED)
    return office


def reuse(office: Office, **given: Any) -> Any:
    return office.act("assessment.reuse", from_case=str(THE_OLD_CASE), **given)


def record(office: Office, step: str = "case_information", case: UUID = A_CASE) -> dict[str, Any]:
    answer = office.call(A_CASEWORKER, "GET", f"/cases/{case}/records?step={step}")
    return dict(answer.get_json()["records"][0])


def warnings(office: Office, rule: str) -> list[str]:
    return [w["field"] for w in office.read()["warnings"] if w["rule"] == rule]


# the citizen is asked
@pytest.mark.rule("GEN-06")
@pytest.mark.parametrize("consent", [None, ConsentChanged(reused_information_consent=False)])
def test_nothing_is_taken_over_before_the_citizen_has_agreed(office, consent):
    if consent:
        office.hear(consent)

    assert wrong(reuse(office, themes=["relations"])) == ("GEN-06", "consent.reused_information_consent")
    assert record(office)["values"] == {}


@pytest.mark.rule("GEN-06")
def test_with_consent_or_a_rule_that_takes_its_place_it_is_taken_over(office):
    assert reuse(office, items=[RELATIONS], exception="RSL § 11 c").status_code == 200
    office.hear(AGREED)

    assert reuse(office, themes=["mobility"]).status_code == 200
    assert [e["theme"] for e in record(office)["values"]["theme_entries"]] == ["relations", "mobility"]


# what is taken
@pytest.mark.rule("ASM-19")
def test_a_chosen_theme_comes_with_its_levels_and_the_others_stay_away(agreed):
    reuse(agreed, themes=["mobility"])

    shown = record(agreed)["values"]
    assert [e["theme"] for e in shown["theme_entries"]] == ["mobility"]
    assert shown["functioning_scores"] == [
        {"subtheme": "walking-and-moving", "current_functioning_level": 2, "scored_on": "2025-05-03"}
    ]


@pytest.mark.rule("ASM-19", "ASM-20")
def test_what_is_taken_keeps_its_own_date_and_author_and_says_from_which_case_it_is(agreed):
    reuse(agreed, themes=["mobility"])
    agreed.record(
        {"case_information": {"theme_entries": [{"theme": "relations", "caseworker_remarks": "Ny samtale."}]}}
    )

    marks = record(agreed)["marks"]
    old, new = (marks[f"theme_entries[{t}].caseworker_remarks"] for t in ("mobility", "relations"))
    assert (old["at"][:10], old["by"], old["case"]) == ("2025-05-03", "Bo Friis", "2025-00077")
    assert (new["at"][:10], new["by"], new.get("case")) == ("2026-03-02", "Kim Dam", None)
    assert agreed.read()["parts"]["levels"]["walking-and-moving"] == [
        {"level": 2, "on": "2025-05-03", "by": "Bo Friis", "origin": "case 2025-00077"}
    ]


@pytest.mark.rule("ASM-19")
def test_what_is_written_in_this_case_already_is_not_overwritten(agreed):
    agreed.record(
        {"case_information": {"theme_entries": [{"theme": "relations", "citizen_information": "Ny besked."}]}}
    )
    reuse(agreed, themes=["relations"])

    assert record(agreed)["values"]["theme_entries"][0]["citizen_information"] == "Ny besked."


def test_single_items_of_the_assessment_can_be_taken_too(agreed):
    reuse(agreed, items=["case_assessment.citizen_resources"])

    assert record(agreed, "case_assessment")["values"]["citizen_resources"] == "God til engelsk."


@pytest.mark.parametrize(
    "given, field",
    [
        ({}, "items"),
        ({"items": ["case_information.omitted_information"]}, "items[case_information.omitted_information]"),
        ({"items": ["case_assessment.total_expected_price"]}, "items[case_assessment.total_expected_price]"),
    ],
)
def test_what_the_earlier_case_does_not_have_is_refused(agreed, given, field):
    assert wrong(reuse(agreed, **given)) == ("GEN-06", field)


@pytest.mark.rule("ASM-19")
def test_a_case_that_a_follow_up_opened_goes_on_from_what_was_known_once_the_citizen_agrees(office):
    linked = uuid4()
    opened(office, linked, linked_from=THE_OLD_CASE, case_number="2026-00002")
    before = record(office, case=linked)["values"]
    office.hear(AGREED, subject=linked)

    shown = record(office, case=linked)
    assert before == {}
    assert [e["theme"] for e in shown["values"]["theme_entries"]] == ["relations", "mobility"]
    assert {mark["at"][:10] for path, mark in shown["marks"].items() if path.startswith("theme_entries")} == {
        "2025-05-03"
    }
    assert len([w for w in office.read(linked)["warnings"] if w["rule"] == "GEN-08"]) == 4


@pytest.mark.rule("FUP-22")
@pytest.mark.parametrize("option, kept", [("change-offer", ["g1"]), ("change-goals", [])])
def test_with_another_offer_purpose_and_open_goals_are_kept(office, option, kept):
    goals = [{"id": id_, "goal_statement": f"Mål {id_}", "goal_type": "develop"} for id_ in ("g1", "g2")]
    office.record({"case_assessment": {"intervention_purpose": "Et hjem", "goals": goals}}, case=THE_OLD_CASE)
    outcomes = (GoalResult(id="g1", goal_outcome="unchanged"), GoalResult(id="g2", goal_outcome="close"))
    concluded = FollowupConcluded(
        number=1, follow_up_held_on=TODAY, follow_up_outcome="continue", goals=outcomes, action_option=option
    )
    office.hear(concluded, subject=THE_OLD_CASE)
    linked = uuid4()
    opened(office, linked, linked_from=THE_OLD_CASE, case_number="2026-00002")
    office.hear(AGREED, subject=linked)

    values = record(office, "case_assessment", case=linked)["values"]
    assert [goal["id"] for goal in values.get("goals", [])] == kept
    assert values.get("intervention_purpose") == ("Et hjem" if kept else None)


# whether it still holds
@pytest.mark.rule("GEN-08")
def test_what_was_taken_is_marked_until_it_is_confirmed_item_by_item(agreed):
    reuse(agreed, items=[RELATIONS, "case_information.citizen_wishes"])
    marked = warnings(agreed, "GEN-08")
    agreed.act("assessment.confirm_reused", items=[RELATIONS])

    assert marked == [f"assessment.{RELATIONS}", "assessment.case_information.citizen_wishes"]
    assert warnings(agreed, "GEN-08") == ["assessment.case_information.citizen_wishes"]


@pytest.mark.rule("GEN-08")
def test_what_is_written_anew_needs_no_confirmation(agreed):
    reuse(agreed, items=[RELATIONS])
    agreed.record(
        {"case_information": {"theme_entries": [{"theme": "relations", "citizen_information": "Ikke mere."}]}}
    )

    assert warnings(agreed, "GEN-08") == []


def test_only_what_was_reused_can_be_confirmed(agreed):
    assert wrong(agreed.act("assessment.confirm_reused", items=[RELATIONS])) == ("GEN-08", f"items[{RELATIONS}]")


@pytest.mark.rule("GEN-09")
def test_the_earlier_result_goes_along_and_asks_for_an_explanation_where_this_one_is_the_opposite(agreed):
    refused = DecisionMade(number=1, decision_date=date(2025, 6, 1), decision_outcome="refused", assessment_revision=1)
    agreed.hear(refused, subject=THE_OLD_CASE)
    reuse(agreed, items=[RELATIONS])
    agreed.record({"case_assessment": {"is_entitled": True, "interventions": [{"id": "i1"}]}})

    assert warnings(agreed, "GEN-09") == ["assessment.case_assessment.earlier_result_explanation"]


# a new round
@pytest.mark.rule("ASM-19")
def test_a_new_round_reopens_the_chosen_themes_and_waits_for_them_only(agreed):
    reuse(agreed, themes=["relations", "mobility"])
    agreed.act("assessment.reopen_themes", themes=["relations"])
    waiting = warnings(agreed, "ASM-19")
    agreed.record({"case_information": {"theme_entries": [{"theme": "relations", "citizen_information": "Flyttet."}]}})

    assert waiting == [f"assessment.{RELATIONS}"]
    assert warnings(agreed, "ASM-19") == []
    assert record(agreed)["marks"]["theme_entries[mobility].caseworker_remarks"]["at"][:10] == "2025-05-03"


def test_reopening_nothing_is_refused(agreed):
    assert wrong(agreed.act("assessment.reopen_themes", themes=[])) == ("ASM-19", "themes")


# whose case it is
def earlier(office: Office, actor: Any = A_CASEWORKER) -> list[str]:
    answer = office.call(actor, "GET", f"/cases/{A_CASE}/earlier")
    assert answer.status_code == 200, answer.text
    return [one["case_number"] for one in answer.get_json()["earlier"]]


def test_the_citizens_earlier_cases_are_listed_with_what_they_have_to_give(office):
    opened(office, A_STRANGERS_CASE, case_number="2025-00099", citizen_id=uuid4())
    (old,) = office.call(A_CASEWORKER, "GET", f"/cases/{A_CASE}/earlier").get_json()["earlier"]

    assert old["case_number"] == "2025-00077"
    assert [item["path"] for item in old["items"]] == [
        "case_information.citizen_wishes",
        RELATIONS,
        "case_information.theme_entries[mobility]",
        "case_information.functioning_scores[walking-and-moving]",
        "case_information.functioning_scores[cooking]",
        "case_assessment.citizen_wishes",
        "case_assessment.citizen_resources",
    ]


def test_another_citizens_case_gives_nothing(agreed):
    opened(agreed, A_STRANGERS_CASE, case_number="2025-00099", citizen_id=uuid4())
    answer = agreed.act("assessment.reuse", from_case=str(A_STRANGERS_CASE), themes=["relations"])

    assert wrong(answer, 404) == (None, "from_case")


def test_a_confidential_case_is_shown_to_its_own_caseworker_and_the_leader_only(office):
    own = Party(id=ANOTHER_CASEWORKER.id, name="Bo Friis", role="caseworker")
    from casework.contracts.intake import CaseChanged

    changed = CaseChanged(**{**vars(OPENED), "case_number": "2025-00077", "is_confidential": True, "caseworker": own})
    office.hear(changed, subject=THE_OLD_CASE)

    assert earlier(office) == []
    assert earlier(office, ANOTHER_CASEWORKER) == earlier(office, A_LEADER) == ["2025-00077"]


def test_that_an_earlier_case_was_looked_into_is_recorded_there(agreed):
    earlier(agreed)
    reuse(agreed, items=[RELATIONS])
    seen = agreed.call(A_LEADER, "GET", f"/cases/{THE_OLD_CASE}/access").get_json()["access"]

    assert [one["what"] for one in seen[:2]] == [f"reused in {A_CASE}", "earlier"]


@pytest.mark.rule("EVA-14")
def test_target_group_and_need_are_each_cases_own(office):
    office.record({"case_assessment": {"primary_target_group": "alcohol-misuse", "current_support_need": "moderate"}})
    office.record(
        {"case_assessment": {"primary_target_group": "mobility-impairment", "current_support_need": "high"}},
        THE_OLD_CASE,
    )

    here, there = (record(office, "case_assessment", case)["values"] for case in (A_CASE, THE_OLD_CASE))
    assert (here["primary_target_group"], here["current_support_need"]) == ("alcohol-misuse", "moderate")
    assert (there["primary_target_group"], there["current_support_need"]) == ("mobility-impairment", "high")
