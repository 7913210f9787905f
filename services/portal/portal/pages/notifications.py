"""What somebody has been told: the bell, and the list behind it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from casework.process import CASEWORKER, LEADER, Actor
from portal import identity, people
from portal.language import language
from portal.model import ListedCase, Notification
from portal.pages.here import service, today
from portal.whose import Desk

blp = Blueprint("notifications", __name__)

SHOWN = 50


@blp.get("/notifications")
def listed() -> Any:
    """The newest first; what is unread is marked."""
    who, portal = identity.who(), service()
    with portal.database.reading() as session:
        rows = session.execute(_newest(session, who)).all()
    return render_template("notifications.html", rows=rows)


def _newest(session: Session, who: Actor) -> sa.Select[Notification, str | None, bool]:
    """Each with its case's number, and whether the case is there for this person; a confidential one may have moved."""
    there = Desk.of(session, who, today()).findable() if who.role in (CASEWORKER, LEADER) else sa.true()
    return (
        sa.select(Notification, ListedCase.number, sa.func.coalesce(there, sa.true()))
        .outerjoin(ListedCase, ListedCase.id == Notification.case_id)
        .where(Notification.address.in_(people.addresses(who)))
        .order_by(Notification.sent_at.desc(), Notification.id)
        .limit(SHOWN)
    )


@blp.get("/notifications/bell")
def bell() -> Response:
    """What stands at the bell now: an open page asks for it by itself. 304 where it is the same."""
    identity.who()
    count = unread(service())
    answer = make_response(render_template("parts/bell.html", count=count, again=True))
    answer.set_etag(tag(count))
    answer.make_conditional(request)
    return answer


@blp.post("/notifications/read")
def read() -> Any:
    """All of mine are read now."""
    who, portal = identity.who(), service()
    with portal.database.writing() as session:
        session.execute(
            sa.update(Notification)
            .where(Notification.address.in_(people.addresses(who)), Notification.read_at.is_(None))
            .values(read_at=portal.clock())
        )
    return redirect(url_for("notifications.listed"))


def tag(count: int) -> str:
    """The ETag of the bell as it is shown."""
    return f"{language()}-{count}"


def unread(portal: Any) -> int:
    """What the bell counts, up to 100; one statement, unless the page has counted already."""
    who = identity.signed_in()
    if who is None:
        return 0
    if "unread" not in g:
        with portal.database.reading() as session:
            count(session, who)
    found: int = g.unread
    return found


def count(session: Session, who: Actor) -> None:
    """Count for the bell of this page while its own session is open: another one costs three round trips."""
    mine = sa.select(Notification.id).where(
        Notification.address.in_(people.addresses(who)), Notification.read_at.is_(None)
    )
    g.unread = len(session.scalars(mine.limit(100)).all())
