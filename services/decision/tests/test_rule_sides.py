"""What stands next to what a rule forbids, and passes."""

from __future__ import annotations

from datetime import date

import pytest

from casework.contracts.decision import DecisionMade
from decision.commands import MakeDecision, NotifyCitizen

POST = NotifyCitizen(channel="digital-post")


@pytest.mark.permits("DEC-01")
@pytest.mark.parametrize("channel", ["written", "verbal"])
def test_with_result_date_and_decider_a_decision_is_on_record(drafted, channel):
    drafted.fill(decision_channel=channel).do(MakeDecision())

    (made,) = drafted.said(DecisionMade)
    assert (made.decision_outcome, made.decision_date, made.decision_body) == ("granted", date(2026, 3, 2), "manager")


@pytest.mark.permits("DEC-13")
def test_a_letter_with_an_extract_of_the_law_goes_out(granted):
    granted.fill("decision_letter", law_extracts=[{"title": "Lov om social service § 85"}]).do(POST)

    assert granted.at == {"1": "final"}
    assert "DEC-13" not in granted.warnings


@pytest.mark.permits("DEC-16")
@pytest.mark.parametrize("group", ["alcohol-misuse", "mobility-impairment"], ids=["confirmed", "changed"])
def test_the_group_that_is_recorded_with_the_decision_counts(drafted, assessed, approve, group):
    drafted.hear(assessed(2, primary_target_group="alcohol-misuse"), approve(2, 2))
    drafted.fill(primary_target_group=group).do(MakeDecision())

    assert drafted.said(DecisionMade)[0].primary_target_group == group
