"""What leaves the house, for operators: what waits and what was given up, without its content; and to send it again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Flask, Response, jsonify, request

from casework.channels import ParcelRow, Post, retry
from casework.channels.tables import FAILED, SENT, WAITING
from casework.errors import Invalid
from casework.process import Role
from casework.service.auth import only
from casework.service.runtime import Service

PAGE = 50


def init_app(app: Flask, service: Service, post: Post) -> None:
    """Add the routes."""

    @app.get("/parcels")
    @only(Role.OPERATOR)
    def parcels() -> Response:
        """Parcels that wait or were given up, or those of one `status`; keyset-paged by `after`. And who fails."""
        query = sa.select(ParcelRow).where(_wanted()).order_by(ParcelRow.position).limit(PAGE)
        with service.database.reading() as session:
            rows, status = session.scalars(query).all(), post.status(session)
        following = rows[-1].position if len(rows) == PAGE else None
        return jsonify(parcels=[shown(row) for row in rows], next=following, status=status)

    @app.post("/parcels/<uuid:parcel_id>/retry")
    @only(Role.OPERATOR)
    def send_again(parcel_id: UUID) -> Response:
        """Send again what was given up, once its cause is mended."""
        with service.database.writing() as session:
            return jsonify(shown(retry(session, parcel_id)))


def shown(row: ParcelRow) -> dict[str, Any]:
    """One parcel, as operators and case pages see it."""
    return {
        "id": str(row.id), "channel": row.channel, "receiver": row.receiver, "kind": row.kind, "about": row.about,
        "case_id": row.case_id and str(row.case_id), "status": row.status, "attempts": row.attempts,
        "failure": row.failure, "receipt": row.receipt, "made_at": row.made_at.isoformat(),
        "sent_at": row.sent_at and row.sent_at.isoformat(),
    }  # fmt: skip


def _wanted() -> sa.ColumnElement[bool]:
    """Raises Invalid."""
    status, after = request.args.get("status"), request.args.get("after", "0")
    if status not in (None, WAITING, FAILED, SENT):
        raise Invalid({"status": ("Her kan stå waiting, failed eller sent", None)})
    if not (after.isascii() and after.isdecimal() and len(after) < 19):
        raise Invalid({"after": ("Her skal stå det tal, som siden før sluttede med", None)})
    which = ParcelRow.status == status if status else ParcelRow.status != SENT
    return sa.and_(which, ParcelRow.position > int(after))
