"""Whom the citizen lets us ask, for how long, and who holds the citizen's rights."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.consents import covers, holds
from casework.contracts.intake import RepresentationChanged
from casework.contracts.values import Consent, Document, Party
from casework.process import Situation
from casework.representation import as_of
from casework.testing.cases import (
    A_CASE,
    A_CASEWORKER,
    A_CITIZEN,
    TODAY,
    doing,
    refused,
    situation,
    warned,
    wrong,
)
from intake.app import PHASE
from intake.commands import CompleteIntake, RecordInformation, RequestInformation
from intake.model import ClearCase, ConsentForms, Enquiry, Ledger, Rights, State

A_STATE = State(case_number="2026-00001", citizen_id=A_CITIZEN, entry_phase="intake", track="standard")
THE_DOCTOR = Party(name="Lægehuset Nord", role="other")
THE_HOSPITAL = Party(name="Sygehus Syd", role="other")
THE_GUARDIAN = Party(name="Vera Værge", role="guardian")
DAYS = st.dates(date(2025, 1, 1), date(2027, 12, 31))


def opening(*records: Any, **more: Any) -> Situation[State]:
    return situation(PHASE, *records, at="complete", state=more.pop("state", A_STATE), **more)


def consenting(*consents: Consent) -> Situation[State]:
    return opening(ConsentForms(consents_to_obtain=consents))


# asking others
A_QUESTION = RequestInformation(consent_party="own-doctor", consent_party_name=THE_DOCTOR, about="Statusattest")


@pytest.mark.rule("INT-19")
def test_a_source_without_consent_is_not_asked():
    hospital = Consent(consent_party="hospital", consent_party_name=THE_HOSPITAL)

    with refused("INT-19", "consent_party"):
        doing(PHASE, consenting(hospital), A_QUESTION)


@pytest.mark.rule("INT-19")
@pytest.mark.parametrize("named", [THE_DOCTOR, None])
def test_a_source_that_the_citizen_has_agreed_to_is_asked(named):
    after = doing(PHASE, consenting(Consent(consent_party="own-doctor", consent_party_name=named)), A_QUESTION)

    (asked,) = after.situation[Ledger].requests
    assert (asked.number, asked.consent_party_name, asked.asked_on, asked.exception) == (1, THE_DOCTOR, TODAY, None)


@pytest.mark.rule("INT-19")
def test_where_the_law_lets_us_ask_without_consent_the_rule_is_kept_with_the_question():
    question = RequestInformation(consent_party="hospital", about="Udskrivning", exception="RSL § 11 c, stk. 1")
    (asked,) = doing(PHASE, opening(), question).situation[Ledger].requests

    assert asked.exception == "RSL § 11 c, stk. 1"


@pytest.mark.rule("INT-19")
@pytest.mark.parametrize(
    "days",
    [{"valid_to": TODAY - timedelta(days=1)}, {"valid_from": TODAY + timedelta(days=1)}, {"withdrawn_on": TODAY}],
)
def test_a_consent_that_does_not_hold_today_is_none(days):
    lapsed = Consent(consent_party="own-doctor", consent_party_name=THE_DOCTOR, **days)

    with refused("INT-19", "consent_party"):
        doing(PHASE, consenting(lapsed), A_QUESTION)


def test_the_answer_belongs_to_the_oldest_question_that_waits():
    consent = Consent(consent_party="own-doctor")
    answer = RecordInformation(answer=Document(title="Statusattest", journal_number="2026-0417"))
    after = doing(PHASE, consenting(consent), A_QUESTION, A_QUESTION, answer)

    first, second = after.situation[Ledger].requests
    assert (first.answered_on, second.answered_on) == (TODAY, None)
    assert first.answer == answer.answer


def test_an_answer_to_nothing_is_refused():
    with refused("INT-19", "number"):
        doing(PHASE, opening(), RecordInformation())


# how long
@given(first=st.none() | DAYS, last=st.none() | DAYS, withdrawn=st.none() | DAYS, on=DAYS)
def test_a_consent_holds_from_its_first_day_to_its_last_and_until_it_is_withdrawn(first, last, withdrawn, on):
    consent = Consent(consent_party="offer", valid_from=first, valid_to=last, withdrawn_on=withdrawn)

    assert holds(consent, on) == all(
        (first is None or on >= first, last is None or on <= last, withdrawn is None or on < withdrawn)
    )


@pytest.mark.rule("INT-18")
def test_a_consent_that_names_nobody_covers_all_of_its_kind():
    assert covers(Consent(consent_party="offer"), "offer", THE_DOCTOR)
    assert not covers(Consent(consent_party="offer", consent_party_name=THE_DOCTOR), "offer", THE_HOSPITAL)
    assert not covers(Consent(consent_party="offer"), "hospital", None)


@pytest.mark.rule("INT-17")
@given(first=st.none() | DAYS, last=st.none() | DAYS, on=DAYS)
def test_a_guardian_and_a_representative_hold_rights_only_in_their_time(first, last, on):
    rights = RepresentationChanged(
        has_guardian=True, guardianship_form="guardianship", guardian_contact=THE_GUARDIAN,
        guardianship_valid_from=first, guardianship_valid_to=last,
        is_represented=True, representation_form="party-representative",
        representation_valid_from=first, representation_valid_to=last,
    )  # fmt: skip
    now = as_of(rights, on)

    in_time = (first is None or first <= on) and (last is None or on <= last)
    assert (now.has_guardian, now.is_represented) == (in_time, in_time)
    assert (now.guardian_contact is not None) == in_time


@pytest.mark.parametrize(
    "patch, rule, field",
    [
        (
            {"rights": {"guardianship_valid_from": "2026-03-01", "guardianship_valid_to": "2026-02-01"}},
            "INT-12",
            "rights.guardianship_valid_to",
        ),
        (
            {"rights": {"representation_valid_from": "2026-03-01", "representation_valid_to": "2026-02-01"}},
            "INT-17",
            "rights.representation_valid_to",
        ),
        (
            {
                "consent": {
                    "consents_to_share": [
                        {"consent_party": "offer", "valid_from": "2026-03-01", "valid_to": "2026-02-01"}
                    ]
                }
            },
            "INT-18",
            "consent.consents_to_share[0].valid_to",
        ),
    ],
)
def test_what_ends_before_it_begins_is_refused(a_case, patch, rule, field):
    assert wrong(a_case.record(patch)) == (rule, field)


# who made the diagnosis
@pytest.mark.rule("INT-03")
@pytest.mark.parametrize("who", ["mor", "Mor", "borgeren selv", "Søster"])
def test_what_a_relative_calls_a_diagnosis_is_refused_and_shown_where_it_belongs(a_case, who):
    answer = a_case.record({"enquiry": {"diagnoses": [{"diagnosis": "ADHD", "diagnosed_by": who}]}})

    assert wrong(answer) == ("INT-03", "enquiry.diagnoses[0].diagnosed_by")
    assert "oplysning fra andre" in answer.get_json()["detail"]


@pytest.mark.rule("INT-03")
@pytest.mark.parametrize("who", ["Lægehuset Mortensen", "Speciallæge Far Out", "Børne- og ungdomspsykiatrien"])
def test_a_doctor_or_clinic_of_any_name_may_have_made_it(a_case, who):
    assert a_case.record({"enquiry": {"diagnoses": [{"diagnosis": "ADHD", "diagnosed_by": who}]}}).status_code == 200


@pytest.mark.rule("INT-04")
def test_a_diagnosis_of_one_case_does_not_show_in_another_of_the_same_citizen(a_case):
    a_case.record({"enquiry": {"diagnoses": [{"diagnosis": "Astma", "diagnosed_by": "Lægehuset Nord"}]}})
    other = uuid4()
    a_case.call(A_CASEWORKER, "POST", "/cases", json={"id": str(other), "cpr_number": "1405821237"})

    assert "diagnoses" not in a_case.read(other)["parts"]["intake"].get("enquiry", {})


# the guardian
@pytest.mark.rule("INT-13")
def test_without_a_guardian_it_is_asked_whether_one_is_needed_until_somebody_answers():
    asked = opening(Rights(has_guardian=False))
    answered = opening(Rights(has_guardian=False, guardianship_inquiry_needed=False))

    assert ("INT-13" in warned(PHASE, asked), "INT-13" in warned(PHASE, answered)) == (True, False)


@pytest.mark.rule("INT-13")
def test_where_a_home_is_considered_the_opening_is_not_done_before_it_is_answered():
    told = {"informed_of_representation_right": True, "informed_of_electronic_registration": True}
    home = ClearCase(is_clear_case=True, clear_case_offer="ordinary-long-term-residential")

    with refused("INT-13", "rights.guardianship_inquiry_needed"):
        doing(PHASE, opening(home, Rights(has_guardian=False, **told)), CompleteIntake())
    answered = Rights(has_guardian=False, guardianship_inquiry_needed=True, **told)
    assert [run.at for run in doing(PHASE, opening(home, answered), CompleteIntake()).situation.runs] == ["running"]


@pytest.mark.rule("INT-14")
@pytest.mark.parametrize(
    "offer, has_guardian, warns",
    [
        ("ordinary-long-term-residential", False, True),
        ("temporary-residential", False, True),
        ("ordinary-long-term-residential", True, False),
        ("homeless-shelter", False, False),
        ("mobile-offer", False, False),
        (None, False, False),
    ],
)
def test_a_home_without_a_guardian_is_warned_of(offer, has_guardian, warns):
    clear = ClearCase(is_clear_case=True, clear_case_offer=offer)

    assert ("INT-14" in warned(PHASE, opening(clear, Rights(has_guardian=has_guardian)))) == warns


# where it began
@pytest.mark.rule("GEN-03")
def test_a_case_that_begins_elsewhere_is_warned_until_its_reason_is_written():
    elsewhere = State(case_number="2026-00001", citizen_id=A_CITIZEN, entry_phase="followup")

    assert "GEN-03" in warned(PHASE, opening(state=elsewhere))
    assert "GEN-03" not in warned(PHASE, opening(Enquiry(opening_reason="Ny hjælp"), state=elsewhere))
    assert "GEN-03" not in warned(PHASE, opening())


@pytest.mark.rule("INT-05")
def test_a_wish_that_others_tell_is_marked_with_whose_word_it_is(a_case):
    visit = {"title": "Hjemmebesøg", "date": "2026-02-27", "journal_number": "2026-0311"}
    a_case.record(
        {
            "wishes_and_purpose": {"citizen_wishes": "At blive boende."},
            "sources": {
                "wishes_and_purpose.citizen_wishes": {"kind": "staff", "name": "Pædagog Lone", "document": visit}
            },
        }
    )
    records = a_case.call(A_CASEWORKER, "GET", f"/cases/{A_CASE}/records?step=wishes_and_purpose").get_json()

    mark = records["records"][0]["marks"]["citizen_wishes"]
    assert (mark["by"], mark["phase"]) == ("Kim Dam", "intake")
    assert mark["source"] == {"kind": "staff", "name": "Pædagog Lone", "document": visit}
