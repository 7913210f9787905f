"""My day: what is late, what falls today, what is new, and the next working days; also for those I cover for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint, request, url_for
from sqlalchemy.orm import Session

from casework.calendar import begins
from casework.contracts.deadlines import KINDS
from casework.process import CASEWORKER
from portal import agenda, people, wording
from portal.identity import only, who
from portal.language import gettext, lazy_gettext
from portal.model import Citizen, ListedCase, Notification
from portal.pages.here import live, service, today
from portal.whose import Desk

blp = Blueprint("day", __name__)

AHEAD = 5  # working days
NEWS = 10


@blp.get("/day")
@only(CASEWORKER)
def page() -> Any:
    """The same few statements, however much there is. A further page continues the list of deadlines alone."""
    me, after, calendar = who(), request.args.get("after", ""), service().municipality.calendar
    days = agenda.Days.ahead(today(), AHEAD, calendar)
    with service().database.reading() as session:
        desk = Desk.of(session, me, days.today)
        own = desk.own()
        told: dict[str, Any] = {
            "listed": agenda.lines(session, days, own, after=after),
            "counts": agenda.by_section(session, days, own),
            "news": [] if after else _news(session, desk, calendar.add_working_days(days.today, -1)),
        }
    sections = days.sections(told["listed"].lines)
    return live(
        "day.html", "parts/day.html", **told, sections=sections, desk=desk, days=days, after=after, mended=mended
    )


def _news(session: Session, desk: Desk, since: date) -> list[Any]:
    """What I have been told since the last working day began, of cases that I may find; the newest first."""
    query = (
        sa.select(Notification, ListedCase.number, Citizen.name)
        .outerjoin(ListedCase, ListedCase.id == Notification.case_id)
        .outerjoin(Citizen, Citizen.id == ListedCase.citizen_id)
        .where(Notification.address.in_(people.addresses(desk.me)), Notification.sent_at >= begins(since))
        .where(sa.or_(Notification.case_id.is_(None), desk.findable()))
        .order_by(Notification.sent_at.desc(), Notification.id)
        .limit(NEWS)
    )
    return list(session.execute(query).all())


# where it is mended
_Place = tuple[Any, Callable[[UUID], str]]


def _act(action: str) -> Callable[[UUID], str]:
    phase = action.split(".")[0]
    return lambda case_id: url_for("record.ask", case_id=case_id, phase=phase, action=action)


_MENDED: dict[str, _Place] = {
    "hearing-answer": (lazy_gettext("Registrér svaret"), _act("assessment.record_hearing_answer")),
    "written-decision": (lazy_gettext("Se brevet"), lambda case_id: url_for("letter.page", case_id=case_id)),
    "reassessment": (lazy_gettext("Genvurder"), _act("decision.reassess")),
    "order-answer": (lazy_gettext("Se bestillingen"), lambda case_id: url_for("orders.page", case_id=case_id)),
    "unapproved-offer": (lazy_gettext("Se bestillingen"), lambda case_id: url_for("orders.page", case_id=case_id)),
    "case-processing": (lazy_gettext("Gå til sagen"), lambda case_id: url_for("cases.one", case_id=case_id)),
}


def mended(kind: str, case_id: UUID) -> tuple[str, str]:
    """What the link to where this is done says, and its address: the act or page, else the phase that waits."""
    if kind in _MENDED:
        words, address = _MENDED[kind]
        return str(words), address(case_id)
    phase = KINDS[kind].owner
    return gettext("Gå til %(phase)s", phase=wording.phase(phase)), url_for(
        "record.tasks", case_id=case_id, phase=phase
    )
