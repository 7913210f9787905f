"""The wiring of the scheduler, and only that."""

from __future__ import annotations

import threading
from typing import Any

from flask import Flask

from casework.messaging import Transport
from casework.service import clock as clocks
from casework.service.app import create_app as create_base
from casework.service.runtime import Service, repeat
from casework.service.settings import Settings
from scheduler import api, handlers
from scheduler.mail import Mailer, Post, Smtp
from scheduler.model import Base
from scheduler.settings import SchedulerSettings


class SchedulerService(Service):
    """The scheduler at work. `mailer` stands in for the mail server of the settings."""

    bases = (Base,)
    settings: SchedulerSettings

    def __init__(
        self, settings: SchedulerSettings, *, transport: Transport | None = None, mailer: Mailer | None = None
    ) -> None:
        self._closed = threading.Event()
        server = settings.smtp_server
        mailer = mailer or (Smtp(*server) if server else None)
        super().__init__("scheduler", settings, lambda s, e, m: handlers.take(self.house, s, e, m), transport=transport)
        self.house = handlers.House(self.municipality.calendar, mails=mailer is not None)
        self.post = mailer and Post(self.database, mailer, settings.sender, settings.portal, self.clock, clocks.system)

    def tick(self) -> int:
        """Raise all that is due by the clock, batch by batch; how many deadlines have moved."""
        raised = 0
        while claimed := self._tick():
            raised += claimed
            self.wake()
        return raised

    def _tick(self) -> int:
        with self.database.writing() as session:
            return handlers.tick(self.house, session, self.clock())

    def send_notifications(self) -> int:
        """Try every mail that is queued and has rested long enough; how many were tried."""
        tried = 0
        while self.post and (claimed := self.post.send()):
            tried += claimed
            self.wake()
        return tried

    def background(self) -> None:
        """Let days pass and mails go out, where no Celery does; until the service is closed."""
        repeat(self._closed, lambda: self.tick() + self.send_notifications(), self.settings.tick_seconds)

    def run(self, stop: threading.Event, *, consume: bool = True, relay: bool = True) -> None:
        """The `work` role. In one process it lets days pass itself."""
        if self.settings.broker.startswith("direct") and not self.settings.tasks_broker:
            threading.Thread(target=self.background, name="scheduler-days", daemon=True).start()
        super().run(stop, consume=consume, relay=relay)
        self._closed.set()

    def close(self) -> None:
        self._closed.set()
        super().close()


def create(settings: Settings | None = None, **overrides: Any) -> SchedulerService:
    """The scheduler, put together. Overrides are `transport` and `mailer`; nothing is patched."""
    settings = settings or Settings.from_env("scheduler")
    mine = settings if isinstance(settings, SchedulerSettings) else SchedulerSettings.beside(settings)
    return SchedulerService(mine, **overrides)


def create_app(service: SchedulerService | None = None) -> Flask:
    service = service or create()
    app = create_base(service)
    api.init_app(app, service)
    return app
