"""The routes by which a provider's webhook gets its secrets."""

from uuid import UUID

from flask import Response, jsonify
from flask_smorest import Blueprint

from casework.process import Role
from casework.service.auth import actor, only
from casework.service.clock import system
from casework.service.phase_api import PhaseService, refusals
from ordering import webhook_secrets


def blueprint(service: PhaseService) -> Blueprint:
    blp = Blueprint("webhooks", __name__, url_prefix="/providers/<provider_id>/secrets", description="Webhooks")
    database = service.database

    @blp.get("")
    @blp.response(200, description="The newest first, without the secrets themselves")
    @refusals(blp, 401, 403)
    @only(Role.LEADER, Role.OPERATOR)
    def secrets(provider_id: str) -> Response:
        """Which secrets a provider has, and has had."""
        with database.reading() as session:
            return jsonify(secrets=[webhook_secrets.shown(row) for row in webhook_secrets.made(session, provider_id)])

    @blp.post("")
    @blp.response(201, description="The secret, shown this once")
    @refusals(blp, 401, 403, 404, 409)
    @only(Role.LEADER, Role.OPERATOR)
    def make(provider_id: str) -> tuple[Response, int]:
        """Make a secret. What is sent is signed by both until the former is ended."""
        with database.writing() as session:
            row, secret = webhook_secrets.make(session, provider_id, actor().id, system())
            answer = jsonify(secret=secret, **webhook_secrets.shown(row))
        answer.headers["Cache-Control"] = "no-store"
        return answer, 201

    @blp.delete("/<uuid:secret_id>")
    @blp.response(200, description="Ended; the same twice changes nothing")
    @refusals(blp, 401, 403, 404)
    @only(Role.LEADER, Role.OPERATOR)
    def end(provider_id: str, secret_id: UUID) -> Response:
        """End a secret: the provider has the next one, or it has come into wrong hands."""
        with database.writing() as session:
            return jsonify(webhook_secrets.shown(webhook_secrets.end(session, provider_id, secret_id, system())))

    return blp
