"""Reporting, put together: the archive of all messages, and one figure made of it."""

import threading
from typing import Any

from flask import Flask, Response, jsonify
from flask_smorest import Blueprint

from casework.messaging import Direct, one_by_one
from casework.messaging.direct import ARCHIVE
from casework.process import Role
from casework.service.app import create_app as create_base
from casework.service.auth import only
from casework.service.runtime import Service, repeat
from casework.service.settings import Settings
from reporting import handlers
from reporting.model import Base


class ReportingService(Service):
    """Takes what is meant for it, and a copy of everything else."""

    bases = (Base,)

    def __init__(self, settings: Settings, **overrides: Any) -> None:
        super().__init__("reporting", settings, one_by_one(handlers.take), **overrides)
        if isinstance(self.transport, Direct):
            self.transport.connect(ARCHIVE, self.archive)

    def archive(self, bodies: list[Any]) -> None:
        handlers.archive(self.database, bodies)

    def run(self, stop: threading.Event, *, consume: bool = True, relay: bool = True) -> None:
        """The `work` role; the archive has a queue of its own."""

        def copy() -> int:
            self.transport.consume(ARCHIVE, self.archive, stop.is_set)
            return 0

        if consume:
            threading.Thread(target=lambda: repeat(stop, copy, 1.0), daemon=True).start()
        super().run(stop, consume=consume, relay=relay)


def create(settings: Settings | None = None, **overrides: Any) -> ReportingService:
    return ReportingService(settings or Settings.from_env("reporting"), **overrides)


def create_app(service: ReportingService | None = None) -> Flask:
    service = service or create()
    app = create_base(service)
    app.extensions["api"].register_blueprint(_figures(service))
    return app


def _figures(service: ReportingService) -> Blueprint:
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
