"""The three things that happen to a case in a phase: somebody records, somebody acts, a message comes.

Each is one commit: the rows, the journal and the outbox. The caller owns the transaction; whatever is raised, nothing
is then changed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.orm import Session

from casework import records
from casework.configuration import Municipality
from casework.contracts import Command, Contract, Message
from casework.contracts.common import OverviewChanged, Task
from casework.contracts.intake import CaseOpened
from casework.contracts.values import Source
from casework.errors import Forbidden, Invalid, NotYet, Stale
from casework.messaging import Cause, Envelope
from casework.messaging.spoken import version_spoken
from casework.phase import provenance
from casework.phase.phase import Phase
from casework.phase.store import Place, Said, lock_case, lock_cases_of_citizen
from casework.phase.tables import CaseRow
from casework.phase.unit_of_work import Doing, LoadedCase, UnitOfWork, Written
from casework.process import HOUSE, Actor, Effects, Move, Role, Situation, UserTask, Warned, decide
from casework.process.engine import fold, positions
from casework.records import Change, Json, merge
from casework.schema import dump
from casework.schema import load as load_typed

log = structlog.get_logger()

AUTHORITY = (Role.CASEWORKER, Role.LEADER)


@dataclass(frozen=True)
class Handlers:
    """What may be asked of one phase. Holds no state of its own."""

    phase: Phase
    municipality: Municipality

    def _taking(self, session: Session, case: CaseRow) -> tuple[UnitOfWork, LoadedCase]:
        unit = UnitOfWork(session, self.phase, self.municipality)
        unit.load([case])
        return unit, unit.cases[case.id]

    # recording
    def record(
        self, session: Session, case_id: UUID, patch: Mapping[str, Any], actor: Actor, now: datetime, *,
        key: str = "", seen: int | None = None,
    ) -> Situation[Any]:  # fmt: skip
        """Fill in fields of one or several steps, all or nothing.

        `seen` is the revision that the person has read; Stale where somebody else has since changed the same field or
        entry. Raises Invalid (wrong values), Refused (a rule says no), Forbidden, NotFound.
        """
        shared = any(step.per == "citizen" for name, step in self.phase.by_step.items() if name in patch)
        siblings = lock_cases_of_citizen(session, case_id) if shared else []
        locked = next((row for row in siblings if row.id == case_id), None) or lock_case(session, case_id)
        unit, case = self._taking(session, locked)
        before = unit.situation(case, actor, now)
        sources = provenance.sources_in(patch)
        own = dict(before.own)
        changed: dict[Place, list[Change]] = {}
        named: dict[Place, Json] = {}
        for name, given in self._steps(patch, sources).items():
            step = self.phase.by_step[name]
            self._may_record(name, actor, given)
            place = (name, key if step.per not in (None, "citizen") else "")
            mine, carried = own.get(place, {}), before.carried(step)
            merged = _checked(step, merge(step, mine, given, name), given, name)
            own[place] = merged
            named[place], told = provenance.sourced(step, sources, carried, merged, before.marks.get(place, {}))
            changed[place] = [*records.recorded(step, carried, mine, merged, name), *told]
        if seen is not None:
            self._not_stale(session, case, patch, changed, seen, actor)
        after = replace(before, own=own, _views={})
        for check in self.phase.checks:
            check(before, after)
        newest = max(after.runs, key=lambda run: run.number, default=None)
        effects = Effects(after.of(newest))
        if self.phase.derives:
            fold(effects, self.phase.derives(before, after))
        effects.situation = effects.situation.of(None)
        if any(changed.values()):
            doing = Doing(f"{self.phase.name}.record", actor, changed, named, key=key)
            case.row.revision = max([case.row.revision, *(other.revision for other in siblings)])
            self._conclude(unit, case, before, effects, doing)
            for other in siblings:  # what they share has one revision, by which each is told that it changed
                other.revision = case.row.revision
            unit.write()
        return effects.situation

    def _steps(self, patch: Mapping[str, Any], sources: Mapping[str, Source]) -> dict[str, Any]:
        """What is given of each step; a source alone is something given too. Raises Invalid for a step that is none."""
        steps = {name: given for name, given in patch.items() if name != provenance.SOURCES}
        steps |= {name: {} for path in sources if (name := path.partition(".")[0]) not in steps}
        for name in steps:
            if name not in self.phase.by_step:
                raise Invalid({name: (f"Trinnet findes ikke. Kendte trin: {', '.join(self.phase.by_step)}", None)})
        return steps

    def _may_record(self, step: str, actor: Actor, given: Any) -> None:
        roles = self.phase.record_roles.get(step, AUTHORITY)
        if actor.role not in roles and actor.role is not Role.SYSTEM:
            rule = "GEN-14" if actor.role is Role.PROVIDER else None
            raise Forbidden(
                "Det her kan kun myndigheden skrive" if rule else "Det her må din rolle ikke skrive",
                rule=rule,
                field=step,
            )

    def _not_stale(
        self,
        session: Session,
        case: LoadedCase,
        patch: Mapping[str, Any],
        changed: Mapping[Place, list[Change]],
        seen: int,
        actor: Actor,
    ) -> None:
        """Raises Stale with both versions: of what both have changed what is sent now, and the step as it is stored."""
        for place, changes in changed.items():
            (name, _), when = place, case.changed.get(place, {})
            late = sorted({c.unit for c in changes if when.get(c.unit, 0) > seen})
            if late:
                raise Stale(
                    "En anden har rettet det samme, mens du skrev. Det, du skrev, er ikke gemt.",
                    field=late[0],
                    fields=late,
                    yours=records.only(self.phase.by_step[name], patch.get(name, {}), late, name),
                    theirs=case.situation.own.get(place, {}),
                    revision=self.revision(session, case.row, actor),
                )

    # acting
    def act(self, session: Session, case_id: UUID, command: Command, actor: Actor, now: datetime) -> Situation[Any]:
        """Move the case. Raises NotHere, Refused, Forbidden, NotFound; nothing is then changed."""
        unit, case = self._taking(session, lock_case(session, case_id))
        before = self.situated(session, unit.situation(case, actor, now), command)
        effects = decide(self.phase.process, before, command)
        reason = getattr(command, "reason", None) or getattr(command, "comment", None)
        self._conclude(unit, case, before, effects, Doing(command.action, actor, reason=reason))
        unit.write()
        return effects.situation

    def situated(self, session: Session, s: Situation[Any], trigger: Command | Message) -> Situation[Any]:
        """The situation with whatever else the trigger draws upon: a phase may look into an earlier case."""
        return s

    # hearing
    def begin(self, session: Session, arrivals: Sequence[tuple[Envelope, Message]]) -> Hearing:
        """Take these messages in hand, of one transaction."""
        unit = UnitOfWork(session, self.phase, self.municipality)
        unit.hold(
            {UUID(envelope.subject) for envelope, message in arrivals if _is_about_a_case(envelope, message)},
            {message.citizen_id for _, message in arrivals if isinstance(message, CaseOpened)},
            {envelope.subject for envelope, message in arrivals if not _is_about_a_case(envelope, message)},
        )
        return Hearing(self, unit)

    def hear(self, unit: UnitOfWork, envelope: Envelope, message: Message) -> None:
        """Answer a message from another service, as of the time at which it happened.

        Raises NotYet where it comes before what it rests on: nothing is then changed, and it waits with the case.
        """
        if not _is_about_a_case(envelope, message):
            with unit.heard(envelope, message):
                return
        case = unit.cases[UUID(envelope.subject)]
        if case.row.opened is None and not (isinstance(message, CaseOpened) or message.contract.is_fact):
            raise NotYet("Sagen er ikke meldt åbnet endnu")
        with unit.heard(envelope, message):
            if isinstance(message, CaseOpened):
                unit.know(case, message, envelope.time)
            self.answer(unit, case, message, envelope)

    def answer(self, unit: UnitOfWork, case: LoadedCase, message: Message, envelope: Envelope) -> None:
        """Let the process answer the message, and tell what follows."""
        if unit.has_others_of_the_citizen(case):  # what is done may draw upon them, as they are stored
            unit.write()
        before = self.situated(unit.session, unit.situation(case, HOUSE, envelope.time), message)
        effects = decide(self.phase.process, before, message)
        cause = Cause.of(envelope, envelope.actor or HOUSE.id)
        self._conclude(unit, case, before, effects, Doing(envelope.type, HOUSE, cause=cause))

    def alongside(self, session: Session, effects: Effects, action: str) -> None:
        """What else a phase writes in the same commit, before the case is saved; whatever is raised, nothing is."""

    def revision(self, session: Session, case: CaseRow, actor: Actor) -> int:
        """How often the case has changed, as this person may know of it; it goes out as ETag."""
        return case.revision

    def touched(self, session: Session, case: CaseRow, keys: Collection[str]) -> None:
        """What else a phase notes of a case that has changed; `keys` are those whose records or numbers have."""

    def shown(self, session: Session, case_id: UUID, actor: Actor, what: str, now: datetime) -> None:
        """What else a phase notes of a look at a case, beside who looked."""

    # in the end
    def _conclude(
        self, unit: UnitOfWork, case: LoadedCase, before: Situation[Any], effects: Effects, doing: Doing
    ) -> None:
        """One place where rows, journal and outbox are kept, in this order: facts, acts, positions.

        Of a message after which nothing moves only the facts may differ, and they are told once for several such.
        """
        own = [m for m in effects.messages if self.phase.name in m.contract.consumers]
        for message in own:  # what a service tells itself is taken in the same commit
            more = decide(self.phase.process, effects.situation, message)
            effects.situation = more.situation
            effects.messages += more.messages
            effects.moves += more.moves
        self.alongside(unit.session, effects, doing.action)
        after = effects.situation
        case.row.revision += 1
        unit.become(case, after, self._written(before, after, doing))
        self._note(unit, case, after, effects.moves, doing)
        self.touched(unit.session, case.row, {doing.key, *(move.key for move in effects.moves)})
        case.untold = doing, after.now
        if doing.cause and not (effects.messages or effects.moves):
            return
        self.tell_facts(unit, case)
        cause = doing.cause or Cause(after.now, doing.actor.id)
        moved = positions(effects.moves, self.phase.process, doing.action, doing.actor.id)
        for message in (*effects.messages, *moved):
            unit.put(str(_about(case.row, message.contract)), message, cause)
        for message in effects.messages:
            if isinstance(message, CaseOpened):
                unit.know(case, message, after.now)
        steps = [f"{m.begins or '·'}→{m.arrives or m.row}" for m in effects.moves]
        log.info("case_advanced", case_id=str(case.id), action=doing.action, actor=doing.actor.id, moved=steps)

    def _written(self, before: Situation[Any], after: Situation[Any], doing: Doing) -> dict[Place, Written]:
        """What becomes of each record: what a person filled in, and what the house filled in itself."""
        written = {}
        for place in {*after.own, *doing.changed}:
            old, new = before.own.get(place, {}), after.own.get(place, {})
            changes = doing.changed.get(place)
            if changes is None:
                changes = list(records.changes(self.phase.by_step[place[0]], old, new, place[0]))
            if changes or old != new:
                marks = provenance.marked(
                    before.marks.get(place, {}), after.marks.get(place, {}), changes, doing.sources.get(place, {}),
                    doing.actor, after.now, self.phase.name,
                )  # fmt: skip
                written[place] = Written(tuple(changes), marks)
        return written

    def tell_facts(self, unit: UnitOfWork, case: LoadedCase) -> None:
        """Tell those facts that are other than when they were last told, each with its running number."""
        if case.untold is None:
            return
        (doing, now), case.untold = case.untold, None
        s, cause = unit.situation(case, doing.actor, now), doing.cause or Cause(now, doing.actor.id)
        for terms, tell in [*self.phase.facts, (OverviewChanged.contract, lambda s: overview(self.phase, s))]:
            message, subject = tell(s), str(_about(case.row, terms))
            last = unit.said(subject, terms.name)
            version = version_spoken(unit.session, terms)  # what was told in another said less, or other words
            if message is None or (last and last.version == version and _same(last.body, dump(message))):
                continue
            number = last.number + 1 if last else 1
            if hasattr(message, "assessment_revision"):
                message = replace(message, assessment_revision=number)  # type: ignore[type-var]
            unit.say(subject, terms.name, Said(number, version, dump(message)))
            unit.put(subject, message, cause)

    def finish(self, unit: UnitOfWork) -> None:
        """Tell the facts of every case in hand, and store it all."""
        for case in unit.cases.values():
            self.tell_facts(unit, case)
        unit.write()

    def _note(self, unit: UnitOfWork, case: LoadedCase, s: Situation[Any], moves: list[Move], doing: Doing) -> None:
        changes = [[c.path, c.before, c.after] for changed in doing.changed.values() for c in changed]
        if not (moves or changes):
            return
        for move in moves or [Move(0, doing.key, "", "", "")]:
            unit.note(
                case_id=case.id, at=s.now, by=doing.actor.name, actor=doing.actor.id, action=doing.action,
                row=move.row or None, key=move.key, number=move.number, begins=move.begins or None,
                arrives=move.arrives or None, reason=doing.reason, changes=changes or None,
            )  # fmt: skip


class Hearing:
    """The messages of one transaction, answered one after the other and written together."""

    def __init__(self, handlers: Handlers, unit: UnitOfWork) -> None:
        self.handlers, self.unit = handlers, unit

    def take(self, envelope: Envelope, message: Message) -> None:
        """Raises NotYet where it comes before what it rests on; nothing is then changed."""
        self.handlers.hear(self.unit, envelope, message)

    def finish(self) -> None:
        """Store what has come of them all."""
        self.handlers.finish(self.unit)


def _is_about_a_case(envelope: Envelope, message: Message) -> bool:
    return message.contract.subject == "case" and envelope.subject.count("-") == 4


def _about(case: CaseRow, terms: Contract) -> UUID | None:
    """What a message of a case is numbered by: the case, or its citizen."""
    return case.citizen_id if terms.subject == "citizen" else case.id


def _checked(step: type, merged: Json, given: Any, at: str) -> Json:
    """The merged step as it is stored: what is given right, and in its one form; the rest was checked when it came.

    Keeps what was emptied on purpose.
    """
    touched = {name: value for name, value in merged.items() if name in given}
    try:
        typed: Any = load_typed(step, records.standing(step, touched))
    except Invalid as wrong:
        errors = {f"{at}.{records.as_given(step, merged, given, field)}": why for field, why in wrong.errors.items()}
        raise Invalid(errors) from wrong
    return merged | records.keep_emptied(step, touched, dump(typed))


def _same(before: Json, after: Json) -> bool:
    return {n: v for n, v in before.items() if n != "assessment_revision"} == {
        n: v for n, v in after.items() if n != "assessment_revision"
    }


def warnings(phase: Phase, s: Situation[Any]) -> list[Warned]:
    """What the phase's rules warn of now."""
    return [warned for warn in phase.warnings for warned in warn(s)]


def overview(phase: Phase, s: Situation[Any]) -> OverviewChanged:
    """The warnings and open tasks, as a list shows them."""
    tasks = [
        Task(name=f"{phase.name}.{node.name}", label=node.label, roles=tuple(str(r) for r in node.roles))
        for run in s.runs
        if isinstance(node := phase.process.row_of(run), UserTask)
    ]
    return OverviewChanged(warnings=tuple(w.rule for w in warnings(phase, s)), tasks=tuple(tasks))
