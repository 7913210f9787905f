"""Which cases a list shows and a search finds, as statements that stay quick among a million cases.

Each walks an index in the order of the list and stops after a page, or begins at a bounded number of citizens.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from portal.model import Citizen, ListedCase
from portal.whose import Condition

PAGE = 25
CITIZENS = 500
"""Of how many citizens of a name a search looks at the cases."""

_ORDER = (ListedCase.due_sort, ListedCase.id)
Listed = sa.Select[ListedCase, str | None]


def page(where: Sequence[Condition], whose: Sequence[Condition] = (), after: str = "") -> Listed:
    """A page of cases with their citizens' names and one case more, the nearest deadline first.

    `where` are met by all of them; of `whose`, where it is given, each case meets just one. `after` is `place_of` the
    last case of the page before.
    """
    if (place := _place(after)) is not None:
        where = [*where, sa.tuple_(*_ORDER) > place]
    query = sa.select(ListedCase, Citizen.name).outerjoin(Citizen, Citizen.id == ListedCase.citizen_id)
    walks = (sa.select(ListedCase.id).where(*where, one).order_by(*_ORDER).limit(PAGE + 1) for one in whose)
    found = [sa.select(walk.subquery()) for walk in walks]
    query = query.where(ListedCase.id.in_(sa.union_all(*found))) if whose else query.where(*where)
    return query.order_by(*_ORDER).limit(PAGE + 1)


def place_of(case: ListedCase) -> str:
    """Where the page ends whose last case this is."""
    return f"{case.due_sort.isoformat()}_{case.id}"


def _place(text: str) -> Any:
    """Where the last page ended. What is no place is the beginning."""
    day, _, known = text.partition("_")
    try:
        return sa.tuple_(sa.literal(date.fromisoformat(day)), sa.literal(UUID(known), sa.Uuid()))
    except ValueError:
        return None


def numbered(number: str) -> Listed:
    """The case with this number."""
    return _of(sa.select(Citizen), isouter=True).where(ListedCase.number == number)


def hashed(cpr_hash: str) -> Listed:
    """The cases of the citizen whose CPR number this hash stands for."""
    return _of(sa.select(Citizen).where(Citizen.cpr_hash == cpr_hash))


def named(text: str) -> Listed:
    """The cases of citizens whose name holds this text; of one or two letters, of whom a name begins with it.

    Of a name that very many bear, the cases of some are looked at: whoever searches has to say more.
    """
    like = re.sub(r"([\\%_])", r"\\\1", text)
    begins = [f"%{like}%"] if len(text) > 2 else [f"{like}%", f"% {like}%"]
    found = sa.or_(*(Citizen.name.ilike(one, escape="\\") for one in begins))
    return _of(sa.select(Citizen).where(found).limit(CITIZENS))


def _of(citizens: sa.Select[Any], *, isouter: bool = False) -> Listed:
    """The cases of these citizens, the nearest deadline first: a page and one more."""
    citizen = aliased(Citizen, citizens.subquery())
    query = sa.select(ListedCase, citizen.name).where(ListedCase.number.is_not(None))
    query = query.join(citizen, citizen.id == ListedCase.citizen_id, isouter=isouter)
    return query.order_by(*_ORDER).limit(PAGE + 1)
