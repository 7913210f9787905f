"""The routes for providers' own systems: their keys, and the list of a provider's orders."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import marshmallow as ma
import sqlalchemy as sa
from flask import Response, jsonify, request
from flask_smorest import Blueprint
from marshmallow import fields as mf

from casework import credentials
from casework.errors import Forbidden, Invalid, NotFound
from casework.phase.kept import state_of
from casework.phase.store import looked_at
from casework.phase.tables import RunRow
from casework.process import Role
from casework.service.app import PAGE
from casework.service.auth import actor, only
from casework.service.clock import system
from casework.service.phase_api import PhaseService, body, refusals
from delivery import keys
from delivery.document import status
from delivery.model import ProviderAnswerRow, ProviderChangeRow, ProviderKeyRow, State

ANSWERED = ("status", "title", "detail", "rule", "field")
"""What an operator is told of a refusal: not what the provider wrote."""

KEYS = "/providers/<provider_id>/keys"
AFTER = {
    "in": "query",
    "name": "after",
    "description": "Where the page before ended: its `next`",
    "schema": {"type": "string", "format": "uuid"},
}


class Key(ma.Schema):
    """A key, without the key itself."""

    id = mf.UUID(required=True)
    name = mf.String(required=True)
    valid_from = mf.DateTime(required=True)
    valid_to = mf.DateTime(required=True, allow_none=True)
    made_by = mf.String(required=True)
    last_used_on = mf.Date(required=True, allow_none=True)


class NewKey(Key):
    """A key as it is made."""

    key = mf.String(required=True, metadata={"description": "Shown this once"})


class Keys(ma.Schema):
    """The newest first."""

    keys = mf.List(mf.Nested(Key), required=True)


class Naming(ma.Schema):
    """What a key is for."""

    name = mf.String(required=True, metadata={"description": "The system: what it writes is signed so"})


class HandledAnswer(ma.Schema):
    """An answer by message, and what came of it."""

    id = mf.UUID(required=True)
    kind = mf.String(required=True, allow_none=True)
    case_id = mf.UUID(required=True, allow_none=True)
    received_at = mf.DateTime(required=True)
    outcome = mf.String(required=True, metadata={"description": "taken refused"})
    refusal = mf.Dict(required=True, allow_none=True, metadata={"description": "Status, title, detail, rule, field"})


class ListedOrder(ma.Schema):
    """An order, as far as a list tells: nothing of the citizen."""

    case_id = mf.UUID(required=True)
    order_number = mf.String(required=True, allow_none=True)
    version = mf.Integer(required=True, metadata={"description": "The newest that was sent"})
    in_force = mf.Integer(required=True, allow_none=True, metadata={"description": "The version accepted last"})
    status = mf.String(required=True, metadata={"description": "sent accepted rejected changed cancelled ended"})
    note_due = mf.Date(required=True, allow_none=True, metadata={"description": "A status note is asked for until"})


class Orders(ma.Schema):
    """A page."""

    orders = mf.List(mf.Nested(ListedOrder), required=True)
    next = mf.UUID(required=True, allow_none=True, metadata={"description": "`after` of the next page"})


def blueprint(service: PhaseService) -> Blueprint:
    blp = Blueprint("systems", __name__, description="Udføreres egne systemer")
    database = service.database

    @blp.get(KEYS)
    @blp.response(200, Keys, description="The newest first, without the keys themselves")
    @refusals(blp, 401, 403)
    @only(Role.LEADER, Role.OPERATOR)
    def made(provider_id: str) -> Response:
        """Which keys a provider's system has, and has had."""
        with database.reading() as session:
            return jsonify(keys=[row.shown() for row in credentials.made(session, ProviderKeyRow, provider_id)])

    @blp.post(KEYS)
    @blp.doc(requestBody={"content": {"application/json": {"schema": Naming}}, "required": True})
    @blp.response(201, NewKey, description="The key, shown this once")
    @refusals(blp, 400, 401, 403, 409, 413, 422)
    @only(Role.LEADER, Role.OPERATOR)
    def make(provider_id: str) -> tuple[Response, int]:
        """Make a key. The former lets in until it is ended."""
        name = body().get("name")
        if not isinstance(name, str):
            raise Invalid({"name": ("Skriv, hvilket system nøglen er til", None)})
        with database.writing() as session:
            row, key = keys.make(session, provider_id, name, actor().id, system())
            answer = jsonify(key=key, **row.shown())
        answer.headers["Cache-Control"] = "no-store"
        return answer, 201

    @blp.delete(f"{KEYS}/<uuid:key_id>")
    @blp.response(200, Key, description="Ended; the same twice changes nothing")
    @refusals(blp, 401, 403, 404)
    @only(Role.LEADER, Role.OPERATOR)
    def end(provider_id: str, key_id: UUID) -> Response:
        """End a key: the system has the next one, or it has come into wrong hands."""
        with database.writing() as session:
            return jsonify(credentials.end(session, ProviderKeyRow, provider_id, key_id, system()).shown())

    @blp.get("/providers/<provider_id>/answers/<uuid:answer_id>")
    @blp.response(200, HandledAnswer, description="As it was told the provider")
    @refusals(blp, 401, 403, 404)
    @only(Role.LEADER, Role.OPERATOR)
    def answered(provider_id: str, answer_id: UUID) -> Response:
        """What came of an answer by message, without what was written."""
        with database.reading() as session:
            row = session.get(ProviderAnswerRow, (provider_id, answer_id))
        if row is None:
            raise NotFound("Her er ikke kommet et svar med det id")
        refusal = {name: said for name, said in (row.refusal or {}).items() if name in ANSWERED}
        return jsonify(
            id=str(row.message_id), kind=row.kind, case_id=row.case_id and str(row.case_id),
            received_at=row.received_at.isoformat(), outcome=row.outcome, refusal=refusal or None,
        )  # fmt: skip

    @blp.get("/orders")
    @blp.doc(parameters=[AFTER])
    @blp.response(200, Orders, description="By case; keyset-paged by `after`")
    @refusals(blp, 401, 403, 422)
    def orders() -> Response:
        """A provider's own orders. Each is read, answered and documented under `/cases/{case_id}`."""
        who = actor()
        if who.role is not Role.PROVIDER or not who.provider_id:
            raise Forbidden("Listen er for udførere: hver ser sine egne bestillinger")
        first = (
            ProviderChangeRow.provider_id == who.provider_id,
            ProviderChangeRow.number == 1,
            ProviderChangeRow.case_id == RunRow.case_id,
        )
        query = sa.select(RunRow).join(ProviderChangeRow, sa.and_(*first)).where(RunRow.key == who.provider_id)
        if (after := _after()) is not None:
            query = query.where(ProviderChangeRow.case_id > after)
        with database.writing() as session:
            rows = session.scalars(query.order_by(ProviderChangeRow.case_id).limit(PAGE)).all()
            looked_at(session, [row.case_id for row in rows], who, "orders", service.clock())
        listed = [_listed(row) for row in rows]
        return jsonify(orders=listed, next=listed[-1]["case_id"] if len(listed) == PAGE else None)

    return blp


def _listed(row: RunRow) -> dict[str, Any]:
    state = state_of(State, row)
    return {
        "case_id": str(row.case_id),
        "order_number": state.order_number,
        "version": state.version,
        "in_force": state.in_force,
        "status": status(row.at, state),
        "note_due": state.note_due and state.note_due.isoformat(),
    }


def _after() -> UUID | None:
    """Where the page begins. Raises Invalid for what is no id of a case."""
    given = request.args.get("after")
    try:
        return UUID(given) if given else None
    except ValueError as error:
        raise Invalid({"after": ("Her skal stå det id, som siden før sluttede med", None)}) from error
