"""What ordering offers beside the routes of every phase: the register of providers."""

from dataclasses import asdict
from typing import Any

import marshmallow as ma
from flask import Response, jsonify, request
from flask_smorest import Blueprint
from marshmallow import fields as mf

from casework.errors import Invalid
from casework.offers import needs_approval
from casework.process import Role
from casework.schema import dump, load, schema_class
from casework.service.answers import ETAG
from casework.service.app import PAGE
from casework.service.auth import actor, only
from casework.service.phase_api import PhaseService, Problem, body, refusals
from casework.service.preconditions import MATCH, NONE_MATCH, tag_of, unchanged
from ordering.handlers import OrderingHandlers
from ordering.model import ProviderEntry, ProviderRow
from ordering.register import LONGEST, entry_of
from ordering.register_csv import written

KEEPERS = (Role.FINANCE, Role.LEADER, Role.OPERATOR)
READERS = (*KEEPERS, Role.CASEWORKER, Role.ANALYST)
CSV = "text/csv"
GOOD_LINES = {
    "in": "query",
    "name": "good_lines",
    "description": "`true`: enter the providers whose lines are right, and say what is wrong with the others",
    "schema": {"type": "string", "enum": ["true", "false"]},
}


def blueprint(service: PhaseService) -> Blueprint:
    blp = Blueprint("providers", __name__, description="Udførere")
    handlers = service.handlers
    assert isinstance(handlers, OrderingHandlers)

    @blp.get("/providers")
    @blp.response(200, description="By id; keyset-paged by `after`")
    @only(*READERS)
    def providers() -> Response:
        """The register of providers."""
        with service.database.reading() as session:
            rows = handlers.providers(session, request.args.get("after", ""), PAGE)
        return jsonify(providers=[_shown(row) for row in rows], next=rows[-1].id if len(rows) == PAGE else None)

    @blp.get("/providers/<provider_id>")
    @blp.response(200, description="The provider", headers=ETAG)
    @blp.alt_response(404, schema=Problem, description="Not in the register")
    @only(*READERS)
    def provider(provider_id: str) -> Response:
        """One provider."""
        with service.database.reading() as session:
            return _answer(handlers.provider(session, provider_id))

    @blp.put("/providers/<provider_id>")
    @blp.doc(
        parameters=[MATCH, NONE_MATCH],
        requestBody={"content": {"application/json": {"schema": schema_class(ProviderEntry)}}, "required": True},
    )
    @blp.response(200, description="In the register; the same twice changes nothing", headers=ETAG)
    @refusals(blp, 400, 401, 403, 412, 413, 422, 428)
    @only(*KEEPERS)
    def put_provider(provider_id: str) -> Response:
        """Enter a provider in the register (`If-None-Match: *`), or mend it (`If-Match`). The whole entry is given."""
        if len(provider_id) > LONGEST or "\0" in provider_id:
            raise Invalid({"provider_id": ("Id'et er for langt", None)})
        entry = load(ProviderEntry, body())
        with service.database.writing() as session:
            handlers.put_provider(session, provider_id, entry, actor(), service.clock(), seen=_unchanged)
            answer = _answer(handlers.provider(session, provider_id))
        service.changed(provider_id)
        return answer

    @blp.get("/providers.csv")
    @blp.response(200, {"type": "string"}, content_type=CSV, description="As it can be imported again")
    @refusals(blp, 401, 403)
    @only(*READERS)
    def providers_as_csv() -> Response:
        """The whole register as a table; a cell that a spreadsheet would reckon begins with an apostrophe."""
        with service.database.reading() as session:
            table = written((row.id, entry_of(row)) for row in handlers.register(session))
        return Response(table, mimetype=CSV, headers={"Content-Disposition": "attachment; filename=udfoerere.csv"})

    @blp.post("/providers/import")
    @blp.doc(
        parameters=[GOOD_LINES],
        requestBody={"content": {CSV: {"schema": {"type": "string"}}}, "required": True},
    )
    @blp.response(200, Imported, description="Entered; the same file twice changes nothing")
    @refusals(blp, 401, 403, 413, 422)
    @only(*KEEPERS)
    def import_providers() -> Response:
        """Enter the providers of a CSV file, all or none. Nobody is deleted."""
        good_lines = request.args.get("good_lines") == "true"
        with service.database.writing() as session:
            done = handlers.import_providers(
                session, request.get_data(), actor(), service.clock(), good_lines=good_lines
            )
        return jsonify(changed=done.changed, unchanged=done.unchanged, faults=[asdict(fault) for fault in done.faults])

    return blp


class WrongLine(ma.Schema):
    """A line that was left out."""

    line = mf.Integer(required=True, metadata={"description": "By its number in the file; the header is 1"})
    field = mf.String(required=True, metadata={"description": "The column; empty: the line as a whole"})
    reason = mf.String(required=True)


class Imported(ma.Schema):
    """What came of a file."""

    changed = mf.List(mf.String(), required=True, metadata={"description": "The providers that are new or mended"})
    unchanged = mf.Integer(required=True)
    faults = mf.List(mf.Nested(WrongLine), required=True)


def _unchanged(row: ProviderRow | None, entry: ProviderEntry) -> None:
    theirs = dump(entry_of(row)) if row else {}
    unchanged(tag_of(theirs) if row else None, dump(entry), theirs)


def _answer(row: ProviderRow) -> Response:
    answer = jsonify(_shown(row))
    answer.set_etag(tag_of(dump(entry_of(row))))
    return answer


def _shown(row: ProviderRow) -> dict[str, Any]:
    return {
        "id": row.id,
        **dump(entry_of(row)),
        "needs_approval": needs_approval(row.offer),
        "changed_at": row.changed_at.isoformat(),
    }
