"""The interpreter: which numbers a trigger concerns, whether they may move, and what follows. Pure.

A command or message finds the numbers that wait for it, each walks from one waiting row to the next, and the events of
the rules are folded into the situation on the way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from casework.contracts import Command, Message
from casework.contracts.common import DeadlineCancelled, DeadlineMet, DeadlineRequested, NotificationRequested
from casework.contracts.common import PositionChanged as Position
from casework.contracts.deadlines import KINDS
from casework.contracts.scheduler import DeadlineMissed
from casework.errors import Forbidden, NotHere, NotYet, Refused
from casework.process.nodes import Always, End, Gateway, Node, Process, Role, Start, UserTask, Wait
from casework.process.situation import Event, Moves, Run, Situation


@dataclass(frozen=True)
class Move:
    """One step of one number, for the journal: from where, to where, by which row."""

    number: int
    key: str
    begins: str
    arrives: str
    row: str


@dataclass
class Effects:
    """What an act or message leads to: the situation afterwards, what others must hear, and what moved."""

    situation: Situation[Any]
    messages: list[Message] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)


def decide(process: Process, situation: Situation[Any], trigger: Command | Message) -> Effects:
    """Answer one act or message.

    Each number walks on the table of its version; new ones begin on the newest. Raises Refused (a rule says no),
    Forbidden (the role may not), NotHere (a command that nothing waits for), NotYet (a message that comes before its
    time). The situation passed in is unchanged in any case.
    """
    effects = _moved_here(process, situation)
    situation = effects.situation
    found = list(_rows(process, situation, trigger))
    if not found:
        _refuse(process, situation, trigger)
    for row, run in found:
        _may(row, effects.situation, trigger)
        _follow(process, effects, row, run, trigger)
    for run in effects.situation.runs:
        if run.at not in process.table(run.version).rows:  # before it is stored, where nobody could help it on
            raise ValueError(f"a rule has moved {process.name} {run.number} to {run.at}, which is no row of its table")
    return effects


def _moved_here(process: Process, s: Situation[Any]) -> Effects:
    """Numbers that the newest table has taken over from an earlier one: told as a move, once; a wait asks for its day.

    To ask for the day that it has already changes nothing.
    """
    effects = Effects(s)
    for run in [run for run in s.runs if run.moved_from]:
        here = effects.situation.of(run).moved(run.at)
        effects.moves.append(Move(run.number, run.key, run.moved_from, run.at, run.at))
        _ask_for_the_day(process, effects, here)
        effects.situation = here.of(None)
    return effects


def allowed(process: Process, situation: Situation[Any]) -> list[tuple[Node, Run[Any] | None]]:
    """The rows at which a person may act now, by position alone; rules are asked when they do."""
    rows: list[tuple[Node, Run[Any] | None]] = []
    for table, runs in _by_table(process, situation.runs):
        for node in table:
            if not (isinstance(node, Start | UserTask | Wait | Always) and node.on and issubclass(node.on, Command)):
                continue
            if isinstance(node, Start):
                nothing_to_open = node.per is not None and not tuple(node.per(situation, None))
                rows += [] if nothing_to_open or table is not process else [(node, None)]
            elif isinstance(node, Always):
                rows += [(node, None)] if runs or table is process else []
            else:
                rows += [(node, run) for run in runs if run.at in node.places]
    return rows


def _by_table(process: Process, runs: Iterable[Run[Any]]) -> list[tuple[Process, list[Run[Any]]]]:
    """Every table of the process, the newest first, with the numbers that walk on it."""
    if len(process.tables) == 1:
        return [(process, list(runs))]
    return [(table, [run for run in runs if process.table(run.version) is table]) for table in process.tables]


def why_not(process: Process, situation: Situation[Any], trigger: type) -> str:
    """In words: where the case stands, and where it would have to stand."""
    places = (
        f"»{table.rows[place].label}«"
        for table, runs in _by_table(process, situation.runs)
        if runs or table is process
        for row in table.on(trigger)
        if not isinstance(row, Always)
        for place in row.places
    )
    wanted = " eller ".join(dict.fromkeys(places))
    who = situation.actor
    seen = [run for run in situation.runs if who.role is not Role.PROVIDER or run.key == who.provider_id]  # DEL-08
    here = ", ".join(f"»{process.row_of(run).label}«" for run in seen)
    stands = f"{process.label} står ved {here}" if here else f"{process.label} er ikke begyndt endnu"
    return f"{stands}. Det her kan ske ved {wanted or 'intet trin'}."


def deadline_key(run: Run[Any], due: date | None = None) -> str:
    """The key of the deadline that ends a wait of this number. Waited for anew until another day, it is another."""
    name = f"{run.key}/{run.number}" if run.key else str(run.number)
    return f"{name}@{due}" if due else name


def _rows(process: Process, s: Situation[Any], trigger: Command | Message) -> Iterator[tuple[Node, Run[Any] | None]]:
    concerned = [run for run in s.runs if _concerns(process, run, trigger)]
    for table, runs in _by_table(process, concerned):
        for row in table.on(type(trigger)):
            if isinstance(row, Always):
                yield from ((row, run) for run in _always(process, table, row, runs, concerned))
    if isinstance(trigger, DeadlineMissed):
        yield from _late(process, s, trigger)
    waiting = [
        (row, run)
        for run in sorted(concerned, key=lambda r: r.number, reverse=True)
        for row in process.table(run.version).on(type(trigger))
        if not isinstance(row, Start | Always) and run.at in row.places
    ]
    if waiting:
        row = waiting[0][0]
        all_here = [(r, run) for r, run in reversed(waiting) if r.name == row.name and r.every]
        yield from (all_here if row.every else waiting[:1])
        return
    for row in process.on(type(trigger)):
        if isinstance(row, Start):
            keys = row.per(s, trigger) if row.per else ("",)
            yield from ((row, _begun(process, s, row, key)) for key in keys)


def _always(
    process: Process, table: Process, row: Node, runs: list[Run[Any]], concerned: list[Run[Any]]
) -> list[Run[Any] | None]:
    """Without `then` an Always row looks at the newest number; with it, it moves those that its key and `at` name."""
    if not row.then:
        newest = max(concerned, key=lambda r: r.number, default=None)
        return [newest] if table is (process.table(newest.version) if newest else process) else []
    if row.at:
        return [run for run in runs if run.at in row.places]
    return [run for run in runs if not is_over(process, run)]


def _concerns(process: Process, run: Run[Any], trigger: Any) -> bool:
    """Does the trigger name this number? One that names none concerns every one."""
    key = getattr(trigger, "provider_id", None) or getattr(trigger, "order", None)
    if run.key and key is not None and key != run.key:
        return False
    version = getattr(trigger, "version", None) if process.by_version and isinstance(trigger, Message) else None
    return version is None or version == run.number


def _late(process: Process, s: Situation[Any], missed: DeadlineMissed) -> Iterator[tuple[Node, Run[Any] | None]]:
    for run in s.runs:
        row = process.row_of(run)
        if row.late and row.kind == missed.kind and _awaited(process, s.of(run)) == missed.key:
            yield row, run


def _awaited(process: Process, s: Situation[Any]) -> str | None:
    """The key of the deadline that the number waits for where it stands; None where it waits for no day."""
    row = process.table(s.run.version).rows.get(s.at) if s.run else None
    if s.run is None or not (isinstance(row, Wait) and row.until and row.kind):
        return None
    due = row.until(s)
    return deadline_key(s.run, due) if due else None


def _begun(table: Process, s: Situation[Any], row: Node, key: str, state: Any = None) -> Run[Any]:
    number = max((run.number for run in s.runs if run.key == key), default=0) + 1
    return Run(number, key, row.name, s.blank if state is None else state, table.version)


def _refuse(process: Process, s: Situation[Any], trigger: Command | Message) -> None:
    rows = [row for row in process.answers(type(trigger)) if not isinstance(row, Start | Always)]
    if isinstance(trigger, Command):
        rule = next((r.rule for r in rows if r.rule), None)
        raise NotHere(why_not(process, s, type(trigger)), rule=rule, field=trigger.action)
    if rows:
        raise NotYet(why_not(process, s, type(trigger)))


def _may(row: Node, s: Situation[Any], trigger: Command | Message) -> None:
    if isinstance(trigger, Command) and not _lets(row, s.actor.role):
        raise _forbidden(row, s.actor.role, trigger.action)


def forbid(process: Process, role: Role, command: type[Command], action: str) -> None:
    """To a provider's people an act of the authority is forbidden, wherever the case stands and whatever is sent."""
    rows = process.answers(command)
    if role is Role.PROVIDER and rows and not any(_lets(row, role) for row in rows):
        raise _forbidden(rows[0], role, action)


