"""What ordering offers beside the routes of every phase: the register of providers."""

from typing import Any

from flask import Response, jsonify, request
from flask_smorest import Blueprint

from casework.errors import Invalid
from casework.offers import needs_approval
from casework.process import Role
from casework.schema import dump, load, schema_class
from casework.service.app import PAGE
from casework.service.auth import actor, only
from casework.service.phase_api import PhaseService, Problem, body
from ordering.handlers import OrderingHandlers
from ordering.model import ProviderEntry, ProviderRow
from ordering.register import entry_of

_LONGEST = 100  # what an id may be


def blueprint(service: PhaseService) -> Blueprint:
    blp = Blueprint("providers", __name__, url_prefix="/providers", description="Udførere")
    handlers = service.handlers
    assert isinstance(handlers, OrderingHandlers)

    @blp.get("")
    @blp.response(200, description="By id; keyset-paged by `after`")
    def providers() -> Response:
        """The register of providers."""
        actor()
        with service.database.reading() as session:
            rows = handlers.providers(session, request.args.get("after", ""), PAGE)
        return jsonify(providers=[_shown(row) for row in rows], next=rows[-1].id if len(rows) == PAGE else None)

    @blp.get("/<provider_id>")
    @blp.response(200, description="The provider")
    @blp.alt_response(404, schema=Problem, description="Not in the register")
    def provider(provider_id: str) -> Response:
        """One provider."""
        actor()
        with service.database.reading() as session:
            return jsonify(_shown(handlers.provider(session, provider_id)))

    @blp.put("/<provider_id>")
    @blp.doc(requestBody={"content": {"application/json": {"schema": schema_class(ProviderEntry)}}})
    @blp.response(200, description="In the register; the same twice changes nothing")
    @blp.alt_response(422, schema=Problem, description="A number fails its check")
    @only(Role.FINANCE, Role.LEADER, Role.OPERATOR)
    def put_provider(provider_id: str) -> Response:
        """Enter a provider in the register, or mend it. The whole entry is given."""
        if len(provider_id) > _LONGEST or "\0" in provider_id:
            raise Invalid({"provider_id": ("Id'et er for langt", None)})
        entry = load(ProviderEntry, body())
        with service.database.writing() as session:
            handlers.put_provider(session, provider_id, entry, actor(), service.clock())
            shown = _shown(handlers.provider(session, provider_id))
        service.changed(provider_id)
        return jsonify(shown)

    return blp


def _shown(row: ProviderRow) -> dict[str, Any]:
    return {
        "id": row.id,
        **dump(entry_of(row)),
        "needs_approval": needs_approval(row.offer),
        "changed_at": row.changed_at.isoformat(),
    }
