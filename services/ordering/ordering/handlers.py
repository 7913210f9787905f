"""What is particular to ordering: which provider's order is meant, and the register of providers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from casework.contracts import Command, Message
from casework.contracts.delivery import AnswerHandled
from casework.contracts.ordering import ProviderChanged
from casework.contracts.scheduler import ProviderNoticeRequested
from casework.database import lock
from casework.errors import Invalid, NotFound, NotYet
from casework.messaging import Cause, Envelope, hold, put
from casework.phase.handlers import Handlers
from casework.phase.store import load, load_all, lock_case
from casework.phase.tables import CaseRow, RunRow
from casework.phase.unit_of_work import UnitOfWork
from casework.process import HOUSE, Actor, Effects, Role, Situation
from ordering import bookkeeping, handover, register
from ordering.commands import SendOrders
from ordering.model import Order, ProviderEntry, ProviderRow
from ordering.provider_queue import queue_of
from ordering.register_csv import Fault, parsed
from ordering.rules import LIVE, order_meant, watch_use_anew


@dataclass(frozen=True)
class Imported:
    """What came of a file: the providers that are other than they were, how many are not, and what was left out."""

    changed: tuple[str, ...]
    unchanged: int
    faults: tuple[Fault, ...]


@dataclass(frozen=True)
class OrderingHandlers(Handlers):
    """Finds the order that is meant, and keeps the providers."""

    has_broker: bool = False  # is there a broker where providers have queues?

    def record(
        self, session: Session, case_id: UUID, patch: Mapping[str, Any], actor: Actor, now: datetime, *,
        key: str = "", seen: int | None = None,
    ) -> Situation[Any]:  # fmt: skip
        """As everywhere; without a key the only order of the case is meant. Raises Invalid where there are several."""
        given = patch.get(Order.step)
        if not key and actor.role is not Role.PROVIDER and isinstance(given, Mapping):
            case = lock_case(session, case_id)
            key = order_meant(load(session, self.phase, case, self.municipality, actor, now), given)
        return super().record(session, case_id, patch, actor, now, key=key, seen=seen)

    def act(self, session: Session, case_id: UUID, command: Command, actor: Actor, now: datetime) -> Situation[Any]:
        if isinstance(command, SendOrders):
            command = replace(command, order=None)  # all that are not sent go, whichever was filled in last
        return super().act(session, case_id, command, actor, now)

    def hear(self, unit: UnitOfWork, envelope: Envelope, message: Message) -> None:
        """As everywhere; what a provider is to be told moves no case."""
        if isinstance(message, AnswerHandled):
            handover.tell_outcome(unit.session, message, envelope, self.municipality.name)
        elif isinstance(message, ProviderNoticeRequested):
            self._tell_provider(unit, envelope, message)
        else:
            super().hear(unit, envelope, message)

    def _tell_provider(self, unit: UnitOfWork, envelope: Envelope, asked: ProviderNoticeRequested) -> None:
        case = unit.cases[UUID(envelope.subject)]
        if case.row.opened is None:
            raise NotYet("Sagen er ikke meldt åbnet endnu")
        s = unit.situation(case, HOUSE, envelope.time)
        hold(unit.session, [envelope.subject])
        if handled := handover.tell(unit.session, s, asked):
            unit.put(envelope.subject, handled, Cause.of(envelope, HOUSE.id))

    def alongside(self, session: Session, effects: Effects, action: str) -> None:
        """What providers are sent, and what is said of money."""
        handover.hand_over(session, effects.situation, effects.messages)
        bookkeeping.keep(session, effects.situation, effects.messages)

    def put_provider(
        self, session: Session, provider_id: str, entry: ProviderEntry, actor: Actor, now: datetime, *,
        seen: Callable[[ProviderRow | None, ProviderEntry], None] | None = None,
    ) -> bool:  # fmt: skip
        """Enter a provider in the register, or mend it; others are told. False where nothing is other than it was.

        `seen` is asked whether what stands there is what was read, while nobody else can mend it. Raises Invalid for
        what cannot stand, and for a queue where the provider can have none; Stale.
        """
        entry = register.checked(entry)
        if entry.channel == "queue":
            self._may_have_queue(provider_id)
        lock(session, f"provider/{provider_id}")
        row = session.get(ProviderRow, provider_id)
        if seen:
            seen(row, entry)
        if row is not None and register.entry_of(row) == entry:
            return False
        if row is None:
            row = ProviderRow(id=provider_id)
            session.add(row)
        register.enter(row, entry)
        row.changed_at = now
        changed = register.told(provider_id, entry)
        envelope = put(session, self.phase.name, provider_id, changed, Cause(now, actor.id))
        unit = UnitOfWork(session, self.phase, self.municipality)
        with unit.heard(envelope, changed):
            pass
        unit.write()
        self._tell_cases(session, envelope, changed)
        return True

    def _may_have_queue(self, provider_id: str) -> None:
        if not self.has_broker:
            why = "En kø kræver en broker (ORDERING_PROVIDER_BROKER), og her er ingen. Vælg portal eller webhook"
            raise Invalid({"channel": (why, None)})
        queue_of(provider_id)

    def _tell_cases(self, session: Session, envelope: Envelope, changed: ProviderChanged) -> None:
        """Those that wait for the provider to be approved, or would have to by what the register says now."""
        theirs = sa.select(RunRow.case_id).where(RunRow.key == changed.provider_id, RunRow.at.in_(LIVE))
        cases = session.scalars(sa.select(CaseRow).where(CaseRow.id.in_(theirs)).order_by(CaseRow.id)).all()
        for s in load_all(session, self.phase, cases, self.municipality, HOUSE, envelope.time):
            if any(watch_use_anew(s, changed, s.today)):
                unit = UnitOfWork(session, self.phase, self.municipality)
                unit.load([lock_case(session, s.case_id)])
                self.answer(unit, unit.cases[s.case_id], changed, envelope)
                self.finish(unit)

    def import_providers(
        self, session: Session, data: bytes, actor: Actor, now: datetime, *, good_lines: bool = False
    ) -> Imported:
        """Enter the providers of a file, all or none; with `good_lines` those whose lines are right. None is deleted.

        Raises Invalid, naming every line that is wrong.
        """
        found = parsed(data, {row.id: register.entry_of(row) for row in self.register(session)})
        if found.faults and not good_lines:
            raise Invalid({f"lines[{f.line}].{f.field}".rstrip("."): (f.reason, None) for f in found.faults})
        in_one_order = sorted(found.entries.items())  # two imports at once wait for each other, and not in a ring
        changed = [id_ for id_, entry in in_one_order if self.put_provider(session, id_, entry, actor, now)]
        return Imported(tuple(changed), len(found.entries) - len(changed), found.faults)

    def provider(self, session: Session, provider_id: str) -> ProviderRow:
        """A provider of the register. Raises NotFound."""
        row = session.get(ProviderRow, provider_id)
        if row is None:
            raise NotFound("Udføreren står ikke i registret")
        return row

    def register(self, session: Session) -> list[ProviderRow]:
        """All providers, by id."""
        return list(session.scalars(sa.select(ProviderRow).order_by(ProviderRow.id)))

    def providers(self, session: Session, after: str, limit: int) -> list[ProviderRow]:
        """The register by id, from the first one behind `after`."""
        query = sa.select(ProviderRow).where(ProviderRow.id > after).order_by(ProviderRow.id).limit(limit)
        return list(session.scalars(query))