def _lets(row: Node, role: Role) -> bool:
    if not row.roles or role in row.roles or (role is Role.LEADER and Role.CASEWORKER in row.roles):
        return True
    return role is Role.SYSTEM and isinstance(row, Start)


def _forbidden(row: Node, role: Role, action: str) -> Forbidden:
    return Forbidden(
        f"»{row.label}« kan kun gøres af {' eller '.join(role.label for role in row.roles)}",
        rule="GEN-14" if role is Role.PROVIDER else None,
        field=action,
    )


def _follow(process: Process, effects: Effects, row: Node, run: Run[Any] | None, trigger: Command | Message) -> None:
    s = effects.situation
    if run is not None:
        run = next((r for r in s.runs if (r.key, r.number) == (run.key, run.number)), run)
    begins = "" if isinstance(row, Start) else run.at if run else ""
    if row.anew and run is not None:
        row, table = _anew(process, row, run)
        run = _begun(table, s, row, run.key, run.state)
    s = s.of(run)
    if isinstance(row, Wait) and isinstance(trigger, DeadlineMissed):
        effects.situation = s
        _arrive(process, effects, row, begins, row.late, trigger)
        return
    effects.situation = s
    awaited = None if row.anew else _awaited(process, s)
    events = list(row.do(effects.situation, trigger, s.today) or ()) if row.do else []
    fold(effects, events)
    if not events and isinstance(trigger, Message) and trigger.contract.is_fact:
        effects.situation = effects.situation.of(None)  # what is on record elsewhere is another, and nothing follows
        return
    if row.then or isinstance(row, Start):
        if awaited:
            _stop_waiting(process, effects, row, begins, awaited)
        _arrive(process, effects, row, begins, row.then, trigger)
    else:
        effects.moves.append(Move(s.number, s.key, begins, begins, row.name))
        effects.situation = effects.situation.of(None)


