"""My deadlines as a calendar that a calendar program fetches by itself (iCalendar, RFC 5545).

Such a program cannot sign in, so the address is a secret of its own: made when somebody asks for it, kept as a hash,
and void as soon as another is made or it is given up. Nothing in it, nor in the address, says who a case is about.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask, Response, jsonify
from flask_smorest import Blueprint
from icalendar import Calendar, Event
from sqlalchemy.orm import Session

from casework.calendar import local_date
from casework.contracts.deadlines import KINDS
from casework.errors import NotFound
from casework.process import Actor, Role
from casework.service.auth import actor, only
from scheduler.model import CaseRow, DeadlineRow, FeedRow, PersonRow, id_of

PROVIDERS_KINDS = ("order-answer", "status-note")
"""What a provider sees of deadlines: its own, of these kinds."""

BACK = timedelta(days=31)
"""What has been overdue for longer is in the portal alone."""

LISTED = 1000

OPEN = ("waiting", "approaching", "due", "missed")

Shown = tuple[DeadlineRow, str, bool]
"""A deadline, the number of its case, and whether it is there for who covers."""


def init_app(app: Flask, service: Any) -> None:
    """Add the routes. `service` is the SchedulerService."""
    blp = Blueprint("calendar", "scheduler", description="Mine frister som kalender")

    @blp.post("/calendar")
    @blp.response(201, description="The address, shown this once; one that was made before is void")
    @only(Role.CASEWORKER, Role.LEADER, Role.PROVIDER)
    def make_feed() -> tuple[Response, int]:
        """Make the address of my calendar."""
        with service.database.writing() as session:
            secret = make(session, actor(), service.clock())
        return jsonify(path=f"/calendar/{secret}.ics"), 201

    @blp.delete("/calendar")
    @blp.response(204, description="The address is void")
    @only(Role.CASEWORKER, Role.LEADER, Role.PROVIDER)
    def give_up_feed() -> tuple[str, int]:
        """Make the address of my calendar void."""
        with service.database.writing() as session:
            session.execute(sa.delete(FeedRow).where(FeedRow.id == _mine(actor())))
        return "", 204

    @blp.get("/calendar/<secret>.ics")
    @blp.doc(security=[])
    @blp.response(200, content_type="text/calendar", description="Open deadlines, as whole days")
    @blp.alt_response(404, description="No such calendar, or no longer")
    def read_feed(secret: str) -> Response:
        """My deadlines, for a calendar program: the address alone lets it in."""
        with service.database.reading() as session:
            feed = session.scalar(sa.select(FeedRow).where(FeedRow.secret_hash == _hash(secret)))
            if feed is None:
                raise NotFound("Kalenderen findes ikke, eller adressen gælder ikke længere")
            body = write(_deadlines(session, feed, local_date(service.clock())), service.settings.portal)
        return Response(body, mimetype="text/calendar", headers={"Cache-Control": "private, max-age=900"})

    app.extensions["api"].register_blueprint(blp)


def make(session: Session, who: Actor, now: datetime) -> str:
    """A new secret for whoever asks; the one before is void."""
    secret = secrets.token_urlsafe(32)
    session.merge(
        FeedRow(
            id=_mine(who), secret_hash=_hash(secret), person_id=who.id, provider_id=who.provider_id, made_at=now
        )
    )  # fmt: skip
    return secret


def _mine(who: Actor) -> Any:
    return id_of("feed", who.id, who.provider_id or "")


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _deadlines(session: Session, feed: FeedRow, today: date) -> list[Shown]:
    """A provider's own; of the house, those of the cases that somebody has, and has while others are away."""
    away = sa.select(PersonRow.id).where(
        PersonRow.deputy_id == feed.person_id, PersonRow.away_from <= today, PersonRow.away_to >= today
    )
    covered = sa.and_(CaseRow.caseworker_id != feed.person_id, CaseRow.caseworker_id.in_(away))
    theirs = sa.or_(CaseRow.caseworker_id == feed.person_id, CaseRow.caseworker_id.in_(away))
    told = [kind.name for kind in KINDS.values() if not kind.silent]
    whose = (
        sa.and_(DeadlineRow.provider_id == feed.provider_id, DeadlineRow.kind.in_(PROVIDERS_KINDS))
        if feed.provider_id
        else sa.and_(theirs, DeadlineRow.kind.in_(told))
    )
    query = (
        sa.select(DeadlineRow, CaseRow.number, sa.false() if feed.provider_id else covered)
        .join(CaseRow, CaseRow.id == DeadlineRow.case_id)
        .where(whose, DeadlineRow.status.in_(OPEN), DeadlineRow.due >= today - BACK)
        .order_by(DeadlineRow.due, DeadlineRow.id)
        .limit(LISTED)
    )
    return [(row, number, bool(covers)) for row, number, covers in session.execute(query)]


def write(shown: Iterable[Shown], portal: str) -> bytes:
    """The calendar: a whole day for each deadline, with its kind, case number and a link. Pure."""
    calendar = Calendar()
    calendar.add("prodid", "-//sagsgang//frister//DA")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "Frister i sagsgang")
    for row, number, covers in shown:
        event, link = Event(), f"{portal}/cases/{row.case_id}"
        event.add("uid", f"{row.id}@sagsgang")
        event.add("dtstamp", row.asked_at)
        event.add("dtstart", row.due)
        event.add("dtend", row.due + timedelta(days=1))
        event.add("summary", f"{KINDS[row.kind].label}, sag {number}{', som afløser' if covers else ''}")
        event.add("description", f"Åbn sagen: {link}")
        event.add("url", link)
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return calendar.to_ical()
