"""For the leader: what is late and what comes, by caseworker and by provider; cases of nobody; approvals that wait."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, request
from sqlalchemy.orm import Session

from casework.process import CASEWORKER, LEADER
from portal import agenda, people
from portal.identity import only, who
from portal.model import Citizen, Deadline, ListedCase, Person, Provider
from portal.pages.day import mended
from portal.pages.here import live, service, today
from portal.whose import WAITS_FOR_A_LEADER, Condition, Desk, nobodys

blp = Blueprint("team", __name__, url_prefix="/team")

AHEAD = 20  # working days: as early as the first notice of a follow-up
WAITING = 10
NOBODY = "-"


def _days() -> agenda.Days:
    return agenda.Days.ahead(today(), AHEAD, service().municipality.calendar)


@blp.get("")
@only(LEADER)
def page() -> Any:
    """Counts per caseworker, and the list behind them; the same few statements, however large the team."""
    days, after = _days(), request.args.get("after", "")
    chosen, kinds = request.args.get("who", ""), request.args.get("kinds", "")
    with service().database.reading() as session:
        desk = Desk.of(session, who(), days.today)
        team = desk.team()
        staff = _staff(session, desk)
        told: dict[str, Any] = {
            "rows": agenda.by_caseworker(session, days, team),
            "waiting": _waiting(session, team),
            "listed": agenda.lines(session, days, team, *_chosen(chosen, kinds), after=after),
        }
    return live(
        "team.html", "parts/team.html", **told, days=days, desk=desk, chosen=chosen, kinds=kinds, after=after,
        mended=mended, staff={one.id: one for one in staff}, away=[p for p in staff if people.is_away(p, days.today)],
    )  # fmt: skip


def _chosen(caseworker: str, kinds: str) -> list[Condition]:
    """The part of the list that was asked for: of one caseworker, by id or name; of follow-ups, or of all else."""
    which: list[Condition] = []
    if caseworker == NOBODY:
        which.append(nobodys())
    elif caseworker:
        which.append(sa.func.coalesce(ListedCase.caseworker_id, ListedCase.caseworker_name) == caseworker)
    if kinds == "follow-ups":
        which.append(Deadline.kind.in_(agenda.FOLLOW_UPS))
    elif kinds == "others":
        which.append(Deadline.kind.not_in(agenda.FOLLOW_UPS))
    return which


def _staff(session: Session, desk: Desk) -> list[Person]:
    """The caseworkers, those of other teams too: a deputy may be one of them."""
    return list(session.scalars(sa.select(Person).where(Person.role == CASEWORKER).order_by(Person.name, Person.id)))


def _waiting(session: Session, team: Condition) -> list[Any]:
    """Cases that wait for a leader, the longest first; each with how many there are in all."""
    query = (
        sa.select(ListedCase, Citizen.name, sa.func.count().over().label("all"))
        .outerjoin(Citizen, Citizen.id == ListedCase.citizen_id)
        .where(agenda.IS_OPEN, WAITS_FOR_A_LEADER, team)
        .order_by(ListedCase.submitted_at, ListedCase.id)
        .limit(WAITING)
    )
    return list(session.execute(query).all())


@blp.get("/providers")
@only(LEADER)
def providers() -> Any:
    """Per provider: orders without an answer, status notes and follow-ups, late and coming; and the list behind it."""
    days, after, chosen = _days(), request.args.get("after", ""), request.args.get("provider", "")
    with service().database.reading() as session:
        desk = Desk.of(session, who(), days.today)
        team = desk.team()
        rows = agenda.by_provider(session, days, team)
        listed = agenda.lines(session, days, team, agenda.of_provider(chosen), after=after) if chosen else None
        name = session.scalar(sa.select(Provider.name).where(Provider.id == chosen)) if chosen else None
    return live(
        "team_providers.html", "parts/team_providers.html", rows=rows, listed=listed, name=name or chosen,
        chosen=chosen, days=days, desk=desk, after=after, mended=mended,
    )  # fmt: skip
