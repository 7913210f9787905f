"""What may be asked of the scheduler: a case's deadlines, all deadlines, and (walks, demo) to let time pass."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog
from flask import Flask, Response, jsonify, request
from flask_smorest import Blueprint
from sqlalchemy.orm import Session

from casework.confidential import Confidential
from casework.contracts.deadlines import KINDS
from casework.errors import Invalid, NotFound, Refusal
from casework.process import Actor, Role
from casework.service.app import PAGE
from casework.service.auth import actor, keep_confidential, only
from casework.service.clock import FileClock
from scheduler import deadlines, feeds
from scheduler.feeds import PROVIDERS_KINDS
from scheduler.model import CaseRow, DeadlineRow, Notification, PersonRow, ProviderRow
from scheduler.status import status

log = structlog.get_logger()


class ClockRuns(Refusal):
    """Time can only be set where the settings say so."""

    status = 409
    title = "Uret kan ikke stilles"


def init_app(app: Flask, service: Any) -> None:
    """Add the routes. `service` is the SchedulerService."""
    keep_confidential(app, service.database, _confidential, _note_refusal)
    app.extensions["api"].register_blueprint(_cases(service))
    app.extensions["api"].register_blueprint(_deadlines(service))
    app.extensions["api"].register_blueprint(_time(service))
    app.extensions["api"].register_blueprint(_status(service))
    feeds.init_app(app, service)


def _confidential(session: Session, case_id: UUID) -> Confidential | None:
    case = session.get(CaseRow, case_id)
    if case is None or not case.is_confidential:
        return None
    return Confidential(case.team, case.caseworker_id, case.caseworker_name)


def _note_refusal(who: Actor, case_id: UUID) -> None:
    log.warning("look_refused", case_id=str(case_id), actor=who.id, role=str(who.role))


def _cases(service: Any) -> Blueprint:
    blp = Blueprint("cases", "scheduler", url_prefix="/cases", description="Frister og beskeder i en sag")

    @blp.get("/<uuid:case_id>")
    @blp.response(200, description="The scheduler's part of the case document")
    @blp.alt_response(404, description="No such case, or nothing of it for this provider")
    def read_case(case_id: UUID) -> Response:
        """Deadlines and notifications of one case, as far as they concern who asks."""
        who = actor()
        with service.database.reading() as session:
            return jsonify(part(session, case_id, who))

    return blp


def part(session: Session, case_id: UUID, who: Actor) -> dict[str, Any]:
    """In the same form as a phase's part. Raises NotFound."""
    case = session.get(CaseRow, case_id)
    query = sa.select(DeadlineRow).where(DeadlineRow.case_id == case_id)
    rows = session.scalars(query.order_by(DeadlineRow.due, DeadlineRow.kind, DeadlineRow.key))
    deadlines = [row for row in rows if not KINDS[row.kind].silent and _may_see(row, who)]
    told = [row for row in _told(session, case_id) if _may_read(row[0], who)]
    if case is None or (who.role is Role.PROVIDER and not (deadlines or told)):
        raise NotFound("Sagen findes ikke, eller du har ikke adgang til den")
    return {
        "case_id": str(case_id),
        "phase": "scheduler",
        "parts": {
            "deadlines": [
                {"kind": r.kind, "due": r.due.isoformat(), "status": shown(r.status), "notify": list(r.notify)}
                | ({"stands_still": True} if r.status == "paused" else {})
                for r in deadlines
            ],
            "notifications": [
                {"kind": r.kind, "to": to, "channel": r.channel, "sent_at": at.isoformat()} for r, to, at in told
            ],
        },
        "warnings": [],
        "origins": {},
        "history": [],
    }


def shown(status: str) -> str:
    """A clock that stands still is a deadline that waits."""
    return "waiting" if status == "paused" else status


def _may_see(row: DeadlineRow, who: Actor) -> bool:
    if who.role is Role.PROVIDER:
        return row.provider_id == who.provider_id and row.kind in PROVIDERS_KINDS
    return _is_of_the_house(who)


def _may_read(row: Notification, who: Actor) -> bool:
    return row.provider_id == who.provider_id if who.role is Role.PROVIDER else _is_of_the_house(who)


def _is_of_the_house(who: Actor) -> bool:
    return who.role in (Role.CASEWORKER, Role.LEADER, Role.OPERATOR, Role.SYSTEM)


def _told(session: Session, case_id: UUID) -> list[tuple[Notification, str, datetime]]:
    """What was told, oldest first, each with the name that people read and when."""
    query = (
        sa.select(Notification, sa.func.coalesce(ProviderRow.name, Notification.name, PersonRow.name))
        .outerjoin(ProviderRow, ProviderRow.id == Notification.provider_id)
        .outerjoin(PersonRow, PersonRow.id == Notification.person_id)
        .where(Notification.case_id == case_id, Notification.status == "sent")
    )
    named = [
        (r, name or r.provider_id or r.person_id or r.role, r.sent_at)
        for r, name in session.execute(query)
        if r.sent_at
    ]
    return sorted(named, key=lambda told: (told[2], told[0].kind, told[1], told[0].channel, told[0].id))


