"""What happens to a case in a phase: somebody records, somebody acts, a message comes. On SQLite."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from casework.contracts import PHASES
from casework.contracts.intake import CaseChanged, CaseClosed, EnquiryRecorded
from casework.phase.tables import CaseRow, HeardRow, JournalRow, RecordRow, RunRow
from casework.testing import cases, visits
from casework.testing.cases import A_CASE, A_CITIZEN, A_LEADER, A_PROVIDER, ANOTHER_CASEWORKER, OPENED, Office
from casework.testing.visits import VisitAnswered, VisitsOrdered

LONG_DANISH = "Rødgrød med fløde, 👩‍🦽 og Ærø. " * 700  # more than 20,000 characters


@pytest.fixture
def office() -> Iterator[Office]:
    """Visits at work, in one open case."""
    with visits.contracts():
        made = Office(visits)
        made.hear(OPENED)
        yield made
        made.close()


def step(office: Office, name: str = "talk", key: str = "", actor: Any = cases.A_CASEWORKER) -> dict[str, Any]:
    answer = office.call(actor, "GET", f"/cases/{A_CASE}/records?step={name}" + (f"&key={key}" if key else ""))
    assert answer.status_code == 200, answer.text
    (record,) = answer.get_json()["records"]
    return dict(record["values"])


def rows(office: Office, table: type) -> list[Any]:
    with office.database.reading() as session:
        return list(session.scalars(sa.select(table)))


def stored(office: Office) -> list[Any]:
    """Everything the service has stored of cases: to see that nothing changed."""
    tables = (CaseRow, RecordRow, RunRow, JournalRow, HeardRow)
    return [
        [{c.name: getattr(row, c.name) for c in table.__table__.columns} for row in rows(office, table)]
        for table in tables
    ] + office.owed()


def revision(office: Office) -> int:
    return int(office.read()["revision"])


def numbers(office: Office) -> list[tuple[str, int, str]]:
    return sorted((run.key, run.number, run.at) for run in rows(office, RunRow))


# recording
def test_what_is_recorded_is_read_again(office):
    office.record({"talk": {"purpose": "Bolig", "held": False, "held_on": "2026-03-02", "tags": ["hjem"]}})

    assert step(office) == {"purpose": "Bolig", "held": False, "held_on": "2026-03-02", "tags": ["hjem"]}


@pytest.mark.parametrize("text", ["Blåbærgrød på Ærø", "👩‍🦽🇩🇰", LONG_DANISH, "linje\n\tlinje", "<b>&amp;'\"</b>"])
def test_a_text_comes_back_letter_by_letter(office, text):
    office.record({"talk": {"purpose": text}})

    assert step(office)["purpose"] == text


def test_several_steps_are_recorded_at_once(office):
    office.record({"talk": {"purpose": "Bolig"}, "findings": {"goal_type": "develop"}})

    assert (step(office)["purpose"], step(office, "findings")["goal_type"]) == ("Bolig", "develop")


@pytest.mark.parametrize(
    "patch, status",
    [
        ({"talk": {"purpose": "Bolig"}, "findings": {"goal_type": "improve"}}, 422),
        ({"talk": {"purpose": "Bolig"}, "nonsense": {"purpose": "Bolig"}}, 422),
        ({"talk": {"purpose": "Bolig", "letters": 5}}, 422),
        ({"talk": {"purpose": "Bolig", "held_on": "2026-03-01"}}, 422),  # a Sunday: a rule says no
        ({"talk": {"purpose": "Bolig"}, "arrival": {"remarks": "Tog bussen"}}, 403),
    ],
)
def test_a_recording_is_all_or_nothing(office, patch, status):
    before = stored(office)
    answer = office.record(patch)

    assert answer.status_code == status
    assert stored(office) == before


@pytest.mark.parametrize(
    "wishes, field",
    [
        ([{"id": "b", "text": 7}], "wishes[0].text"),
        ([{"id": "new", "text": "Ja"}, {"text": 7}], "wishes[1].text"),
        (
            [{"text": "Ja"}, {"id": "a", "lines": [{"id": "2", "hours": 1}, {"hours": "to"}]}],
            "wishes[1].lines[1].hours",
        ),
        ([{"id": "a", "lines": [{"id": "2", "hours": "to"}]}], "wishes[0].lines[0].hours"),
    ],
)
def test_what_is_wrong_is_named_as_it_was_sent_however_much_was_there_before(office, wishes, field):
    office.record({"talk": {"wishes": [{"id": "a", "lines": [{"id": "1"}, {"id": "2"}]}, {"id": "b"}]}})

    assert office.record({"talk": {"wishes": wishes}}).get_json()["field"] == f"talk.{field}"


def test_recording_what_is_there_already_changes_nothing(office):
    office.record({"talk": {"purpose": "Bolig"}})
    before = stored(office)
    office.record({"talk": {"purpose": "Bolig"}})

    assert stored(office) == before


def test_null_empties_a_field(office):
    office.record({"talk": {"purpose": "Bolig"}})
    office.record({"talk": {"purpose": None}})

    assert "purpose" not in step(office)


def test_an_empty_list_empties_a_list(office):
    office.record({"talk": {"tags": ["hjem"]}})
    office.record({"talk": {"tags": []}})

    assert "tags" not in step(office)


def test_what_a_field_was_and_became_stays_in_the_journal(office):
    office.record({"talk": {"purpose": "Bolig", "wishes": [{"id": "a", "text": "Hund"}]}})
    office.record({"talk": {"purpose": "Job", "wishes": [{"id": "a", "text": "Kat"}]}}, actor=ANOTHER_CASEWORKER)
    (newest, _) = office.call(A_LEADER, "GET", f"/cases/{A_CASE}/changes").get_json()["changes"]

    assert (newest["by"], newest["action"]) == ("Bo Friis", "visit.record")
    assert newest["changes"] == [["talk.purpose", "Bolig", "Job"], ["talk.wishes[a].text", "Hund", "Kat"]]


def test_a_case_that_is_not_known_here_cannot_be_recorded(office):
    other = A_CITIZEN

    assert office.record({"talk": {"purpose": "Bolig"}}, case=other).status_code == 404
    assert office.call(A_LEADER, "GET", f"/cases/{other}").status_code == 404


def test_a_step_per_provider_has_one_record_each(office):
    other = cases.Actor("ib", "Ib", cases.Role.PROVIDER, provider_id="z-hus")
    office.hear(VisitsOrdered(providers=("x-hus", "z-hus")))
    office.record({"arrival": {"remarks": "Til tiden"}}, actor=A_PROVIDER)
    office.record({"arrival": {"remarks": "For sent"}}, actor=other)

    with office.database.reading() as session:
        records = session.scalars(sa.select(RecordRow)).all()
    assert {(r.key, r.data["remarks"]) for r in records} == {("x-hus", "Til tiden"), ("z-hus", "For sent")}


# two at once
def test_who_saves_the_same_field_later_is_told_and_shown_what_stands_there(office):
    office.record({"talk": {"purpose": "Bolig"}})
    seen = revision(office)
    office.record({"talk": {"purpose": "Job"}}, actor=ANOTHER_CASEWORKER, seen=seen)
    before = stored(office)
    answer = office.record({"talk": {"purpose": "Skole", "conclusion": "Ja"}}, seen=seen)

    problem = answer.get_json()
    assert (answer.status_code, problem["field"], problem["fields"]) == (412, "talk.purpose", ["talk.purpose"])
    assert (problem["yours"], problem["theirs"]) == ({"purpose": "Skole"}, {"purpose": "Job"})
    assert stored(office) == before


def test_who_saves_another_field_at_the_same_time_is_not_disturbed(office):
    seen = revision(office)
    first = office.record({"talk": {"purpose": "Job"}}, actor=ANOTHER_CASEWORKER, seen=seen)
    second = office.record({"talk": {"conclusion": "Ja"}}, seen=seen)

    assert (first.status_code, second.status_code) == (200, 200)
    assert step(office) == {"purpose": "Job", "conclusion": "Ja", "letters": 2}


def test_who_saves_another_entry_of_the_same_list_is_not_disturbed(office):
    office.record({"talk": {"wishes": [{"id": "a", "text": "Hund"}, {"id": "b", "text": "Have"}]}})
    seen = revision(office)
    first = office.record({"talk": {"wishes": [{"id": "a", "text": "Kat"}]}}, actor=ANOTHER_CASEWORKER, seen=seen)
    second = office.record({"talk": {"wishes": [{"id": "b", "text": "Altan"}]}}, seen=seen)

    assert (first.status_code, second.status_code) == (200, 200)
    assert [wish["text"] for wish in step(office)["wishes"]] == ["Kat", "Altan"]


def test_who_saves_the_same_entry_later_is_told(office):
    office.record({"talk": {"wishes": [{"id": "a", "text": "Hund"}]}})
    seen = revision(office)
    office.record({"talk": {"wishes": [{"id": "a", "text": "Kat"}]}}, actor=ANOTHER_CASEWORKER, seen=seen)
    answer = office.record({"talk": {"wishes": [{"id": "a", "lines": [{"id": "1", "hours": 2}]}]}}, seen=seen)

    assert (answer.status_code, answer.get_json()["field"]) == (412, "talk.wishes[a]")


def test_who_empties_a_list_that_somebody_has_just_added_to_is_told(office):
    office.record({"talk": {"wishes": [{"id": "a", "text": "Hund"}]}})
    seen = revision(office)
    office.record({"talk": {"wishes": [{"id": "b", "text": "Have"}]}}, actor=ANOTHER_CASEWORKER, seen=seen)

    answer = office.record({"talk": {"wishes": None}}, seen=seen)
    assert (answer.status_code, answer.get_json()["yours"]) == (412, {"wishes": None})


def test_who_saves_what_the_other_saved_too_is_not_disturbed(office):
    seen = revision(office)
    office.record({"talk": {"purpose": "Job"}}, actor=ANOTHER_CASEWORKER, seen=seen)

    assert office.record({"talk": {"purpose": "Job"}}, seen=seen).status_code == 200


def test_having_read_what_the_other_saved_one_may_save(office):
    office.record({"talk": {"purpose": "Job"}}, actor=ANOTHER_CASEWORKER)

    assert office.record({"talk": {"purpose": "Skole"}}, seen=f'"{revision(office)}"').status_code == 200


def test_what_the_house_has_filled_in_meanwhile_is_not_overwritten_unseen(office):
    office.act("visit.plan")
    office.act("visit.invite")
    office.hear(VisitAnswered(provider_id="x-hus", comes=True))
    seen = revision(office)
    office.act("visit.report", A_CASE, A_LEADER)

    assert office.record({"talk": {"held_on": "2026-02-27"}}, seen=seen).status_code == 412


# carried values
AN_ENQUIRY = EnquiryRecorded(opening_reason="Har brug for selskab")


def origins(office: Office) -> dict[str, str]:
    return dict(office.read()["origins"])


@pytest.mark.rule("GEN-13")
def test_a_carried_value_shows_with_its_origin(office):
    office.hear(AN_ENQUIRY)

    assert step(office)["reason"] == "Har brug for selskab"
    assert origins(office)["visit.talk.reason"] == "intake.enquiry.opening_reason"


@pytest.mark.rule("GEN-13")
def test_a_value_carried_on_within_the_phase_shows_where_it_was_first_recorded(office):
    office.hear(AN_ENQUIRY)

    assert step(office, "findings")["reason"] == "Har brug for selskab"
    assert origins(office)["visit.findings.reason"] == "intake.enquiry.opening_reason"


@pytest.mark.rule("GEN-13")
def test_a_mended_value_is_not_overwritten_and_has_no_origin_any_more(office):
    office.hear(AN_ENQUIRY)
    office.record({"talk": {"reason": "Vil løbe"}})
    office.hear(EnquiryRecorded(opening_reason="Noget nyt"))

    assert step(office)["reason"] == "Vil løbe"
    assert "visit.talk.reason" not in origins(office)
    assert origins(office)["visit.findings.reason"] == "visit.talk.reason"


def test_a_carried_value_that_was_not_mended_follows_its_origin(office):
    office.hear(AN_ENQUIRY, EnquiryRecorded(opening_reason="Noget nyt"))

    assert step(office)["reason"] == "Noget nyt"


def test_a_value_emptied_at_its_origin_is_empty_here(office):
    office.hear(AN_ENQUIRY, EnquiryRecorded())

    assert "reason" not in step(office)


def test_a_carried_value_can_be_emptied_here(office):
    office.hear(AN_ENQUIRY)
    office.record({"talk": {"reason": None}})

    assert "reason" not in step(office)
    assert "visit.talk.reason" not in origins(office)


def test_mending_a_carried_value_tells_in_the_journal_what_it_read_before(office):
    office.hear(AN_ENQUIRY)
    office.record({"talk": {"reason": "Vil løbe"}})
    (newest, *_) = office.call(A_LEADER, "GET", f"/cases/{A_CASE}/changes").get_json()["changes"]

    assert newest["changes"] == [["talk.reason", "Har brug for selskab", "Vil løbe"]]


def test_a_carried_value_that_is_recorded_as_it_was_is_confirmed_and_stays_so(office):
    office.hear(AN_ENQUIRY)
    office.record({"talk": {"reason": "Har brug for selskab"}})
    office.hear(EnquiryRecorded(opening_reason="Noget nyt"))

    assert step(office)["reason"] == "Har brug for selskab"
    assert "visit.talk.reason" not in origins(office)


def test_of_a_carried_list_one_adds_to_the_entries_and_sees_both(office):
    office.record({"talk": {"wishes": [{"id": "a", "text": "Hund"}]}})
    office.record({"findings": {"wishes": [{"id": "a", "lines": [{"id": "1", "hours": 0.5}]}]}})

    assert step(office, "findings")["wishes"] == [{"id": "a", "text": "Hund", "lines": [{"id": "1", "hours": 0.5}]}]


def test_what_was_added_to_a_carried_entry_can_be_emptied(office):
    office.record({"talk": {"wishes": [{"id": "a", "text": "Hund"}]}})
    office.record({"findings": {"wishes": [{"id": "a", "lines": [{"id": "1", "hours": 0.5}]}]}})
    office.record({"findings": {"wishes": [{"id": "a", "lines": None}]}})

    assert step(office, "findings")["wishes"] == [{"id": "a", "text": "Hund"}]


# acting
def test_an_act_moves_the_case_and_is_in_its_history(office):
    office.act("visit.plan", reason="Familien beder om det")
    (event,) = office.read()["history"]

    assert numbers(office) == [("", 1, "invite")]
    assert (event["by"], event["action"], event["to"], event["reason"]) == (
        "Kim Dam", "visit.plan", "invite", "Familien beder om det",
    )  # fmt: skip


def test_every_move_is_told(office):
    office.act("visit.plan")

    ((_, told),) = office.owed("position.changed")
    assert (told["process"], told["number"], told["arrives"], told["actor"]) == ("visit", 1, "invite", "kim")


@pytest.mark.parametrize("action, status", [("visit.invite", 409), ("visit.report", 409), ("visit.call-off", 422)])
def test_an_act_that_is_refused_changes_nothing(office, action, status):
    before = stored(office)

    assert office.act(action).status_code == status
    assert stored(office) == before


def test_an_act_that_a_rule_refuses_changes_nothing(office):
    office.record({"talk": {"purpose": "ingen"}})
    office.act("visit.plan")
    before = stored(office)
    problem = office.act("visit.invite").get_json()

    assert (problem["rule"], problem["field"]) == ("TST-05", "talk.purpose")
    assert stored(office) == before


def test_since_when_a_number_stands_where_it_stands_is_kept(office):
    office.act("visit.plan")
    office.now += timedelta(days=1)
    office.act("visit.note")

    (run,) = rows(office, RunRow)
    assert (run.since, run.state) == (cases.NOON, {"notes": 1})


def test_a_warning_shows_until_its_cause_is_gone(office):
    office.record({"talk": {"held_on": "2026-03-02"}})
    (warning,) = office.read()["warnings"]
    office.record({"talk": {"conclusion": "Ja"}})

    assert (warning["rule"], warning["field"]) == ("TST-06", "visit.talk.conclusion")
    assert office.read()["warnings"] == []


def test_warnings_and_open_tasks_are_told_to_the_lists(office):
    office.act("visit.plan")
    office.record({"talk": {"held_on": "2026-03-02"}})

    told = [body for _, body in office.owed("overview.changed")]
    assert [(b.get("warnings", []), [t["name"] for t in b.get("tasks", [])]) for b in told][-2:] == [
        ([], ["visit.invite"]),
        (["TST-06"], ["visit.invite"]),
    ]


# telling
def test_a_fact_is_told_once_and_again_only_when_it_differs(office):
    office.record({"talk": {"purpose": "Bolig"}})
    office.record({"talk": {"tags": ["hjem"]}})  # no part of the fact
    office.act("visit.plan")
    office.record({"talk": {"conclusion": "Ja"}})

    assert office.owed("talk.recorded") == [
        ("talk.recorded", {"purpose": "Bolig"}),
        ("talk.recorded", {"purpose": "Bolig", "conclusion": "Ja"}),
    ]


def test_nothing_is_told_of_what_is_empty(office):
    office.act("visit.plan")

    assert office.owed("talk.recorded", "findings.recorded") == []


def test_a_fact_that_is_emptied_is_told_empty(office):
    office.record({"talk": {"purpose": "Bolig"}})
    office.record({"talk": {"purpose": None}})

    assert [body for _, body in office.owed("talk.recorded")] == [{"purpose": "Bolig"}, {}]


def test_a_whole_that_others_rest_on_has_a_running_number_of_its_own(office):
    office.record({"findings": {"goals": [{"id": "g1"}]}})
    office.record({"findings": {"goal_type": "develop"}})
    office.record({"findings": {"goals": [{"id": "g1", "goal_type": "develop"}]}})

    assert [body["assessment_revision"] for _, body in office.owed("findings.recorded")] == [1, 2]


def test_facts_go_before_the_act_that_rests_on_them(office):
    office.act("visit.plan")
    office.act("visit.invite")
    office.hear(VisitAnswered(provider_id="x-hus", comes=True))
    office.record({"findings": {"goals": [{"id": "g1"}]}})
    office.act("visit.report", A_CASE, A_LEADER)

    names = [name for name, _ in office.owed("findings.recorded", "visit.reported", "position.changed")]
    assert names[-3:] == ["findings.recorded", "visit.reported", "position.changed"]


# hearing
def test_a_message_is_answered_as_of_the_time_at_which_it_happened(office):
    told = office.envelope(VisitsOrdered(providers=("x-hus",)))
    office.now += timedelta(days=3)
    office.service.inbox.receive([told])

    (run,) = rows(office, RunRow)
    assert (run.key, run.at, run.since.date()) == ("x-hus", "invite", date(2026, 3, 2))


def test_a_message_that_comes_twice_takes_effect_once(office):
    told = office.envelope(VisitsOrdered(providers=("x-hus",)))
    for _ in range(3):
        office.service.inbox.receive([told, told])

    assert numbers(office) == [("x-hus", 1, "invite")]
    assert len(office.owed("position.changed")) == 1


def test_a_message_before_its_time_waits_with_its_case_and_is_tried_after_the_next_act(office):
    office.hear(VisitAnswered(provider_id="x-hus", comes=True))
    waiting = [row.status for row in office.came() if row.type == "visit.answered"]
    office.act("visit.plan")
    office.act("visit.invite")

    assert waiting == ["waiting"]
    assert numbers(office) == [("", 1, "visit")]


def test_what_waits_leaves_no_trace_until_it_takes_effect(office):
    before = stored(office)
    office.hear(VisitAnswered(provider_id="x-hus", comes=True))

    assert stored(office) == before


def test_before_the_case_is_opened_here_acts_wait_and_facts_are_kept():
    with visits.contracts():
        office = Office(visits)
        office.hear(VisitsOrdered(providers=("x-hus",)), producer="delivery")
        office.hear(AN_ENQUIRY, producer="assessment")

        assert numbers(office) == []
        office.hear(OPENED)
        assert numbers(office) == [("x-hus", 1, "invite")]
        assert step(office)["reason"] == "Har brug for selskab"
        office.close()


def test_a_changed_case_is_known_as_it_now_is(office):
    fields = {"case_number": "2026-00001", "citizen_id": A_CITIZEN, "entry_phase": "intake"}
    office.hear(CaseChanged(**fields, track="small"))

    (case,) = rows(office, CaseRow)
    assert case.opened["track"] == "small"


def test_of_a_fact_only_the_newest_is_kept(office):
    office.hear(AN_ENQUIRY, EnquiryRecorded(opening_reason="Noget nyt"))

    kept = [row for row in rows(office, HeardRow) if row.type == "enquiry.recorded"]
    assert [row.body["opening_reason"] for row in kept] == ["Noget nyt"]


@pytest.mark.parametrize("seed", range(8))
def test_messages_of_several_producers_in_any_order_and_repeated_end_in_the_same(seed):
    with visits.contracts():
        office = Office(visits)
        under_way = [
            office.envelope(OPENED),
            office.envelope(AN_ENQUIRY),
            office.envelope(EnquiryRecorded(opening_reason="Noget nyt")),
            office.envelope(VisitsOrdered(providers=("x-hus",))),
        ] * 2
        random.Random(seed).shuffle(under_way)
        for told in under_way:
            office.service.inbox.receive([told])
        office.act("visit.invite")
        answers = [
            office.envelope(VisitAnswered(provider_id="x-hus", comes=True)),
            office.envelope(CaseClosed(closed_on=cases.TODAY)),
        ]
        random.Random(seed).shuffle(answers)
        office.service.inbox.receive(answers)

        assert numbers(office)[0][:2] == ("x-hus", 1)
        assert step(office)["reason"] == "Noget nyt"
        assert {row.status for row in office.came()} <= {"done", "waiting"}
        office.close()


def test_the_small_phase_is_none_of_the_real_ones():
    assert visits.PHASE.name not in PHASES
