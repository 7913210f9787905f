"""Carries one deadline along the rows of process.py: a message comes, or days pass. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from casework.contracts import Message
from casework.contracts.common import DeadlineRequested
from casework.process import Always, Becomes, End, Gateway, Node, Start
from scheduler import rules
from scheduler.model import Deadline
from scheduler.process import DEADLINE
from scheduler.rules import Terms


@dataclass(frozen=True)
class Step:
    """A row was passed: on which day, and what it tells."""

    row: str
    day: date
    events: tuple[rules.Event, ...]


def answer(deadline: Deadline | None, message: Message, today: date, terms: Terms) -> Deadline | None:
    """The deadline after a message about it; None where there is none. Raises Invalid for an unknown kind.

    What is met stays so; what is cancelled may be asked for again. Asking for the day that it has already changes no
    more than who is told, and ends a pause. What is met, cancelled or paused without having been asked is not there.
    """
    if isinstance(message, DeadlineRequested):
        if deadline is None:
            deadline = Deadline(message.kind, message.key, message.due)
        elif deadline.due == message.due and not isinstance(DEADLINE.rows[deadline.status], End):
            asked = _fold(deadline, rules.store(deadline, message, today, terms))
            return replace(asked, status=deadline.resumes or deadline.status, resumes=None)
    if deadline is not None:
        for row in DEADLINE.on(type(message)):
            if _answers(row, deadline):
                events = row.do(deadline, message, today, terms) if row.do else ()
                return replace(_fold(deadline, events), status=row.then or deadline.status)
    return deadline


def _answers(row: Node, deadline: Deadline) -> bool:
    if isinstance(row, Start):
        return deadline.status == row.name
    if isinstance(row, Always):
        return not isinstance(DEADLINE.rows[deadline.status], End)
    return deadline.status in row.places


def next_day(deadline: Deadline, terms: Terms) -> date | None:
    """The day on which the next thing is told; None where nothing is, unless a message comes."""
    until = DEADLINE.rows[deadline.status].until
    last = until(deadline, terms) if until else None
    return last + rules.DAY if last else None


def pass_days(deadline: Deadline, today: date, terms: Terms) -> tuple[Deadline, list[Step]]:
    """The deadline as it stands on `today`, and what is told of the rows it has passed, in order."""
    steps: list[Step] = []
    while (day := next_day(deadline, terms)) is not None and day <= today:
        row = _late(deadline, terms)
        events = tuple(row.do(deadline, None, day, terms) or ()) if row.do else ()
        deadline = replace(_fold(deadline, events), status=row.then or row.name)
        steps.append(Step(row.name, day, events))
    return deadline, list(_worth_telling(steps))


def _worth_telling(steps: list[Step]) -> Iterator[Step]:
    """A day that was jumped over is told once, as the latest state; whoever hears of it afterwards is told besides.

    What is missed is the last of all states, so it is always told. Of a state reached by several thresholds at once the
    message goes out, and people hear of the last threshold.
    """
    states = [step for step in steps if step.row != "escalate"]
    for step in steps:
        if step in states[-1:] or step.row == "escalate":
            yield step
        elif DEADLINE.rows[step.row].then == DEADLINE.rows[states[-1].row].then:
            yield replace(step, events=tuple(event for event in step.events if isinstance(event, Message)))


def _late(deadline: Deadline, terms: Terms) -> Node:
    row = DEADLINE.rows[DEADLINE.rows[deadline.status].late or ""]
    while isinstance(row, Gateway) and row.when:
        row = DEADLINE.rows[(row.yes if row.when(deadline, terms) else row.no) or ""]
    return row


def _fold(deadline: Deadline, events: Iterable[rules.Event] | None) -> Deadline:
    for event in events or ():
        if isinstance(event, Becomes):
            deadline = replace(deadline, **event.values)
    return deadline