def _deadlines(service: Any) -> Blueprint:
    blp = Blueprint("deadlines", "scheduler", url_prefix="/deadlines", description="Alle frister, til drift")

    @blp.get("")
    @blp.doc(
        parameters=[
            {"in": "query", "name": "after", "schema": {"type": "string"}, "description": "`next` of the page before"},
            {"in": "query", "name": "status", "schema": {"type": "string"}, "description": "Only these"},
        ]
    )
    @blp.response(200, description="Earliest first; `next` leads on. Kind and ids, no name")
    @only(Role.OPERATOR)
    def list_deadlines() -> Response:
        """Deadlines of all cases, keyset-paged."""
        query = sa.select(DeadlineRow).order_by(DeadlineRow.due, DeadlineRow.id).limit(PAGE)
        if after := request.args.get("after"):
            query = query.where(sa.tuple_(DeadlineRow.due, DeadlineRow.id) > sa.tuple_(*_place(after)))
        if wanted := request.args.get("status"):
            query = query.where(DeadlineRow.status == wanted)
        with service.database.reading() as session:
            rows = session.scalars(query).all()
        listed = [
            {
                "id": str(r.id), "case_id": str(r.case_id), "kind": r.kind, "key": r.key, "due": r.due.isoformat(),
                "status": r.status, "next_at": r.next_at.isoformat() if r.next_at else None,
            }
            for r in rows
        ]  # fmt: skip
        last = rows[-1] if len(rows) == PAGE else None
        return jsonify(deadlines=listed, next=f"{last.due.isoformat()}_{last.id}" if last else None)

    return blp


def _status(service: Any) -> Blueprint:
    blp = Blueprint("status", "scheduler", description="Hvordan det går, til drift")

    @blp.get("/status")
    @blp.response(200, description="Counts, times and codes, and no name")
    @only(Role.OPERATOR)
    def read_status() -> Response:
        """What is due and not raised, how much is told, what was given up, and which receivers fail."""
        with service.database.reading() as session:
            return jsonify(status(session, service.post, service.clock()))

    return blp


def _place(after: str) -> tuple[Any, Any]:
    try:
        due, _, mine = after.partition("_")
        return sa.literal(date.fromisoformat(due)), sa.literal(UUID(mine))
    except ValueError as error:
        raise Invalid({"after": ("Siden findes ikke; begynd forfra", None)}) from error


def _time(service: Any) -> Blueprint:
    blp = Blueprint("time", "scheduler", description="Tiden, hvor den kan stilles (gennemspilning og demo)")

    @blp.post("/tick")
    @blp.response(200, description="How many deadlines have moved, and how many mails were tried")
    @blp.alt_response(409, description="The clock runs by itself here")
    @only()
    def tick() -> Response:
        """Raise all that is due by the clock, and tell whoever should know."""
        clock = _settable(service)
        return jsonify(now=clock().isoformat(), raised=service.tick(), mails=service.send_notifications())

    @blp.put("/clock")
    @blp.response(200, description="What time it is now")
    @blp.alt_response(409, description="The clock runs by itself here")
    @only()
    def set_clock() -> Response:
        """Set the time for every service that reads the same file: `{"now": "2026-03-02T08:00:00+00:00"}`."""
        clock = _settable(service)
        body = request.get_json(silent=True)
        clock.set(_instant("now", body.get("now") if isinstance(body, dict) else None))
        return jsonify(now=clock().isoformat())

    @blp.get("/next")
    @blp.doc(parameters=[{"in": "query", "name": "until", "schema": {"type": "string"}, "description": "Not later"}])
    @blp.response(200, description="`next`: UTC and later than the clock, or null")
    @only()
    def next_moment() -> Response:
        """The next moment at which something is to be raised: a walk goes from one to the next."""
        until = _instant("until", given) if (given := request.args.get("until")) else None
        with service.database.reading() as session:
            moment = deadlines.next_moment(session, service.clock())
        late = moment is None or (until is not None and moment > until)
        return jsonify(next=None if late or moment is None else moment.isoformat())

    return blp


def _settable(service: Any) -> FileClock:
    if service.settings.production or not isinstance(service.clock, FileClock):
        raise ClockRuns("Uret er maskinens eget. Med CLOCK=file:STI kan det stilles; i produktion kan det ikke.")
    return service.clock


def _instant(name: str, given: Any) -> datetime:
    """Raises Invalid for anything but an ISO instant with its zone."""
    try:
        moment = datetime.fromisoformat(given)
    except (TypeError, ValueError):
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Invalid({name: ("Her skal stå et tidspunkt med tidszone, fx 2026-03-02T08:00:00+00:00", None)})
    return moment
