"""A provider's own orders: what is asked, the answer, documentation and status notes. Nothing of any other (DEL-08)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint, render_template, url_for

from casework.errors import NotFound
from casework.process import PROVIDER
from portal.changes import as_sent, new_in
from portal.identity import only, who
from portal.model import Citizen, Deadline, ListedCase, Position
from portal.pages.here import call, descriptions, header, note, phases, service
from portal.pages.record import Place, Record, check, do, keep, may, show, straight, wants_everything

blp = Blueprint("provider", __name__, url_prefix="/provider")

KINDS = ("order-answer", "status-note")
STATES = ("answer", "running", "rejected", "stopped")
ANSWERS = ("delivery.accept", "delivery.reject")


@blp.get("")
@only(PROVIDER)
def orders() -> Any:
    """What waits for an answer first, then what runs."""
    me = who()
    query = (
        sa.select(Position, ListedCase.number, Citizen.name)
        .join(ListedCase, ListedCase.id == Position.case_id)
        .outerjoin(Citizen, Citizen.id == ListedCase.citizen_id)
        .where(Position.process == "delivery", Position.key == me.provider_id)
        .order_by(Position.since.desc(), Position.case_id)
        .limit(200)
    )
    mine = sa.select(Deadline).where(
        Deadline.provider_id == me.provider_id, Deadline.state == "open", Deadline.kind.in_(KINDS)
    )
    with service().database.reading() as session:
        rows = list(session.execute(query).all())
        dues = {d.case_id: d for d in sorted(session.scalars(mine), key=lambda d: str(d.due), reverse=True)}
    rows.sort(key=lambda row: STATES.index(row[0].at) if row[0].at in STATES else len(STATES))
    return render_template("provider.html", rows=rows, dues=dues)


@blp.get("/orders/<uuid:case_id>")
@only(PROVIDER)
def order(case_id: UUID) -> Any:
    """One order: what is asked of us, and what we have said."""
    me = who()
    part = call(me, "GET", "delivery", f"/cases/{case_id}").json()
    delivery = next(iter(part["parts"].get("deliveries", [])), None)
    if delivery is None:
        raise NotFound("Siden findes ikke, eller du har ikke adgang til den")
    described = descriptions().of(phases(), me, "delivery")
    record = Record.of(_place(case_id, "documentation"))
    note(case_id, me, "read")
    with service().database.reading() as session:
        query = sa.select(Deadline).where(
            Deadline.case_id == case_id, Deadline.provider_id == me.provider_id, Deadline.state == "open"
        )
        dues = [d for d in session.scalars(query.order_by(Deadline.due)) if d.kind in KINDS]
    return render_template(
        "order.html", head=header(case_id), delivery=delivery, values=record.values, part=part, dues=dues,
        whole=as_sent(), new=new_in(delivery), ANSWERS=ANSWERS,
        actions=[(a, straight(a, described)) for a in part["actions"] if may(me, a, described)],
    )  # fmt: skip


def _place(case_id: UUID, step: str) -> Place:
    me = who()
    return Place(me, case_id, "delivery", step, me.provider_id or "", wants_everything())


@blp.get("/orders/<uuid:case_id>/<any(documentation, status_note):step>")
@only(PROVIDER)
def form(case_id: UUID, step: str) -> Any:
    return show(_place(case_id, step))


@blp.post("/orders/<uuid:case_id>/<any(documentation, status_note):step>")
@only(PROVIDER)
def save(case_id: UUID, step: str) -> Any:
    return keep(_place(case_id, step))


@blp.get("/orders/<uuid:case_id>/actions/<string:action>")
@only(PROVIDER)
def ask(case_id: UUID, action: str) -> Any:
    return check(_place(case_id, ""), action)


@blp.post("/orders/<uuid:case_id>/actions/<string:action>")
@only(PROVIDER)
def act(case_id: UUID, action: str) -> Any:
    return do(_place(case_id, ""), action, lambda: url_for("provider.order", case_id=case_id))
