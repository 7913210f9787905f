"""A number ends on the table on which it began, or is moved as is declared; what stands nowhere is found at import."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from casework.contracts.common import DeadlineRequested
from casework.contracts.intake import CaseClosed
from casework.contracts.scheduler import DeadlineMissed
from casework.errors import NotHere, TooNew
from casework.process import (
    CASEWORKER,
    Always,
    End,
    Moves,
    Node,
    Process,
    Run,
    Situation,
    Start,
    UserTask,
    Wait,
    allowed,
    decide,
    why_not,
)
from casework.process.engine import is_over
from casework.testing import visits
from casework.testing.cases import TODAY, doing, situation
from casework.testing.visits import CallOff, Invite, NoteDown, Plan, Report, State, VisitAnswered

CLOSED = CaseClosed(closed_on=TODAY)
ANSWERED = VisitAnswered(provider_id="x-hus", comes=True)
DUE = TODAY + timedelta(days=7)


def rule(s: Situation[State], trigger: object, today: date) -> Any:
    return ()


def due(s: Situation[State]) -> date:
    return DUE


def rows(
    *, task: str, wait: str, end: str, answer: type = VisitAnswered, kind: str = "order-answer"
) -> tuple[Node, ...]:
    """A visit is planned, somebody invites, an answer is awaited; once it has come one may begin again."""
    return (
        Start("planned", "Besøg planlagt", on=Plan, do=rule, then=task, by=CASEWORKER),
        UserTask(task, f"Indkald ({task})", on=Invite, do=rule, then=wait, by=CASEWORKER),
        Wait(wait, f"Venter ({wait})", on=VisitAnswered, do=rule, then=end, kind=kind, until=due, late=end),
        End(end, f"Forbi ({end})"),
        UserTask("again", "Begynd igen", on=Invite, at=end, do=rule, then=task, by=CASEWORKER, anew=True),
        Always("noted", "Skriv et notat", on=NoteDown, do=rule, by=CASEWORKER),
        Always("closed", "Sagen lukkes", on=CaseClosed, then="stopped"),
        End("stopped", "Stoppet"),
    )


OLD = rows(task="invite", wait="answer", end="held")
NEW = rows(task="call", wait="reply", end="over")


def process(version: int, nodes: tuple[Node, ...], **more: Any) -> Process:
    return Process("visit", "Hjemmebesøg", version=version, number="visit", nodes=nodes, **more)


ONE = process(1, OLD)
BESIDE = process(2, NEW, earlier=(ONE,))
MOVED = process(2, NEW, moves={1: {"invite": "call", "answer": "reply", "held": "over"}})
PARTLY = process(2, NEW, earlier=(ONE,), moves={1: {"invite": "call"}})


def stored(table: Process, at: str, version: int = 1, number: int = 1) -> Run[State]:
    """A number that was stored so, as it is read when the release with this table has come."""
    now, here = table.stands(version, at)
    return Run(number, "", here, State(), now, at if now != version else "")


def having(table: Process, *runs: Run[State]) -> Situation[State]:
    return situation(replace(visits.PHASE, process=table), runs=runs)


def standing(s: Situation[State]) -> list[tuple[int, str, int]]:
    return [(run.number, run.at, run.version) for run in s.runs]


def after(table: Process, s: Situation[State], *triggers: Any) -> list[tuple[int, str, int]]:
    return standing(doing(replace(visits.PHASE, process=table), s, *triggers).situation)


# on its own table
def test_a_number_ends_on_the_table_on_which_it_began():
    s = having(BESIDE, stored(BESIDE, "invite"))

    assert after(BESIDE, s, Invite()) == [(1, "answer", 1)]
    assert after(BESIDE, s, Invite(), ANSWERED) == [(1, "held", 1)]


def test_a_new_number_begins_on_the_newest_table_while_another_is_on_its_own():
    s = having(BESIDE, stored(BESIDE, "answer"))

    assert after(BESIDE, s, Plan()) == [(1, "answer", 1), (2, "call", 2)]
    assert after(BESIDE, s, Plan(), ANSWERED, Invite()) == [(1, "held", 1), (2, "reply", 2)]


def test_what_begins_anew_beside_an_old_end_begins_on_the_newest_table():
    assert after(BESIDE, having(BESIDE, stored(BESIDE, "held")), Invite()) == [(1, "held", 1), (2, "call", 2)]


def test_what_begins_anew_by_a_row_that_is_gone_begins_on_its_own_table():
    gone = process(2, tuple(node for node in NEW if node.name != "again"), earlier=(ONE,))

    assert after(gone, having(gone, stored(gone, "held")), Invite()) == [(1, "held", 1), (2, "invite", 1)]


def test_what_is_always_open_moves_each_number_by_its_own_table():
    both = having(BESIDE, stored(BESIDE, "answer"), stored(BESIDE, "reply", version=2, number=2))

    assert after(BESIDE, both, CLOSED) == [(1, "stopped", 1), (2, "stopped", 2)]


def test_a_day_that_passes_ends_the_wait_of_an_old_table():
    missed = DeadlineMissed(kind="order-answer", key=f"1@{DUE}", due=DUE)

    assert after(BESIDE, having(BESIDE, stored(BESIDE, "answer")), missed) == [(1, "held", 1)]


def test_one_may_act_where_each_number_stands_in_its_own_table():
    both = having(BESIDE, stored(BESIDE, "invite"), stored(BESIDE, "reply", version=2, number=2))
    open_to = {(row.name, run.number if run else None) for row, run in allowed(BESIDE, both)}

    assert open_to == {("planned", None), ("noted", None), ("invite", 1)}


def test_a_refusal_says_where_each_number_stands_and_would_have_to_stand():
    s = having(BESIDE, stored(BESIDE, "answer"))
    with pytest.raises(NotHere):
        doing(replace(visits.PHASE, process=BESIDE), s, Report())

    said = why_not(BESIDE, s, Invite)
    assert "står ved »Venter (answer)«" in said
    assert "»Indkald (call)« eller »Forbi (over)« eller »Indkald (invite)« eller »Forbi (held)«" in said


def test_an_act_that_the_newest_table_has_no_more_can_be_done_where_a_number_still_waits_for_it():
    calls_off = (*OLD, UserTask("off", "Aflys", on=CallOff, at="answer", then="stopped", by=CASEWORKER))
    table = process(2, NEW, earlier=(process(1, calls_off),))
    s = having(table, stored(table, "answer"))

    assert after(table, s, CallOff(reason="Syg")) == [(1, "stopped", 1)]
    assert CallOff in table.triggers()


def test_an_end_of_an_old_table_is_an_end():
    assert is_over(BESIDE, stored(BESIDE, "held"))
    assert not is_over(BESIDE, stored(BESIDE, "answer"))


# moved
def test_a_number_is_moved_as_is_declared_and_ends_on_the_newest_table():
    s = having(MOVED, stored(MOVED, "invite"))

    assert standing(s) == [(1, "call", 2)]
    assert after(MOVED, s, Invite(), ANSWERED) == [(1, "over", 2)]


def test_a_row_that_is_not_named_keeps_its_name_where_the_old_table_is_gone():
    assert MOVED.stands(1, "stopped") == (2, "stopped")


def test_only_those_at_a_row_that_is_named_are_moved_where_the_old_table_is_still_there():
    assert PARTLY.stands(1, "invite") == (2, "call")
    assert PARTLY.stands(1, "answer") == (1, "answer")


def test_a_move_by_declaration_is_told_once_with_the_first_thing_that_happens():
    phase = replace(visits.PHASE, process=MOVED)
    first = doing(phase, having(MOVED, stored(MOVED, "answer")), NoteDown())
    second = doing(phase, first.situation, NoteDown())

    assert [(m.begins, m.arrives) for m in first.moves if m.arrives != m.begins] == [("answer", "reply")]
    assert [(m.begins, m.arrives) for m in second.moves if m.arrives != m.begins] == []


def test_who_is_moved_to_a_wait_asks_for_its_day():
    effects = doing(replace(visits.PHASE, process=MOVED), having(MOVED, stored(MOVED, "answer")), NoteDown())

    assert [m.key for m in effects.messages if isinstance(m, DeadlineRequested)] == [f"1@{DUE}"]


# what stands nowhere
@pytest.mark.parametrize(
    "nodes, more, why",
    [
        (NEW, {}, "visit version 2: numbers of version 1 have neither table nor move"),
        (NEW, {"earlier": (ONE, ONE)}, "an earlier table is there twice"),
        (NEW, {"earlier": (Process("talk", "Samtale", version=1, number="talk", nodes=OLD),)}, "or of another"),
        (NEW, {"moves": {1: {}, 2: {}}}, "visit version 2 has no earlier version 2"),
        (NEW, {"moves": {1: {"invite": "nowhere"}}}, "the move from invite to nowhere is not between rows at which"),
        (NEW, {"moves": {1: {"invite": "planned"}}}, "the move from invite to planned is not between rows at which"),
        (NEW, {"earlier": (ONE,), "moves": {1: {"gone": "call"}}}, "the move from gone to call is not between rows"),
        (
            rows(task="call", wait="reply", end="over", kind="complaint"),
            {"earlier": (ONE,), "moves": {1: {"answer": "reply"}}},
            "the move from answer to reply would wait for another deadline",
        ),
    ],
)
def test_numbers_that_would_stand_nowhere_are_found_at_import(nodes, more, why):
    with pytest.raises(ValueError, match=why):
        process(2, nodes, **more)


@pytest.mark.parametrize("version, at", [(2, "call"), (1, "gone")])
def test_a_number_that_a_newer_release_has_moved_is_refused_in_words(version, at):
    with pytest.raises(TooNew, match="Hjemmebesøg version"):
        ONE.stands(version, at)


def test_a_rule_that_moves_a_number_to_a_row_of_another_table_is_stopped():
    def move_on(s: Situation[State], trigger: object, today: date) -> Any:
        yield Moves(1, "over")

    old = tuple(replace(node, do=move_on) if node.name == "noted" else node for node in OLD)
    table = process(2, NEW, earlier=(process(1, old),))

    with pytest.raises(ValueError, match="a rule has moved visit 1 to over, which is no row of its table"):
        decide(table, having(table, stored(table, "answer")), NoteDown())
