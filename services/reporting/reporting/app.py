"""Reporting, put together: the archive of all messages, and one figure made of it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from casework.messaging import Direct, one_by_one
from casework.messaging.direct import ARCHIVE
from casework.service.runtime import DEAD_EVERY, Service, repeat
from casework.service.settings import Settings
from reporting import handlers
from reporting.model import Base

if TYPE_CHECKING:
    from flask import Flask


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

        def bury() -> int:
            return self.transport.take_dead(ARCHIVE, self.archive)  # which does no more than store it

        if consume:
            threading.Thread(target=lambda: repeat(stop, bury, DEAD_EVERY), daemon=True).start()
            threading.Thread(target=lambda: repeat(stop, copy, 1.0), daemon=True).start()
        super().run(stop, consume=consume, relay=relay)


def create(settings: Settings | None = None, **overrides: Any) -> ReportingService:
    return ReportingService(settings or Settings.from_env("reporting"), **overrides)


def create_app(service: ReportingService | None = None) -> Flask:
    # What answers HTTP is imported by the role that does: the others begin sooner and are smaller without it.
    from casework.service.app import create_app as create_base
    from reporting.api import blueprint

    service = service or create()
    app = create_base(service)
    app.extensions["api"].register_blueprint(blueprint(service))
    return app