def _anew(process: Process, row: Node, run: Run[Any]) -> tuple[Node, Process]:
    """The row by which the next number begins, and its table: the newest, where that has the same row."""
    same = process.rows.get(row.name)
    if same is not None and same.anew and same.on is row.on:
        return same, process
    return row, process.table(run.version)


def _stop_waiting(process: Process, effects: Effects, row: Node, begins: str, key: str) -> None:
    """A wait that is left before its day: met by what it waited for, cancelled by anything else."""
    assert effects.situation.run is not None
    place = process.table(effects.situation.run.version).rows[begins]
    assert place.kind is not None
    met = DeadlineMet(kind=place.kind, key=key, met_on=effects.situation.today)
    effects.messages.append(met if row is place else DeadlineCancelled(kind=place.kind, key=key))


def _arrive(process: Process, effects: Effects, row: Node, begins: str, to: str | None, trigger: Any) -> None:
    """Walk on, through everything that does not rest."""
    assert effects.situation.run is not None
    table, name = process.table(effects.situation.run.version), to
    while name:
        node = table.rows[name]
        effects.situation = effects.situation.moved(name)
        if isinstance(node, Gateway):
            assert node.when is not None
            name = node.yes if node.when(effects.situation) else node.no
            continue
        if node.rests:
            break
        if node.do:
            fold(effects, node.do(effects.situation, trigger, effects.situation.today))
        name = node.then
    s = effects.situation
    effects.moves.append(Move(s.number, s.key, begins, s.at, row.name))
    _rest(process, effects)
    effects.situation = effects.situation.of(None)


def _rest(process: Process, effects: Effects) -> None:
    """On arrival: a wait asks for its day, a person's task tells those who may act."""
    s = effects.situation
    assert s.run is not None
    node = process.row_of(s.run)
    _ask_for_the_day(process, effects, s)
    if isinstance(node, UserTask) and node.roles:
        effects.messages.append(
            NotificationRequested(
                kind=f"{process.name}.{node.name}",
                roles=tuple(str(role) for role in node.roles),
                provider_id=s.key or None if Role.PROVIDER in node.roles else None,
                key=deadline_key(s.run),
            )
        )


def _ask_for_the_day(process: Process, effects: Effects, s: Situation[Any]) -> None:
    assert s.run is not None
    node = process.row_of(s.run)
    if isinstance(node, Wait) and node.until and node.kind and (due := node.until(s)):
        kind = KINDS[node.kind]
        effects.messages.append(
            DeadlineRequested(
                kind=node.kind, key=deadline_key(s.run, due), due=due, notify=kind.notify, provider_id=s.key or None
            )
        )


def fold(effects: Effects, events: Iterable[Event] | None) -> None:
    """Let the events of a rule happen: messages are owed, the rest changes the situation."""
    for event in events or ():
        if isinstance(event, Message):
            effects.messages.append(event)
        elif isinstance(event, Moves):
            _move_another(effects, event)
        else:
            effects.situation = effects.situation.after(event)


def _move_another(effects: Effects, event: Moves) -> None:
    s = effects.situation
    other = next((r for r in s.runs if (r.key, r.number) == (event.key or s.key, event.number)), None)
    if other and other.at != event.to:
        here = s.run
        effects.situation = s.of(other).moved(event.to).of(here)
        effects.moves.append(Move(other.number, other.key, other.at, event.to, event.to))


def positions(moves: Iterable[Move], process: Process, action: str | None, actor: str) -> Iterator[Position]:
    """Every move as the message that all lists and figures are made of."""
    for move in moves:
        yield Position(
            process=process.name,
            number=move.number,
            key=move.key or None,
            begins=move.begins or None,
            arrives=move.arrives or move.row,
            action=action,
            actor=actor,
        )


def is_over(process: Process, run: Run[Any]) -> bool:
    return isinstance(process.row_of(run), End)


__all__ = ["Effects", "Move", "Refused", "allowed", "deadline_key", "decide", "fold", "is_over", "positions", "why_not"]
