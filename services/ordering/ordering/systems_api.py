"""The routes that are about providers' own systems: the secrets of a webhook, and an order as FHIR."""

from dataclasses import replace
from datetime import datetime, time
from uuid import UUID

from flask import Response, jsonify
from flask_smorest import Blueprint

from casework import credentials
from casework.calendar import DENMARK
from casework.errors import NotFound
from casework.process import Role
from casework.service.auth import actor, only
from casework.service.clock import system
from casework.service.phase_api import PhaseService, found, note_access, reader, refusals
from ordering import fhir, payload, webhook_secrets
from ordering.model import ProviderSecretRow

SECRETS = "/providers/<provider_id>/secrets"


def blueprint(service: PhaseService) -> Blueprint:
    blp = Blueprint("systems", __name__, description="Udføreres egne systemer")
    database = service.database

    @blp.get(SECRETS)
    @blp.response(200, description="The newest first, without the secrets themselves")
    @refusals(blp, 401, 403)
    @only(Role.LEADER, Role.OPERATOR)
    def secrets(provider_id: str) -> Response:
        """Which secrets a provider's webhook has, and has had."""
        with database.reading() as session:
            return jsonify(secrets=[row.shown() for row in credentials.made(session, ProviderSecretRow, provider_id)])

    @blp.post(SECRETS)
    @blp.response(201, description="The secret, shown this once")
    @refusals(blp, 401, 403, 404, 409)
    @only(Role.LEADER, Role.OPERATOR)
    def make(provider_id: str) -> tuple[Response, int]:
        """Make a secret. What is sent is signed by both until the former is ended."""
        with database.writing() as session:
            row, secret = webhook_secrets.make(session, provider_id, actor().id, system())
            answer = jsonify(secret=secret, **row.shown())
        answer.headers["Cache-Control"] = "no-store"
        return answer, 201

    @blp.delete(f"{SECRETS}/<uuid:secret_id>")
    @blp.response(200, description="Ended; the same twice changes nothing")
    @refusals(blp, 401, 403, 404)
    @only(Role.LEADER, Role.OPERATOR)
    def end(provider_id: str, secret_id: UUID) -> Response:
        """End a secret: the provider has the next one, or it has come into wrong hands."""
        with database.writing() as session:
            return jsonify(credentials.end(session, ProviderSecretRow, provider_id, secret_id, system()).shown())

    @blp.get("/cases/<uuid:case_id>/orders/<provider_id>/<int:version>.fhir.json")
    @blp.response(200, description="A FHIR R4 message bundle, shaped after KL's draft", content_type=fhir.CONTENT_TYPE)
    @refusals(blp, 401, 404)
    def as_fhir(case_id: UUID, provider_id: str, version: int) -> Response:
        """A version of a provider's order as FHIR, whichever channel it went by. Its time is noon on that day."""
        who = reader(service.phase)
        with database.reading() as session:
            _, s = found(service, session, case_id, who)
        run = next((run for run in s.runs if (run.key, run.number) == (provider_id, version)), None)
        if run is None or run.state.sent is None:
            raise NotFound("Den bestilling er ikke sendt")
        note_access(service, who, "order.fhir", case_id)
        sent = run.state.sent
        noon = datetime.combine(sent.sent_on, time(12), DENMARK)
        return Response(fhir.to_bytes(payload.message(replace(s, now=noon), sent, 0)), mimetype=fhir.CONTENT_TYPE)

    return blp
