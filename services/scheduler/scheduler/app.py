"""The wiring of the scheduler, and only that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask

from casework.messaging import Transport
from casework.service import clock as clocks
from casework.service.app import create_app as create_base
from casework.service.runtime import Service
from casework.service.settings import Settings
from scheduler import api, handlers
from scheduler.mail import Mailer, Post, Smtp
from scheduler.model import Base
from scheduler.rules import Terms
from scheduler.settings import SchedulerSettings


class SchedulerService(Service):
    """The scheduler at work. `mailer` stands in for the mail server of the settings."""

    bases = (Base,)
    settings: SchedulerSettings

    def __init__(
        self, settings: SchedulerSettings, *, transport: Transport | None = None, mailer: Mailer | None = None
    ) -> None:
        server = settings.smtp_server
        mailer = mailer or (Smtp(*server) if server else None)
        super().__init__("scheduler", settings, lambda s, e, m: handlers.take(self.house, s, e, m), transport=transport)
        self.house = handlers.House(
            Terms(self.municipality.calendar, self.municipality.notices), mails=mailer is not None
        )
        self.mail_post = mailer and Post(
            self.database, mailer, settings.sender, settings.portal, self.clock, clocks.system
        )

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
        while self.mail_post and (claimed := self.mail_post.send()):
            tried += claimed
            self.wake()
        return tried

    @property
    def jobs(self) -> Mapping[str, Callable[[Any], int]]:
        """Let days pass, and mails go out."""
        return {"tick": SchedulerService.tick, "send_notifications": SchedulerService.send_notifications}


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
