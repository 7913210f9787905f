"""The wiring of the scheduler, and only that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from casework import channels
from casework.messaging import Transport
from casework.service.runtime import Service
from casework.service.settings import Settings
from scheduler import deadlines, handlers
from scheduler import mail as mails
from scheduler.handlers import Arrivals
from scheduler.mail import Mail, Mailer, Smtp
from scheduler.model import Base
from scheduler.rules import House, Terms
from scheduler.settings import SchedulerSettings

if TYPE_CHECKING:
    from flask import Flask


class SchedulerService(Service):
    """The scheduler at work. `mailer` stands in for the mail server of the settings."""

    bases = (Base, channels.Base)
    settings: SchedulerSettings

    def __init__(
        self, settings: SchedulerSettings, *, transport: Transport | None = None, mailer: Mailer | None = None
    ) -> None:
        server = settings.smtp_server
        self.mailer = mailer or (Smtp(*server) if server else None)
        super().__init__(
            "scheduler", settings, self._work, transport=transport, channels=channels_of if self.mailer else None,
            on_sent=note_mail, on_given_up=note_mail,
        )  # fmt: skip
        terms = Terms(self.municipality.calendar, self.municipality.notices)
        self.house = House(terms, mails=self.mailer is not None)
        self._begun = False  # whether it has said by which settings it reckons

    def _work(self, session: Session, arrivals: Arrivals) -> handlers.Work:
        return handlers.Work(self.house, session, arrivals)

    def tick(self) -> int:
        """Raise all that is due by the clock, batch by batch; how many deadlines have moved.

        Where settings have changed, deadlines are reckoned anew between the batches.
        """
        raised = 0
        while (claimed := self._tick()) or self._reckon():
            raised += claimed
        return raised

    def _tick(self) -> int:
        with self.database.writing() as session:
            return deadlines.tick(self.house, session, self.clock())

    def _reckon(self) -> int:
        """Our settings are in force from our first look: whoever began last has the newest."""
        with self.database.writing() as session:
            if not self._begun:
                deadlines.put_in_force(session, self.house.terms)
            reckoned = deadlines.reckon(self.house, session)
        self._begun = True
        return reckoned

    def send_notifications(self) -> int:
        """Gather what is to be mailed, one mail for each, and hand over; how many mails were tried.

        Nothing leaves outside of the hours that the municipality has set.
        """
        if not (self.post and self.municipality.may_mail(self.clock())):
            return 0
        with self.database.writing() as session:
            mails.put_out_mails(session, self.clock())
        return self.send_parcels()

    def may_leave_for(self, since: datetime, until: datetime) -> timedelta:
        """The hours of mails: a server that is away over a weekend has been away for the hours of Friday and Monday."""
        return self.municipality.mailing_time(since, until)

    @property
    def jobs(self) -> Mapping[str, Callable[[Any], int]]:
        """Let days pass, and mails go out."""
        return {"tick": SchedulerService.tick, "send_notifications": SchedulerService.send_notifications}


def channels_of(service: Any) -> Mapping[str, channels.Channel]:
    """By which people are told outside of the portal."""
    settings = service.settings
    return {"mail": Mail(service.database, service.mailer, settings.sender, settings.portal)}


def note_mail(service: Any, session: Session, parcel: channels.ParcelRow) -> None:
    mails.note_mail(session, parcel, service.clock())


def create(settings: Settings | None = None, **overrides: Any) -> SchedulerService:
    """The scheduler, put together. Overrides are `transport` and `mailer`; nothing is patched."""
    mine = SchedulerSettings.beside(settings) if settings else SchedulerSettings.from_env()
    return SchedulerService(mine, **overrides)


def create_app(service: SchedulerService | None = None) -> Flask:
    # What answers HTTP is imported by the role that does: the others begin sooner and are smaller without it.
    from casework.service.app import create_app as create_base
    from scheduler import api

    service = service or create()
    app = create_base(service)
    api.init_app(app, service)
    return app
