"""What is particular to ordering: which provider's order is meant, and the register of providers."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session
from stdnum import ean
from stdnum.dk import cvr

from casework.contracts import Command
from casework.contracts.ordering import ProviderChanged
from casework.database import lock
from casework.errors import Invalid, NotFound
from casework.messaging import Cause, put
from casework.phase.handlers import Handlers
from casework.phase.store import load, lock_case
from casework.process import Actor, Effects, Role, Situation
from ordering import bookkeeping
from ordering.commands import SendOrders
from ordering.model import Order, ProviderEntry, ProviderRow
from ordering.rules import order_meant


class OrderingHandlers(Handlers):
    """Finds the order that is meant, and keeps the providers."""

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

    def _conclude(self, session: Session, case: Any, before: Situation[Any], effects: Effects, doing: Any) -> None:
        """As everywhere; what is said of money is in the books in the same commit."""
        super()._conclude(session, case, before, effects, doing)
        bookkeeping.keep(session, effects.situation, effects.messages)

    def put_provider(
        self, session: Session, provider_id: str, entry: ProviderEntry, actor: Actor, now: datetime
    ) -> bool:
        """Enter a provider in the register, or mend it; others are told. False where nothing is other than it was."""
        _checked(entry)
        lock(session, f"provider/{provider_id}")
        row = session.get(ProviderRow, provider_id)
        if row is not None and _entry(row) == entry:
            return False
        if row is None:
            row = ProviderRow(id=provider_id)
            session.add(row)
        for name, value in asdict(entry).items():
            setattr(row, name, value)
        row.changed_at = now
        changed = ProviderChanged(provider_id=provider_id, **asdict(entry))
        put(session, self.phase.name, provider_id, changed, Cause(now, actor.id))
        return True

    def provider(self, session: Session, provider_id: str) -> ProviderRow:
        """A provider of the register. Raises NotFound."""
        row = session.get(ProviderRow, provider_id)
        if row is None:
            raise NotFound("Udføreren står ikke i registret")
        return row

    def providers(self, session: Session, after: str, limit: int) -> list[ProviderRow]:
        """The register by id, from the first one behind `after`."""
        query = sa.select(ProviderRow).where(ProviderRow.id > after).order_by(ProviderRow.id).limit(limit)
        return list(session.scalars(query))


def _checked(entry: ProviderEntry) -> None:
    """The numbers carry check digits, so that a slip of the pen is found before an invoice is."""
    wrong: dict[str, tuple[str, str | None]] = {}
    if not entry.name.strip():
        wrong["name"] = ("Skriv udførerens navn", None)
    if entry.cvr and not cvr.is_valid(entry.cvr):
        wrong["cvr"] = ("Det er ikke et CVR-nummer: otte cifre, hvoraf det sidste er kontrolciffer", None)
    if entry.p_number and not (entry.p_number.isdecimal() and len(entry.p_number) == 10):
        wrong["p_number"] = ("Skriv P-nummeret som ti cifre", None)
    if entry.ean and not (len(entry.ean) == 13 and ean.is_valid(entry.ean)):
        wrong["ean"] = ("Det er ikke et EAN-nummer: tretten cifre, hvoraf det sidste er kontrolciffer", None)
    if entry.price_from and entry.price_to and entry.price_from > entry.price_to:
        wrong["price_to"] = ("Taksten til skal mindst være taksten fra", None)
    if wrong:
        raise Invalid(wrong)


def _entry(row: ProviderRow) -> ProviderEntry:
    return ProviderEntry(**{name: getattr(row, name) for name in ProviderEntry.__dataclass_fields__})
