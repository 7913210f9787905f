"""What the finance department and its system ask of ordering: files out, files in, granted against billed."""

from __future__ import annotations

import re
from typing import Any

import marshmallow as ma
import sqlalchemy as sa
from flask import Response, jsonify, request
from flask_smorest import Blueprint
from marshmallow import fields as mf

from casework.errors import Invalid
from casework.process import Role
from casework.service.answers import refusals
from casework.service.app import PAGE
from casework.service.auth import actor, only
from casework.service.phase_api import PhaseService, note_access
from ordering import bookkeeping
from ordering.ledger import ActualsFileRow, FinanceFileRow


class AccountTotals(ma.Schema):
    """What a file holds of one account; debit and credit are both positive."""

    account_number = mf.String(required=True)
    count = mf.Integer(required=True)
    debit = mf.String(required=True)
    credit = mf.String(required=True)
    total = mf.String(required=True)


class Control(ma.Schema):
    """The control totals of a file."""

    count = mf.Integer(required=True)
    debit = mf.String(required=True)
    credit = mf.String(required=True)
    total = mf.String(required=True)
    accounts = mf.List(mf.Nested(AccountTotals), required=True)


class FinanceFile(ma.Schema):
    """A file of postings to the finance system."""

    number = mf.Integer(required=True)
    made_at = mf.DateTime(required=True)
    made_by = mf.String(required=True)
    adapter = mf.String(required=True)
    encoding = mf.String(required=True)
    sha256 = mf.String(required=True)
    control = mf.Nested(Control, required=True)


class FinanceFiles(ma.Schema):
    files = mf.List(mf.Nested(FinanceFile), required=True)
    next = mf.Integer(required=True, allow_none=True)


class LeftOut(ma.Schema):
    """A line that was not booked."""

    line = mf.Integer(required=True)
    field = mf.String(required=True)
    message = mf.String(required=True)


class ActualsFile(ma.Schema):
    """A file of actuals that has been taken in."""

    number = mf.Integer(required=True)
    file = mf.String(required=True, metadata={"description": "Its own id, as the finance system gave it"})
    booked = mf.Integer(required=True)
    total = mf.String(required=True)
    left_out = mf.List(mf.Nested(LeftOut), required=True)


class ActualsFiles(ma.Schema):
    files = mf.List(mf.Nested(ActualsFile), required=True)
    next = mf.Integer(required=True, allow_none=True)


class Overview(ma.Schema):
    """Granted against billed; each row has the key that was asked for, and four amounts."""

    rows = mf.List(mf.Dict(mf.String(), mf.String()), required=True)
    next = mf.String(required=True, allow_none=True)


_ENDING = {"csv": "csv", "json": "json", "fixed": "txt"}
_BEFORE = {
    "in": "query", "name": "before", "description": "Where the page before ended: its `next`",
    "schema": {"type": "integer", "minimum": 1, "exclusiveMaximum": 10**9},
}  # fmt: skip
_GOOD_LINES = {
    "in": "query", "name": "good_lines", "description": "Book the good lines of a file that has others too",
    "schema": {"type": "boolean"},
}  # fmt: skip
_A_FILE = {"schema": {"type": "string", "format": "binary"}}


