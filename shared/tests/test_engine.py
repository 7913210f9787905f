"""The interpreter: which numbers a trigger concerns, whether they may move, and what follows. On a small example."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from casework.contracts import Command, Message
from casework.contracts.common import DeadlineCancelled, DeadlineMet, DeadlineRequested, NotificationRequested
from casework.contracts.intake import CaseClosed
from casework.contracts.scheduler import DeadlineMissed
from casework.errors import Forbidden, NotHere, NotYet, Refused
from casework.process import (
    CASEWORKER,
    HOUSE,
    Always,
    Effects,
    End,
    Gateway,
    Moves,
    Process,
    Role,
    Run,
    ServiceTask,
    Situation,
    Start,
    Throw,
    UserTask,
    Wait,
    allowed,
    why_not,
)
from casework.process.engine import fold, positions
from casework.testing.cases import A_LEADER, A_PROVIDER, TODAY, doing, refused, situation
from casework.testing.visits import (
    PHASE,
    VISIT,
    CallOff,
    Invite,
    NoteDown,
    Plan,
    Report,
    State,
    Talk,
    VisitAnswered,
    VisitReported,
    VisitsOrdered,
)

DUE = date(2026, 3, 9)  # seven days after TODAY
AN_ANSWER = VisitAnswered(provider_id="x-hus", comes=True)
EXAMPLES: dict[type, Any] = {
    Plan: Plan(),
    Invite: Invite(),
    CallOff: CallOff(reason="Syg"),
    Report: Report(),
    NoteDown: NoteDown(),
    VisitsOrdered: VisitsOrdered(providers=("x-hus",)),
    VisitAnswered: AN_ANSWER,
    CaseClosed: CaseClosed(closed_on=TODAY),
}


def at(place: str, **state: Any) -> Situation[Any]:
    return situation(PHASE, at=place, state=State(**({"asked_on": TODAY} | state)))


def standing(effects: Effects) -> list[tuple[str, int, str]]:
    return [(run.key, run.number, run.at) for run in effects.situation.runs]


def sent(effects: Effects, kind: type[Message]) -> list[Any]:
    return [m for m in effects.messages if type(m) is kind]


def missed(key: str = f"1@{DUE}", kind: str = "order-answer") -> DeadlineMissed:
    return DeadlineMissed(kind=kind, key=key, due=DUE)


# beginning
def test_an_act_begins_the_first_number_and_walks_to_where_somebody_must_act():
    effects = doing(PHASE, situation(PHASE), Plan())

    assert standing(effects) == [("", 1, "invite")]
    assert [(m.begins, m.arrives, m.row) for m in effects.moves] == [("", "invite", "planned")]


def test_a_number_remembers_the_version_of_the_process_on_which_it_began():
    effects = doing(PHASE, situation(PHASE), Plan())

    assert effects.situation.runs[0].version == VISIT.version == 1


def test_begun_again_it_is_the_next_number():
    effects = doing(PHASE, situation(PHASE), Plan(), Plan())

    assert standing(effects) == [("", 1, "invite"), ("", 2, "invite")]


def test_a_start_with_keys_begins_one_series_of_numbers_per_key():
    effects = doing(PHASE, situation(PHASE), VisitsOrdered(providers=("a", "b")), VisitsOrdered(providers=("b",)))

    assert standing(effects) == [("a", 1, "invite"), ("b", 1, "invite"), ("b", 2, "invite")]


def test_a_start_without_any_key_begins_nothing():
    effects = doing(PHASE, situation(PHASE), VisitsOrdered())

    assert (standing(effects), effects.moves) == ([], [])


# moving
def test_a_gateway_goes_the_way_of_its_condition():
    told, written = (doing(PHASE, at("invite"), Invite(by_letter=yes)) for yes in (False, True))

    assert standing(told) == standing(written) == [("", 1, "answer")]
    assert [m.kind for m in sent(told, NotificationRequested)] == []
    assert [m.kind for m in sent(written, NotificationRequested)] == ["visit.letter"]


def test_what_a_rule_says_has_happened_is_known_to_the_next_row():
    assert doing(PHASE, at("invite", asked_on=None), Invite()).situation.runs[0].state.asked_on == TODAY


def test_a_throw_tells_others():
    effects = doing(PHASE, replace(at("visit"), actor=A_LEADER), Report())

    assert sent(effects, VisitReported) == [VisitReported(number=1, held_on=TODAY)]
    assert standing(effects) == [("", 1, "held")]


def test_a_rule_may_let_the_house_fill_in_a_field():
    effects = doing(PHASE, replace(at("visit"), actor=A_LEADER), Report())

    assert effects.situation[Talk].held_on == TODAY


def test_a_task_tells_those_who_may_do_it():
    (told,) = sent(doing(PHASE, situation(PHASE), Plan()), NotificationRequested)

    assert (told.kind, told.roles, told.provider_id) == ("visit.invite", ("caseworker",), None)


def test_a_task_of_a_provider_tells_that_provider_alone():
    s = situation(PHASE, at="answer", key="x-hus", state=State(asked_on=TODAY))
    (told,) = sent(doing(PHASE, s, AN_ANSWER), NotificationRequested)

    assert (told.kind, told.provider_id) == ("visit.visit", "x-hus")


def test_a_row_beside_a_waiting_row_is_a_second_way_out():
    for place in ("invite", "answer"):
        assert standing(doing(PHASE, at(place), CallOff(reason="Syg"))) == [("", 1, "called off")]


def test_a_row_that_begins_anew_leaves_the_former_number_where_it_was():
    effects = doing(PHASE, at("held", comes=True), Invite())

    assert standing(effects) == [("", 1, "held"), ("", 2, "answer")]
    assert effects.situation.runs[1].state.comes is True


def test_one_act_for_all_takes_every_number_that_stands_there():
    runs = [Run(1, "a", "visit", State()), Run(1, "b", "visit", State()), Run(2, "b", "invite", State())]
    effects = doing(PHASE, situation(PHASE, runs=runs, actor=A_LEADER), Report())

    assert standing(effects) == [("a", 1, "held"), ("b", 1, "held"), ("b", 2, "invite")]
    assert len(sent(effects, VisitReported)) == 2


def test_an_act_without_a_key_goes_to_the_newest_number_that_waits_for_it():
    runs = [Run(1, "", "invite", State()), Run(2, "", "invite", State()), Run(3, "", "held", State())]
    effects = doing(PHASE, situation(PHASE, runs=runs), CallOff(reason="Syg"))

    assert standing(effects) == [("", 1, "invite"), ("", 2, "called off"), ("", 3, "held")]


def test_a_message_finds_its_number_by_the_key_it_carries():
    runs = [Run(1, key, "answer", State(asked_on=TODAY)) for key in ("x-hus", "z-hus")]
    effects = doing(PHASE, situation(PHASE, runs=runs), AN_ANSWER)

    assert standing(effects) == [("x-hus", 1, "visit"), ("z-hus", 1, "answer")]


def test_what_is_passed_in_is_never_changed():
    before = at("invite")
    kept = replace(before)
    doing(PHASE, before, Invite(by_letter=True))

    assert before == kept


# what holds always
@pytest.mark.parametrize("place", [None, *(node.name for node in VISIT if node.rests)])
def test_what_holds_always_is_open_everywhere_and_moves_nothing(place):
    before = at(place) if place else situation(PHASE)
    effects = doing(PHASE, before, NoteDown())

    assert [run.at for run in effects.situation.runs] == ([place] if place else [])
    assert [(move.begins, move.arrives) for move in effects.moves] == [(place or "", place or "")]


def test_what_holds_always_looks_at_the_newest_number():
    runs = [Run(1, "", "held", State()), Run(2, "", "answer", State(asked_on=TODAY))]
    effects = doing(PHASE, situation(PHASE, runs=runs), NoteDown())

    assert [run.state.notes for run in effects.situation.runs] == [None, 1]


def test_what_holds_always_and_leads_on_moves_all_numbers_that_are_not_at_their_end():
    runs = [Run(1, "", "held", State()), Run(2, "", "answer", State(asked_on=TODAY)), Run(3, "", "invite", State())]
    effects = doing(PHASE, situation(PHASE, runs=runs), CaseClosed(closed_on=TODAY))

    assert [run.at for run in effects.situation.runs] == ["held", "stopped", "stopped"]
    assert sent(effects, DeadlineCancelled) == [DeadlineCancelled(kind="order-answer", key=f"2@{DUE}")]


def test_what_holds_always_and_leads_on_is_no_news_where_nothing_runs():
    effects = doing(PHASE, situation(PHASE), CaseClosed(closed_on=TODAY))

    assert effects.moves == effects.messages == []


# waiting for a day
def test_a_wait_asks_for_its_day():
    (asked,) = sent(doing(PHASE, at("invite"), Invite()), DeadlineRequested)

    assert (asked.kind, asked.key, asked.due) == ("order-answer", f"1@{DUE}", DUE)


def test_the_day_of_a_providers_wait_carries_the_provider():
    s = situation(PHASE, at="invite", key="x-hus", state=State())
    (asked,) = sent(doing(PHASE, s, Invite()), DeadlineRequested)

    assert (asked.key, asked.provider_id) == (f"x-hus/1@{DUE}", "x-hus")


def test_a_day_that_would_be_a_closing_day_is_moved():
    before_easter = replace(at("invite"), now=at("invite").now.replace(month=3, day=26))
    (asked,) = sent(doing(PHASE, before_easter, Invite()), DeadlineRequested)

    assert asked.due == date(2026, 4, 7)


def test_what_was_awaited_meets_the_day():
    effects = doing(PHASE, at("answer"), AN_ANSWER)

    assert sent(effects, DeadlineMet) == [DeadlineMet(kind="order-answer", key=f"1@{DUE}", met_on=TODAY)]
    assert standing(effects) == [("", 1, "visit")]


def test_another_way_out_cancels_the_day():
    effects = doing(PHASE, at("answer"), CallOff(reason="Syg"))

    assert sent(effects, DeadlineCancelled) == [DeadlineCancelled(kind="order-answer", key=f"1@{DUE}")]
    assert sent(effects, DeadlineMet) == []


def test_when_the_day_is_over_the_wait_ends_by_itself():
    effects = doing(PHASE, at("answer"), missed())

    assert standing(effects) == [("", 1, "unanswered")]
    assert sent(effects, DeadlineMet) == sent(effects, DeadlineCancelled) == []


@pytest.mark.parametrize(
    "news",
    [
        missed("2@2026-03-09"),
        missed("1@2026-03-02"),
        missed("1"),
        missed("x-hus/1@2026-03-09"),
        missed(kind="complaint"),
    ],
)
def test_the_day_of_another_wait_moves_nothing(news):
    effects = doing(PHASE, at("answer"), news)

    assert (standing(effects), effects.moves) == ([("", 1, "answer")], [])


def test_a_day_that_is_over_after_the_answer_came_moves_nothing():
    effects = doing(PHASE, at("answer"), AN_ANSWER, missed())

    assert standing(effects) == [("", 1, "visit")]


def test_a_wait_without_a_day_asks_for_none_and_leaves_none_behind():
    s = at("answer", asked_on=None)
    effects = doing(PHASE, s, AN_ANSWER)

    assert sent(effects, DeadlineMet) == sent(effects, DeadlineCancelled) == []


# what is refused
PAIRS = [
    (node.name, trigger)
    for node in VISIT
    if node.rests
    for trigger in VISIT.triggers()
    if issubclass(trigger, Command)
    and not any(isinstance(row, Start | Always) for row in VISIT.on(trigger))
    and not any(node.name in row.places for row in VISIT.on(trigger))
]


@pytest.mark.parametrize("place, command", PAIRS, ids=lambda value: getattr(value, "__name__", value))
def test_what_the_process_does_not_name_is_refused(place, command):
    with pytest.raises(NotHere) as caught:
        doing(PHASE, replace(at(place), actor=A_LEADER), EXAMPLES[command])

    assert VISIT.rows[place].label in caught.value.message


def test_before_anything_has_begun_an_act_is_refused():
    with pytest.raises(NotHere, match="ikke begyndt endnu"):
        doing(PHASE, situation(PHASE), Invite())


def test_a_refusal_by_position_carries_the_rule_of_its_row():
    with pytest.raises(NotHere) as caught:
        doing(PHASE, at("visit"), Invite())

    assert (caught.value.rule, caught.value.status) == ("TST-01", 409)


def test_a_refusal_by_position_says_where_the_act_belongs():
    assert why_not(VISIT, at("visit"), CallOff) == (
        "Hjemmebesøg står ved »Afslut besøg«. Det her kan ske ved »Indkald« eller »Venter på svar«."
    )


@pytest.mark.parametrize("place", [None, "invite", "visit", "held"])
def test_a_message_before_its_time_waits(place):
    with pytest.raises(NotYet):
        doing(PHASE, at(place) if place else situation(PHASE), AN_ANSWER)


def test_what_a_rule_refuses_is_refused_and_changes_nothing():
    s = situation(PHASE, Talk(purpose="ingen"), at="invite")
    with pytest.raises(Refused, match="TST-05"):
        doing(PHASE, s, Invite())

    assert s.runs[0].at == "invite"


# who may
def test_a_leader_may_what_a_caseworker_may():
    assert standing(doing(PHASE, replace(at("invite"), actor=A_LEADER), Invite())) == [("", 1, "answer")]


@pytest.mark.refuses("GEN-14")
def test_a_provider_who_does_the_authoritys_work_is_refused_with_the_rule():
    with refused("GEN-14", "visit.invite"):
        doing(PHASE, replace(at("invite"), actor=A_PROVIDER), Invite())


@pytest.mark.permits("GEN-14")
def test_a_provider_may_do_its_own():
    assert standing(doing(PHASE, replace(at("visit"), actor=A_PROVIDER), Report())) == [("", 1, "held")]


def test_who_else_may_not_is_refused_without_that_rule():
    with pytest.raises(Forbidden) as caught:
        doing(PHASE, at("visit"), Report())

    assert caught.value.rule is None
    assert "lederen" in caught.value.message


def test_the_house_may_begin_and_no_more():
    assert standing(doing(PHASE, situation(PHASE, actor=HOUSE), Plan())) == [("", 1, "invite")]
    with pytest.raises(Forbidden):
        doing(PHASE, replace(at("invite"), actor=HOUSE), Invite())


def test_where_a_number_stands_says_what_may_be_done_now():
    rows = {row.name for row, _ in allowed(VISIT, at("answer"))}

    assert rows == {"planned", "off", "noted"}


# beside
def test_a_rule_may_move_another_number():
    runs = (Run(1, "", "held", State()), Run(2, "", "visit", State()))
    effects = Effects(situation(PHASE, runs=runs).of(runs[1]))
    fold(effects, [Moves(1, "stopped"), Moves(2, "visit"), Moves(7, "stopped")])

    assert standing(effects) == [("", 1, "stopped"), ("", 2, "visit")]
    assert [(move.number, move.begins, move.arrives) for move in effects.moves] == [(1, "held", "stopped")]


def test_every_move_is_told_with_who_made_it():
    effects = doing(PHASE, at("invite"), Invite())
    (told,) = positions(effects.moves, VISIT, "visit.invite", "kim")

    assert (told.process, told.number, told.begins, told.arrives, told.action, told.actor) == (
        "visit", 1, "invite", "answer", "visit.invite", "kim",
    )  # fmt: skip


# a process that contradicts itself is refused at once
START = Start("begun", "Begyndt", on=Plan, then="wait")
WAIT = Wait("wait", "Venter", on=VisitAnswered, then="over")
OVER = End("over", "Slut")


@pytest.mark.parametrize(
    "rows, why",
    [
        ((START, WAIT), "points to over"),
        ((START, WAIT, OVER, OVER), "named twice"),
        ((START, WAIT, OVER, End("lost", "Borte")), "lost is never reached"),
        ((START, WAIT, OVER, UserTask("beside", "Ved siden af", on=Invite, at="nowhere")), "points to nowhere"),
        ((START, replace(WAIT, when=lambda s: True), OVER), "only a gateway"),
        ((START, WAIT, OVER, Always("fork", "Skel", on=CallOff, then="gate"), Gateway("gate", "?")), "gateway"),
    ],
)
def test_a_process_that_contradicts_itself_is_refused(rows, why):
    with pytest.raises(ValueError, match=why):
        Process("small", "Lille", version=1, number="one", nodes=rows)


def test_a_process_lists_what_it_answers():
    small = Process("small", "Lille", version=1, number="one", nodes=(START, WAIT, OVER))

    assert small.triggers() == (Plan, VisitAnswered)
    assert [row.name for row in small.open_at("wait")] == ["wait"]
    assert (WAIT.rests, OVER.rests, START.rests, Throw("t", "T").rests, ServiceTask("s", "S").rests) == (
        True, True, False, False, False,
    )  # fmt: skip
    assert UserTask("beside", "Ved siden af", on=Invite, at="wait", by=CASEWORKER).roles == (Role.CASEWORKER,)
