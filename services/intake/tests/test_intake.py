"""The opening of a case: what the law asks before it moves on, whose case it is, and by when it must be decided."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from casework.contracts.assessment import AssessmentPaused, AssessmentResumed, AssessmentStarted
from casework.contracts.common import DeadlineCancelled, DeadlineMet, DeadlinePaused, DeadlineRequested
from casework.contracts.decision import DecisionMade
from casework.contracts.followup import FollowupConcluded
from casework.contracts.intake import CaseChanged, CaseClosed, CaseOpened, IntakeCompleted
from casework.contracts.scheduler import DeadlineMissed
from casework.contracts.values import Consent, Diagnosis, Party
from casework.errors import Invalid, NotHere
from casework.process import Effects, Situation
from casework.testing.cases import (
    A_CASE,
    A_CASEWORKER,
    A_CITIZEN,
    A_LEADER,
    A_PROVIDER,
    ANOTHER_CASEWORKER,
    TODAY,
    Office,
    doing,
    refused,
    situation,
    warned,
    wrong,
)
from intake.app import PHASE
from intake.commands import CloseCase, CompleteIntake, OpenCase, WithdrawConsent
from intake.model import CaseStep, Citizen, ClearCase, ConsentForms, Enquiry, Guidance, Rights, State
from intake.process import INTAKE
from intake.rules import born_on, cpr_hash, follow_the_record

A_STATE = State(case_number="2026-00001", citizen_id=A_CITIZEN, entry_phase="intake", track="standard")
TOLD_OF_RIGHTS = Rights(informed_of_representation_right=True, informed_of_electronic_registration=True)
FROM_THE_CITIZEN = Enquiry(enquiry_source="citizen")
AN_ADDRESS = Party(name="Mette", role="relative")


def opening(*records: Any, **more: Any) -> Situation[State]:
    return situation(PHASE, *records, at=more.pop("at", "complete"), state=more.pop("state", A_STATE), **more)


def sent(effects: Effects, kind: type) -> list[Any]:
    return [m for m in effects.messages if type(m) is kind]


# opening
@pytest.mark.rule("GEN-01")
@pytest.mark.parametrize("phase, place", [("intake", "complete"), ("followup", "running"), (None, "complete")])
def test_a_case_may_begin_in_any_phase(phase, place):
    effects = doing(
        PHASE, situation(PHASE), OpenCase(citizen_id=A_CITIZEN, case_number="2026-00001", entry_phase=phase)
    )

    assert [run.at for run in effects.situation.runs] == [place]
    assert [m.entry_phase for m in sent(effects, CaseOpened)] == [phase or "intake"]


def test_a_case_cannot_begin_in_a_phase_that_does_not_exist():
    with pytest.raises(Invalid, match="entry_phase"):
        doing(PHASE, situation(PHASE), OpenCase(citizen_id=A_CITIZEN, case_number="1", entry_phase="betaling"))


@pytest.mark.rule("INT-01")
@pytest.mark.parametrize("source", ["own-initiative", "follow-up-of-running-case"])
def test_a_case_is_opened_without_anybody_asking(source):
    command = OpenCase(citizen_id=A_CITIZEN, case_number="2026-00001", enquiry_source=source)

    assert sent(doing(PHASE, situation(PHASE), command), CaseOpened)[0].enquiry_source == source


# completing
@pytest.mark.permits("INT-16")
def test_an_opening_with_both_questions_answered_is_completed():
    effects = doing(PHASE, opening(FROM_THE_CITIZEN, TOLD_OF_RIGHTS), CompleteIntake())

    assert sent(effects, IntakeCompleted) == [IntakeCompleted(completed_on=TODAY)]
    assert effects.situation.runs[0].at == "running"


@pytest.mark.refuses("INT-16")
@pytest.mark.parametrize("name", ["informed_of_representation_right", "informed_of_electronic_registration"])
@pytest.mark.parametrize("answer", [None, False])
def test_an_opening_with_one_of_the_two_questions_open_is_not_completed(name, answer):
    s = opening(FROM_THE_CITIZEN, replace(TOLD_OF_RIGHTS, **{name: answer}))

    with refused("INT-16", f"rights.{name}"):
        doing(PHASE, s, CompleteIntake())


@pytest.mark.refuses("INT-02")
@pytest.mark.parametrize("source", ["relative", "doctor", "others", "own-initiative", "other-municipality"])
def test_an_opening_on_anothers_word_asks_whether_the_citizen_agrees(source):
    with refused("INT-02", "enquiry.citizen_agrees_to_opening"):
        doing(PHASE, opening(Enquiry(enquiry_source=source), TOLD_OF_RIGHTS), CompleteIntake())


@pytest.mark.permits("INT-02")
@pytest.mark.parametrize("answer", [True, False])
def test_which_answer_the_citizen_gives_is_the_citizens_business(answer):
    asked = Enquiry(enquiry_source="relative", citizen_agrees_to_opening=answer)

    assert doing(PHASE, opening(asked, TOLD_OF_RIGHTS), CompleteIntake()).messages


@pytest.mark.permits("INT-02")
def test_the_citizens_own_enquiry_asks_nothing_more():
    assert doing(PHASE, opening(FROM_THE_CITIZEN, TOLD_OF_RIGHTS), CompleteIntake()).messages


@pytest.mark.refuses("INT-12")
def test_a_guardian_without_a_form_of_guardianship_holds_the_opening():
    guarded = replace(TOLD_OF_RIGHTS, has_guardian=True)

    with refused("INT-12", "rights.guardianship_form"):
        doing(PHASE, opening(FROM_THE_CITIZEN, guarded), CompleteIntake())


@pytest.mark.permits("INT-12")
@pytest.mark.parametrize("form", ["guardianship", "guardianship-without-capacity", "co-guardianship"])
def test_each_form_of_guardianship_lets_the_opening_go_on(form):
    guarded = replace(TOLD_OF_RIGHTS, has_guardian=True, guardianship_form=form)

    assert doing(PHASE, opening(FROM_THE_CITIZEN, guarded), CompleteIntake()).messages


@pytest.mark.refuses("INT-20")
@pytest.mark.parametrize("words", [None, "", "   "])
def test_a_view_of_the_whole_without_what_was_said_holds_the_opening(words):
    guided = Guidance(guided_on_all_support=True, guidance_given=words)

    with refused("INT-20", "guidance.guidance_given"):
        doing(PHASE, opening(FROM_THE_CITIZEN, TOLD_OF_RIGHTS, guided), CompleteIntake())


@pytest.mark.permits("INT-20")
@pytest.mark.parametrize(
    "guided",
    [
        Guidance(guided_on_all_support=True, guidance_given="§§ 99, 82 b, 85 og mentor"),
        Guidance(guided_on_all_support=False),
    ],
)
def test_a_view_of_the_whole_that_says_what_it_was_lets_the_opening_go_on(guided):
    assert doing(PHASE, opening(FROM_THE_CITIZEN, TOLD_OF_RIGHTS, guided), CompleteIntake()).messages


@pytest.mark.rule("INT-11")
def test_a_clear_case_is_no_grant():
    clear = ClearCase(is_clear_case=True, clear_case_services=("escort-scheme",))
    effects = doing(PHASE, opening(FROM_THE_CITIZEN, TOLD_OF_RIGHTS, clear), CompleteIntake())

    assert {type(m) for m in effects.messages} & {DecisionMade} == set()
    assert effects.situation.runs[0].at == "running"


def test_an_assessment_that_begins_leaves_an_unfinished_opening_behind():
    effects = doing(PHASE, opening(), AssessmentStarted(started_on=TODAY))

    assert effects.situation.runs[0].at == "running"


@pytest.mark.parametrize(
    "place, command",
    [("running", CompleteIntake()), ("closed", CompleteIntake()), ("closed", CloseCase(reason="Flyttet"))],
    ids=str,
)
def test_what_the_opening_does_not_wait_for_is_refused(place, command):
    with pytest.raises(NotHere):
        doing(PHASE, opening(FROM_THE_CITIZEN, TOLD_OF_RIGHTS, at=place), command)


@pytest.mark.parametrize("place", ["complete", "running"])
def test_a_case_is_closed_wherever_it_stands_and_its_clock_with_it(place):
    s = opening(at=place, state=replace(A_STATE, clock_due=date(2026, 4, 27)))
    effects = doing(PHASE, s, CloseCase(reason="Flyttet"))

    assert effects.situation.runs[0].at == "closed"
    assert sent(effects, CaseClosed) == [CaseClosed(closed_on=TODAY)]
    assert sent(effects, DeadlineCancelled) == [DeadlineCancelled(kind="case-processing", key="case")]


def test_the_process_begins_only_once_per_case():
    assert INTAKE.number == "case"


# warnings
@pytest.mark.rule("INT-03")
@pytest.mark.parametrize(
    "diagnosis, warns",
    [
        (Diagnosis(diagnosis="ADHD"), True),
        (Diagnosis(diagnosis="ADHD", diagnosed_by="Lægerne"), True),
        (Diagnosis(diagnosis="ADHD", diagnosed_on=TODAY), True),
        (Diagnosis(diagnosis="ADHD", diagnosed_by="Lægerne", diagnosed_on=TODAY), False),
        (Diagnosis(diagnosis="ADHD", diagnosed_by="Lægerne", diagnosed_about="april 2019"), False),
    ],
)
def test_a_diagnosis_without_doctor_or_date_is_warned_of(diagnosis, warns):
    assert ("INT-03" in warned(PHASE, opening(Enquiry(diagnoses=(diagnosis,))))) == warns


# the clock
def recorded(s: Situation[State], before: Situation[State] | None = None) -> list[Any]:
    return list(follow_the_record(before or replace(s, own={}, _views={}), s))


@pytest.mark.rule("INT-21")
def test_the_clock_runs_from_the_day_the_enquiry_came():
    s = opening(Enquiry(enquiry_received_date=date(2026, 1, 2)))
    asked = [m for m in recorded(s) if isinstance(m, DeadlineRequested)]

    assert [(m.kind, m.due) for m in asked] == [("case-processing", date(2026, 2, 27))]  # 56 days


@pytest.mark.rule("INT-21")
def test_the_clock_does_not_end_on_a_closing_day():
    s = opening(Enquiry(enquiry_received_date=date(2026, 2, 6)))  # 56 days later is Langfredag
    (asked,) = [m for m in recorded(s) if isinstance(m, DeadlineRequested)]

    assert asked.due == date(2026, 4, 7)


@pytest.mark.rule("INT-21")
def test_without_an_enquiry_the_clock_runs_from_the_start_of_the_assessment():
    effects = doing(PHASE, opening(at="running"), AssessmentStarted(started_on=TODAY))

    assert [m.due for m in sent(effects, DeadlineRequested)] == [date(2026, 4, 27)]


RUNNING = replace(A_STATE, clock_due=date(2026, 4, 27), clock_began=TODAY)


@pytest.mark.rule("INT-21")
def test_a_case_that_stands_still_gets_its_days_back():
    s = opening(at="running", state=RUNNING)
    paused = doing(PHASE, s, AssessmentPaused(paused_on=date(2026, 3, 9)))
    resumed = doing(PHASE, paused.situation, AssessmentResumed(resumed_on=date(2026, 3, 19)))

    assert [m.paused_on for m in sent(paused, DeadlinePaused)] == [date(2026, 3, 9)]
    assert [m.due for m in sent(resumed, DeadlineRequested)] == [date(2026, 5, 7)]


@given(
    began=st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    pauses=st.lists(st.tuples(st.integers(0, 10), st.integers(0, 20)), max_size=3),
)
def test_however_often_it_stands_still_it_gets_exactly_its_days(began, pauses):
    s = opening(at="running", today=began)
    effects, day, stood = doing(PHASE, s, AssessmentStarted(started_on=began)), began, 0
    for later, days in pauses:
        stop = day + relativedelta(days=later)
        day = stop + relativedelta(days=days)
        stood += days
        effects = doing(PHASE, effects.situation, AssessmentPaused(paused_on=stop), AssessmentResumed(resumed_on=day))

    expected = s.calendar.on_or_after(began + relativedelta(days=56 + stood))
    assert effects.situation.runs[0].state.clock_due == expected


def a_decision(on: date = TODAY) -> DecisionMade:
    return DecisionMade(number=1, decision_date=on, decision_outcome="granted", assessment_revision=1)


def test_the_first_decision_stops_the_clock_for_good():
    effects = doing(PHASE, opening(at="running", state=RUNNING), a_decision(), a_decision(date(2026, 5, 1)))

    assert [m.met_on for m in sent(effects, DeadlineMet)] == [TODAY]
    assert effects.situation.runs[0].state.decided_on == TODAY


@pytest.mark.rule("INT-21")
def test_when_the_day_is_over_the_citizen_is_owed_a_new_one():
    missed = DeadlineMissed(kind="case-processing", key="case", due=date(2026, 4, 27))
    effects = doing(PHASE, opening(at="running", state=RUNNING), missed)

    assert "INT-21" in warned(PHASE, effects.situation)
    assert "INT-21" not in warned(PHASE, doing(PHASE, effects.situation, a_decision()).situation)


@pytest.mark.rule("INT-21")
@pytest.mark.parametrize(
    "missed",
    [
        DeadlineMissed(kind="case-processing", key="case", due=date(2026, 4, 20)),  # it has been moved since
        DeadlineMissed(kind="complaint", key="1@2026-04-27", due=date(2026, 4, 27)),
    ],
)
def test_another_day_that_is_over_is_no_delay_of_the_case(missed):
    effects = doing(PHASE, opening(at="running", state=RUNNING), missed)

    assert "INT-21" not in warned(PHASE, effects.situation)


# consent
CONSENTS = ConsentForms(
    consents_to_obtain=(
        Consent(consent_party="own-doctor", consent_party_name=AN_ADDRESS),
        Consent(consent_party="hospital"),
    ),
    consents_to_share=(Consent(consent_party="offer"),),
)


@pytest.mark.permits("INT-18")
def test_a_consent_that_is_withdrawn_stands_with_its_day_and_the_others_stay():
    effects = doing(PHASE, opening(CONSENTS), WithdrawConsent(consent_party="own-doctor"))

    forms = effects.situation[ConsentForms]
    assert [c.withdrawn_on for c in forms.consents_to_obtain] == [TODAY, None]
    assert [c.withdrawn_on for c in forms.consents_to_share] == [None]


@pytest.mark.refuses("INT-18")
@pytest.mark.parametrize(
    "command",
    [
        WithdrawConsent(consent_party="employer"),
        WithdrawConsent(consent_party="own-doctor", consent_party_name=replace(AN_ADDRESS, name="Bo")),
    ],
    ids=["of no such kind", "of another name"],
)
def test_a_consent_that_was_never_given_cannot_be_withdrawn(command):
    with refused("INT-18", "consent_party"):
        doing(PHASE, opening(CONSENTS), command)


@pytest.mark.refuses("INT-18")
def test_a_consent_is_withdrawn_once():
    once = doing(PHASE, opening(CONSENTS), WithdrawConsent(consent_party="offer"))

    with refused("INT-18", "consent_party"):
        doing(PHASE, once.situation, WithdrawConsent(consent_party="offer"))


# the citizen
@pytest.mark.rule("EVA-10")
@given(st.dates(date(1900, 1, 1), date(2026, 3, 2)), st.integers(0, 999))
def test_age_is_reckoned_from_the_cpr_number(born, serial):
    seventh = "0" if born.year < 2000 else "4" if born.year <= 2036 else None
    number = f"{born:%d%m%y}{seventh}{serial:03}"
    s = opening(Citizen(cpr_number=number))

    assert born_on(number) == born
    assert s[Citizen].age == relativedelta(TODAY, born).years


@pytest.mark.parametrize(
    "number, born",
    [
        ("1405821237", date(1982, 5, 14)),
        ("0101361234", date(1936, 1, 1)),
        ("0101364234", date(2036, 1, 1)),
        ("0101374234", date(1937, 1, 1)),
        ("0101575234", date(2057, 1, 1)),
        ("0101585234", date(1858, 1, 1)),
        ("2902001234", None),  # 1900 had no 29 February
        ("2902004234", date(2000, 2, 29)),
        ("3113991234", None),
        ("140582123", None),
        ("140582-1237", None),
        ("١٤٠٥٨٢١٢٣٧", None),
        ("", None),
    ],
)
def test_the_century_is_told_by_the_seventh_digit(number, born):
    assert born_on(number) == born


def test_what_stands_for_a_cpr_number_differs_from_house_to_house():
    assert cpr_hash("1405821237", "a") == cpr_hash("1405821237", "a") != cpr_hash("1405821237", "b")
    assert "1405821237" not in cpr_hash("1405821237", "a")


# at work
CPR, ANOTHER_CPR = "1405821237", "2307914522"


def opened(office: Office, case: Any = A_CASE, **given: Any) -> Any:
    body = {"id": str(case), "cpr_number": CPR} | given
    return office.call(A_CASEWORKER, "POST", "/cases", json={n: v for n, v in body.items() if v is not None})


def test_a_case_gets_the_years_next_number(office):
    office.now = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)  # in Denmark it is the new year
    opened(office)
    opened(office, uuid4(), cpr_number=ANOTHER_CPR)

    assert [b["case_number"] for _, b in office.owed("case.opened")] == ["2027-00001", "2027-00002"]


def test_asked_again_with_the_same_id_the_case_is_already_open(a_case):
    before = a_case.owed()

    assert opened(a_case).status_code == 201
    assert a_case.owed() == before


def test_the_cpr_number_with_which_a_case_is_opened_is_not_typed_again(a_case):
    assert a_case.read()["parts"]["citizen"] == {"cpr_number": CPR, "age": 43}


@pytest.mark.rule("GEN-04")
def test_two_cases_of_one_cpr_number_are_one_citizens(a_case):
    other = uuid4()
    opened(a_case, other)
    a_case.record({"citizen": {"citizen_name": "Jonas Holm"}})

    assert len({body["citizen_id"] for _, body in a_case.owed("case.opened")}) == 1
    assert a_case.read(other)["parts"]["citizen"]["citizen_name"] == "Jonas Holm"


def test_a_cpr_number_that_is_written_down_later_is_the_citizens_from_then_on(office):
    opened(office, cpr_number=None)
    office.record({"citizen": {"cpr_number": CPR}})
    opened(office, uuid4())

    assert len({body["citizen_id"] for _, body in office.owed("case.opened")}) == 1


def test_a_cpr_number_of_somebody_else_is_refused(a_case):
    other = uuid4()
    opened(a_case, other, cpr_number=ANOTHER_CPR)

    assert wrong(a_case.record({"citizen": {"cpr_number": CPR}}, case=other)) == (None, "citizen.cpr_number")


@pytest.mark.parametrize("number", ["140582-1237", "3113991234", "0101364234", "١٤٠٥٨٢١٢٣٧", "", "x"])
def test_what_is_no_cpr_number_is_refused(a_case, number):
    before = a_case.owed()

    assert wrong(a_case.record({"citizen": {"cpr_number": number}})) == (None, "citizen.cpr_number")
    assert a_case.owed() == before


def test_who_saves_what_two_cases_share_later_is_told(a_case):
    other = uuid4()
    opened(a_case, other)
    seen = a_case.read(other)["revision"]
    a_case.record({"citizen": {"citizen_phone": "70000001"}}, actor=ANOTHER_CASEWORKER)
    late = a_case.record({"citizen": {"citizen_phone": "70000002"}}, case=other, seen=seen)
    again = a_case.record({"citizen": {"citizen_phone": "70000002"}}, case=other, seen=a_case.read(other)["revision"])

    assert wrong(late, 412) == (None, "citizen.citizen_phone")
    assert again.status_code == 200


def test_who_has_read_what_two_cases_share_may_save_it_from_either(a_case):
    other = uuid4()
    for number in range(5):
        a_case.record({"citizen": {"citizen_phone": f"7000000{number}"}})
    opened(a_case, other)
    answer = a_case.record({"citizen": {"citizen_phone": "1"}}, case=other, seen=a_case.read(other)["revision"])

    assert answer.status_code == 200


def test_the_lists_learn_a_hash_and_no_cpr_number(a_case):
    told = a_case.owed("citizen.indexed")[-1][1]

    assert told["born_on"] == "1982-05-14"
    assert CPR not in str(told)


@pytest.mark.parametrize(
    "given, field",
    [
        ({"id": "sag 1"}, "id"),
        ({"id": 7}, "id"),
        ({"cpr_number": 1405821237}, "cpr_number"),
        ({"cpr_number": "3113991234"}, "cpr_number"),
        ({"citizen_id": "Jonas"}, "citizen_id"),
        ({"track": "hurtig"}, "track"),
        ({"entry_phase": "betaling"}, "entry_phase"),
        ({"case_number": "2026-99999"}, "case_number"),
        ({"colour": "rød"}, "colour"),
        ({"caseworker": {"name": "Kim"}}, "caseworker.role"),
    ],
    ids=str,
)
def test_a_case_is_not_opened_with_what_is_wrong(office, given, field):
    assert wrong(opened(office, **({"id": str(uuid4())} | given)))[1] == field
    assert office.owed() == []


@pytest.mark.rule("GEN-14")
def test_a_provider_opens_no_case(office):
    answer = office.call(A_PROVIDER, "POST", "/cases", json={"cpr_number": CPR})

    assert wrong(answer, 403)[0] == "GEN-14"


# what is recorded
CLEAR = {"is_clear_case": True, "clear_case_services": ["escort-scheme"], "clear_case_offer": "mobile-offer"}


@pytest.mark.permits("INT-09")
@pytest.mark.rule("INT-08")
def test_in_a_clear_case_service_and_offer_are_chosen_at_once(a_case):
    assert a_case.record({"clear_case": CLEAR}).status_code == 200


@pytest.mark.refuses("INT-09")
@pytest.mark.parametrize("clear", [False, None])
@pytest.mark.parametrize("name", ["clear_case_services", "clear_case_offer", "clear_case_legal_bases"])
def test_in_a_case_that_is_not_clear_they_are_not(a_case, clear, name):
    chosen = {"clear_case_legal_bases": ["sel-97"], **CLEAR}[name]
    answer = a_case.record({"clear_case": {"is_clear_case": clear, name: chosen}})

    assert wrong(answer) == ("INT-09", f"clear_case.{name}")


@pytest.mark.refuses("INT-09")
@pytest.mark.permits("INT-09")
def test_a_case_that_turns_out_not_to_be_clear_gives_up_what_was_chosen(a_case):
    a_case.record({"clear_case": CLEAR})
    kept = a_case.record({"clear_case": {"is_clear_case": False}})
    given_up = {"is_clear_case": False, "clear_case_services": None, "clear_case_offer": None}

    assert wrong(kept) == ("INT-09", "clear_case.clear_case_services")
    assert a_case.record({"clear_case": given_up}).status_code == 200


@pytest.mark.rule("INT-06")
def test_the_analysis_question_may_be_mended_at_any_time(a_case):
    for question in ("Bolig?", "Bolig og økonomi?", None):
        assert a_case.record({"wishes_and_purpose": {"analysis_question": question}}).status_code == 200


@pytest.mark.rule("INT-15")
def test_a_relative_gets_no_rights_by_being_named(a_case):
    a_case.record(
        {"enquiry": {"enquiry_source": "relative", "enquiry_source_contact": {"name": "Mor", "role": "relative"}}}
    )

    assert a_case.owed("representation.changed") == []


@pytest.mark.rule("INT-17")
def test_representation_is_told_to_those_who_address_the_citizen(a_case):
    party = {"name": "Mor", "role": "relative"}
    a_case.record(
        {
            "rights": {
                "is_represented": True,
                "representation_form": "companion",
                "representative_contact": party,
                "power_of_attorney": "Fuld indsigt",
            }
        }
    )

    ((_, told),) = a_case.owed("representation.changed")
    assert (told["representation_form"], told["power_of_attorney"]) == ("companion", "Fuld indsigt")


@pytest.mark.rule("INT-18")
def test_whom_to_ask_and_whom_to_tell_are_two_lists(a_case):
    a_case.record(
        {
            "consent": {
                "consents_to_obtain": [{"consent_party": "specialist"}, {"consent_party": "offer"}],
                "consents_to_share": [{"consent_party": "offer"}],
            }
        }
    )

    ((_, told),) = a_case.owed("consent.changed")
    assert (len(told["consents_to_obtain"]), len(told["consents_to_share"])) == (2, 1)


@pytest.mark.refuses("INT-18")
def test_a_consent_is_not_marked_as_withdrawn_by_hand(a_case):
    a_case.record({"consent": {"consents_to_share": [{"consent_party": "offer"}]}})
    by_hand = {"consents_to_share": [{"consent_party": "offer", "withdrawn_on": "2026-03-02"}]}

    assert wrong(a_case.record({"consent": by_hand})) == ("INT-18", "consent.consents_to_share")


@pytest.mark.permits("INT-18")
def test_a_consent_may_be_given_again_and_the_withdrawn_one_is_not_forgotten(a_case):
    given = {"consents_to_share": [{"consent_party": "offer"}]}
    a_case.record({"consent": given})
    a_case.act("intake.withdraw_consent", consent_party="offer")

    for _ in range(2):
        assert a_case.record({"consent": given}).status_code == 200
        kept = a_case.read()["parts"]["intake"]["consent"]["consents_to_share"]
        assert [bool(consent.get("withdrawn_on")) for consent in kept] == [True, False]


def test_a_changed_municipality_is_told_to_every_service(a_case):
    a_case.record({"cooperation": {"paying_municipality": {"name": "Nabo Kommune", "role": "other"}}})

    ((_, told),) = a_case.owed("case.changed")
    assert told["paying_municipality"]["name"] == "Nabo Kommune"
    assert CaseChanged.contract.consumers == CaseOpened.contract.consumers


@pytest.mark.refuses("DAT-03")
def test_a_source_that_is_none_comes_back_with_the_nearest(a_case):
    answer = a_case.record({"enquiry": {"enquiry_source": "relativ"}})

    assert wrong(answer) == ("DAT-03", "enquiry.enquiry_source")
    assert "relative (Pårørende)" in answer.get_json()["detail"]


@pytest.mark.refuses("INT-12")
def test_a_form_of_guardianship_that_is_none_is_refused(a_case):
    assert wrong(a_case.record({"rights": {"guardianship_form": "§ 8"}})) == ("INT-12", "rights.guardianship_form")


@pytest.mark.parametrize(
    "patch, field",
    [
        ({"enquiry": {"enquiry_received_date": "i går"}}, "enquiry.enquiry_received_date"),
        ({"enquiry": {"enquiry_received_date": "9999-12-31"}}, "enquiry.enquiry_received_date"),
        ({"enquiry": {"opening_reason": 7}}, "enquiry.opening_reason"),
        ({"enquiry": {"diagnoses": [{"diagnosed_by": "Lægerne"}]}}, "enquiry.diagnoses[0].diagnosis"),
        ({"enquiry": {"diagnosis": "ADHD"}}, "enquiry.diagnosis"),
        ({"rights": {"has_guardian": "ja"}}, "rights.has_guardian"),
        ({"citizen": {"age": 43}}, "citizen.age"),
        ({"decision": {}}, "decision"),
    ],
    ids=str,
)
def test_bad_input_is_refused_by_name_and_changes_nothing(a_case, patch, field):
    before = a_case.owed()

    assert wrong(a_case.record(patch))[1] == field
    assert a_case.owed() == before


@pytest.mark.refuses("EVA-10")
def test_age_cannot_be_typed(a_case):
    assert wrong(a_case.record({"citizen": {"age": 43}})) == ("EVA-10", "citizen.age")


def test_an_act_out_of_place_is_refused(a_case):
    a_case.act("intake.close", reason="Flyttet")

    assert wrong(a_case.act("intake.complete"), 409)


def test_a_stale_form_is_shown_what_stands_there(a_case):
    seen = a_case.read()["revision"]
    a_case.record({"enquiry": {"opening_reason": "Post"}}, actor=ANOTHER_CASEWORKER, seen=seen)
    answer = a_case.record({"enquiry": {"opening_reason": "Indkøb"}}, actor=A_LEADER, seen=seen)

    assert wrong(answer, 412) == (None, "enquiry.opening_reason")
    assert answer.get_json()["theirs"]["opening_reason"] == "Post"


# a follow-up opens a linked case
def a_conclusion(**more: Any) -> FollowupConcluded:
    return FollowupConcluded(number=2, follow_up_held_on=TODAY, follow_up_outcome="continue", **more)


@pytest.mark.rule("INT-01", "FUP-24")
def test_a_follow_up_that_wants_a_new_assessment_opens_a_linked_case_once(a_case):
    told = a_case.envelope(a_conclusion(new_assessment_needed=True))
    for _ in range(2):
        a_case.service.inbox.receive([told])

    linked = a_case.read(uuid5(A_CASE, "follow-up 2"))
    assert linked["parts"]["case"]["linked_from"] == str(A_CASE)
    assert linked["parts"]["intake"]["enquiry"]["enquiry_source"] == "follow-up-of-running-case"
    assert len(a_case.owed("case.opened")) == 2


def test_a_linked_case_keeps_the_caseworker_and_stays_as_confidential_as_the_old_one(a_case):
    own = {"id": A_CASEWORKER.id, "name": "Kim Dam", "role": "caseworker"}
    a_case.record({"case": {"is_confidential": True, "caseworker": own}}, actor=A_LEADER)
    a_case.hear(
        FollowupConcluded(number=2, follow_up_held_on=TODAY, follow_up_outcome="continue", new_assessment_needed=True)
    )

    (told,) = [body for _, body in a_case.owed("case.opened") if body.get("linked_from")]
    assert (told["is_confidential"], told["caseworker"]) == (True, own)


@pytest.mark.parametrize(
    "whose", [None, {"id": "bo", "name": "Bo Friis", "role": "caseworker"}], ids=["nobodys", "anothers"]
)
def test_a_caseworker_makes_no_case_confidential_that_would_be_lost_to_them(office, whose):
    opening = {"id": str(A_CASE)} | ({"caseworker": whose} if whose else {})
    confidential = {**opening, "is_confidential": True}
    assert wrong(office.call(A_CASEWORKER, "POST", "/cases", json=confidential)) == (None, "is_confidential")

    office.call(A_CASEWORKER, "POST", "/cases", json=opening)
    assert wrong(office.record({"case": {"is_confidential": True}})) == (None, "case.is_confidential")
    assert office.record({"case": {"is_confidential": True}}, actor=A_LEADER).status_code == 200
    assert wrong(office.call(A_CASEWORKER, "GET", f"/cases/{A_CASE}"), 404) == (None, None)


def test_a_follow_up_that_wants_none_opens_none(a_case):
    a_case.hear(a_conclusion())

    assert len(a_case.owed("case.opened")) == 1
    assert [row.status for row in a_case.came()] == ["done"]


def test_a_case_that_is_not_known_is_not_acted_upon(office):
    assert wrong(office.act("intake.complete", UUID(int=1)), 404)


def test_what_is_not_changed_of_a_case_shows_as_it_was_when_the_case_was_opened():
    shown = opening(CaseStep(team="Nord"))[CaseStep]

    assert (shown.track, shown.team) == ("standard", "Nord")


def test_null_empties_what_a_case_was_opened_with_and_others_are_told(office):
    own = {"id": A_CASEWORKER.id, "name": "Kim Dam", "role": "caseworker"}
    opening = {"id": str(A_CASE), "team": "Nord", "caseworker": own, "is_confidential": True}
    office.call(A_CASEWORKER, "POST", "/cases", json=opening)
    emptied = {"team": None, "caseworker": None, "is_confidential": None}
    assert office.record({"case": emptied}, actor=A_LEADER).status_code == 200

    assert emptied.keys().isdisjoint(office.read()["parts"]["case"])
    told = office.owed("case.changed")[-1][1]
    assert emptied.keys().isdisjoint(told)


@pytest.mark.parametrize("before", [{}, {"track": "small"}])
def test_a_case_keeps_a_track(a_case, before):
    if before:
        a_case.record({"case": before})
    answer = a_case.record({"case": {"track": None}})

    assert wrong(answer) == (None, "case.track")
    assert a_case.read()["parts"]["case"]["track"] == before.get("track", "standard")