def blueprint(service: PhaseService) -> Blueprint:
    blp = Blueprint("finance", __name__, url_prefix="/finance", description="Økonomi")

    @blp.post("/files")
    @blp.response(201, FinanceFile, description="Made; its bytes are at /finance/files/{number}")
    @refusals(blp, 401, 403, 409, 422)
    @only(Role.FINANCE)
    def make_file() -> tuple[Response, int]:
        """Put every posting that is in no file yet into a new one. A posting goes into one file only."""
        with service.database.writing() as session:
            shown = _file(bookkeeping.make_file(session, service.municipality, actor(), service.clock()))
        return jsonify(shown), 201

    @blp.get("/files")
    @blp.doc(parameters=[_BEFORE])
    @blp.response(200, FinanceFiles, description="Newest first; keyset-paged by `before`")
    @refusals(blp, 401, 403, 422)
    @only(Role.FINANCE)
    def files() -> Response:
        """The files that have been made, with their control totals."""
        query = sa.select(FinanceFileRow).options(sa.orm.defer(FinanceFileRow.content))
        with service.database.reading() as session:
            rows = session.scalars(_paged(query, FinanceFileRow.number)).all()
        return jsonify(files=[_file(row) for row in rows], next=rows[-1].number if len(rows) == PAGE else None)

    @blp.get("/files/<int(max=999999999):number>")
    @blp.response(200, {"type": "string", "format": "binary"}, content_type="application/octet-stream")
    @refusals(blp, 401, 403, 404)
    @only(Role.FINANCE)
    def file(number: int) -> Response:
        """A file's bytes, the same for ever. That its cases were looked at is recorded before the answer is given."""
        with service.database.reading() as session:
            row = bookkeeping.the_file(session, number)
            cases = bookkeeping.cases_in(session, number)
        note_access(service, actor(), "finance file", *cases)
        answer = Response(row.content, mimetype="application/octet-stream")
        name = f"disponeringer-{number}.{_ENDING[row.adapter]}"
        answer.headers.set("Content-Disposition", "attachment", filename=name)
        answer.set_etag(row.sha256)
        return answer

    @blp.post("/actuals")
    @blp.doc(
        parameters=[_GOOD_LINES],
        requestBody={"content": {"application/octet-stream": _A_FILE, "text/csv": _A_FILE}, "required": True},
    )
    @blp.response(200, ActualsFile, description="Booked; or it was before, and nothing is booked now")
    @refusals(blp, 401, 403, 409, 413, 422)
    @only(Role.FINANCE)
    def take_in() -> Response:
        """Book a file of actuals. Of a line that is wrong the number is told, and nothing is booked."""
        good_lines, data = _flag("good_lines"), request.get_data()
        with service.database.writing() as session:
            result, cases = bookkeeping.take_in(
                session, service.handlers.act, service.municipality, data, actor(), service.clock(),
                good_lines=good_lines,
            )  # fmt: skip
        for case_id in cases:
            service.changed(str(case_id))
        return jsonify(result)

    @blp.get("/actuals")
    @blp.doc(parameters=[_BEFORE])
    @blp.response(200, ActualsFiles, description="Newest first; keyset-paged by `before`")
    @refusals(blp, 401, 403, 422)
    @only(Role.FINANCE)
    def taken_in() -> Response:
        """The files of actuals that have been taken in, each with the lines that matched nothing."""
        with service.database.reading() as session:
            rows = session.scalars(_paged(sa.select(ActualsFileRow), ActualsFileRow.number)).all()
        return jsonify(files=[row.result for row in rows], next=rows[-1].number if len(rows) == PAGE else None)

    @blp.get("/overview")
    @blp.doc(
        parameters=[
            {"in": "query", "name": "by", "schema": {"type": "string", "enum": [*bookkeeping.WAYS]}},
            {"in": "query", "name": "after", "schema": {"type": "string", "maxLength": 200}},
        ]
    )
    @blp.response(200, Overview, description="By key; keyset-paged by `after`")
    @refusals(blp, 401, 403, 422)
    @only(Role.FINANCE, Role.LEADER)
    def overview() -> Response:
        """Granted against billed, by order, case, provider, account or month."""
        by, after = request.args.get("by", "order"), request.args.get("after", "")
        if by not in bookkeeping.WAYS:
            raise Invalid({"by": (f"Vælg en af {', '.join(bookkeeping.WAYS)}", None)})
        if len(after) > 200 or not after.isprintable():
            raise Invalid({"after": ("Her skal stå det, som siden før sluttede med", None)})
        with service.database.reading() as session:
            rows = bookkeeping.overview(session, by, after, PAGE)
            held_back = bookkeeping.held_back(session, by, [row[by] for row in rows], actor())
            shown = [row for row in rows if row[by] not in held_back]
            cases = bookkeeping.cases_of(session, by, [row[by] for row in shown])
        note_access(service, actor(), "finance overview", *cases)
        return jsonify(rows=shown, next=rows[-1][by] if len(rows) == PAGE else None)

    return blp


def _paged(query: Any, number: Any) -> Any:
    """The page behind `before`. Raises Invalid for what is no number of ours."""
    given = request.args.get("before")
    if given is not None and not re.fullmatch("[1-9][0-9]{0,8}", given):
        raise Invalid({"before": ("Her skal stå det tal, som siden før sluttede med", None)})
    return (query.where(number < int(given)) if given else query).order_by(number.desc()).limit(PAGE)


def _flag(name: str) -> bool:
    given = request.args.get(name, "false")
    if given not in ("true", "false"):
        raise Invalid({name: ("Skriv true eller false", None)})
    return given == "true"


def _file(row: FinanceFileRow) -> dict[str, Any]:
    return {
        "number": row.number,
        "made_at": row.made_at.isoformat(),
        "made_by": row.made_by,
        "adapter": row.adapter,
        "encoding": row.encoding,
        "sha256": row.sha256,
        "control": row.control,
    }
