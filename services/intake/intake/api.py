"""What intake offers beside the routes of every phase: opening a case."""

from uuid import UUID, uuid4

import marshmallow as ma
from flask import Response, jsonify
from flask_smorest import Blueprint
from marshmallow import fields as mf

from casework.errors import Invalid
from casework.fields import field, fields_of, value
from casework.process import CASEWORKER, LEADER
from casework.schema import load, marshmallow_field
from casework.service.auth import actor, only
from casework.service.phase_api import PhaseService, body, refusals
from intake.commands import OpenCase
from intake.handlers import IntakeHandlers


@value
class WhoseCase:
    """Which case is opened, and for whom. The id is the caller's choice: the same request twice opens one case."""

    id: UUID | None = field("Sagens id", help="Vælges af den, der åbner sagen")
    cpr_number: str | None = field("CPR-nummer", help="Borgeren findes på det, eller registreres med det")


GIVEN = {**dict.fromkeys(fields_of(WhoseCase), WhoseCase), **dict.fromkeys(fields_of(OpenCase), OpenCase)}
del GIVEN["action"], GIVEN["case_number"]  # is given by the house

OpenCaseSchema = ma.Schema.from_dict(
    {name: marshmallow_field(fields_of(cls)[name], cls, allow_none=True) for name, cls in GIVEN.items()},
    name="OpenCase",
)
"""What it takes to open a case: a citizen, known by id or number, or else a new one."""


class Opened(ma.Schema):
    """The case is open."""

    case_id = mf.UUID(required=True)


def blueprint(service: PhaseService) -> Blueprint:
    blp = Blueprint("opening", __name__, url_prefix="/cases", description="Sagsåbning")
    handlers = service.handlers
    assert isinstance(handlers, IntakeHandlers)

    @blp.post("")
    @blp.doc(requestBody={"content": {"application/json": {"schema": OpenCaseSchema}}})
    @blp.response(201, Opened, description="Opened; asked again with the same id, already open")
    @refusals(blp, 400, 401, 403, 413, 422)
    @only(CASEWORKER, LEADER)
    def open_case() -> Response:
        """Open a case."""
        who, given = actor(), body()
        asked = load(WhoseCase, {name: given.pop(name) for name in ("id", "cpr_number") if name in given})
        if "case_number" in given:
            raise Invalid({"case_number": ("Sagsnummeret gives af systemet", None)})
        case_id = asked.id or uuid4()
        with service.database.writing() as session:
            citizen = given.get("citizen_id") or str(handlers.citizen(session, asked.cpr_number))
            command = load(OpenCase, {**given, "citizen_id": citizen, "action": "intake.open"})
            opened = handlers.open(session, case_id, command, who, service.clock())
            if opened and asked.cpr_number:
                number = {"citizen": {"cpr_number": asked.cpr_number}}
                handlers.record(session, case_id, number, who, service.clock())
        service.changed(str(case_id))
        answer = jsonify(case_id=str(case_id))
        answer.status_code = 201
        return answer

    return blp
