"""What reporting answers: its figures."""

from __future__ import annotations

from flask import Response, jsonify
from flask_smorest import Blueprint

from casework.process import Role
from casework.service.auth import only
from casework.service.runtime import Service
from reporting import handlers


def blueprint(service: Service) -> Blueprint:
    blp = Blueprint("figures", __name__, url_prefix="/figures", description="Ledelsestal")

    @blp.get("/vum-index")
    @blp.response(200, description="One point per phase used in a case; hidden below five cases")
    @only(Role.LEADER, Role.ANALYST)
    def vum() -> Response:
        """The VUM index over all cases."""
        with service.database.reading() as session:
            index = handlers.current_vum_index(session)
        return jsonify(cases=index.cases, mean=index.mean, deviation=index.deviation)

    return blp
