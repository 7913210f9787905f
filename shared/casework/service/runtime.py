"""One service, put together from settings: database, clock, transport, inbox, relay. Wiring, and only that."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from sqlalchemy.orm import DeclarativeBase, Session

from casework import configuration, vocabularies
from casework.channels import Channel, ParcelRow, Post
from casework.database import Database
from casework.messaging import Direct, Inbox, Relay, Transport
from casework.messaging.inbox import Begin
from casework.messaging.prune import EVERY, Pruner
from casework.messaging.spoken import IN_SESSION
from casework.service import clock as clocks
from casework.service.settings import Settings

log = structlog.get_logger()

MakeChannels = Callable[[Any], Mapping[str, Channel]]
"""(service) -> the channels by which it reaches somebody outside."""
Told = Callable[[Any, Session, ParcelRow], None]
"""(service, session, parcel) hears in the same commit that a parcel has been sent, or given up."""
Listen = Callable[[Callable[[], bool]], None]
"""(stop) takes what somebody outside sends by a queue, until `stop`."""


class Service:
    """A service at work. Tests and the onebox hand in a transport; nothing is patched."""

    bases: tuple[type[DeclarativeBase], ...] = ()  # its own tables, beside those that all services have

    def __init__(
        self, name: str, settings: Settings, begin: Begin, *, transport: Transport | None = None,
        channels: MakeChannels | None = None, on_sent: Told | None = None, on_given_up: Told | None = None,
        listens: Callable[[Any], Listen | None] = lambda service: None,
    ) -> None:  # fmt: skip
        self.name, self.settings = name, settings
        vocabularies.use(settings.municipality)  # before the settings, which may name codes that were taken in
        self.municipality = configuration.load(settings.municipality)
        self.database = Database(settings.database, {IN_SESSION: settings.speaks})
        self.clock: Callable[[], datetime] = clocks.make(settings.clock, production=settings.production)
        self.transport = transport or make_transport(settings)
        self.inbox = Inbox(name, self.database, begin, clocks.system)
        self.relay = Relay(self.database, self.transport, clocks.system)
        self.pruner = Pruner(self.database, clocks.system)
        self.wake: Callable[[], None] = lambda: None  # called after each commit that owes others something
        self.post = self._make_post(channels, on_sent, on_given_up) if channels else None
        self.listen = listens(self)
        if isinstance(self.transport, Direct):
            self.transport.connect(name, self.inbox.receive)

    def changed(self, subject: str) -> None:
        """After an act or a recording: what waited for it is tried again, and what it owes is sent."""
        self.inbox.work([subject])
        self.wake()

    def _make_post(self, channels: MakeChannels, on_sent: Told | None, on_given_up: Told | None) -> Post:
        def told(tell: Told | None) -> Callable[[Session, ParcelRow], None] | None:
            return partial(tell, self) if tell else None

        return Post(
            self.database, channels(self), lambda: self.clock(), told(on_sent), on_given_up=told(on_given_up),
            resting=clocks.system, counted=lambda since, until: self.may_leave_for(since, until),
        )  # fmt: skip

    def send_parcels(self) -> int:
        """Hand over what may leave the house now; how many parcels were tried."""
        begun = self.post.send() if self.post else 0
        if begun:
            self.wake()
        return begun

    def may_leave_for(self, since: datetime, until: datetime) -> timedelta:
        """For how long of this time parcels might leave the house."""
        return until - since

    @property
    def jobs(self) -> Mapping[str, Callable[[Any], int]]:
        """What is done again and again: by Celery where there is a broker, by threads in one process."""
        return {"send_parcels": Service.send_parcels} if self.post else {}

    def rounds(self, stop: threading.Event) -> list[Callable[[], None]]:
        """For one process: each job, again and again until `stop` is set."""
        acts = [partial(act, self) for act in self.jobs.values()]
        return [partial(repeat, stop, act, self.settings.tick_seconds) for act in acts] + [self._pruning(stop)]

    def _pruning(self, stop: threading.Event) -> Callable[[], None]:
        return partial(repeat, stop, self.pruner.run_once, EVERY.total_seconds())

    def run(self, stop: threading.Event, *, consume: bool = True, relay: bool = True) -> None:
        """The `work` role: consumer, relay, and the clock of what is to be tried again; until `stop` is set."""
        jobs: list[Callable[[], Any]] = [lambda: repeat(stop, self.inbox.work_due, 1.0)]
        if self.settings.broker.startswith("direct") and not self.settings.tasks_broker:
            jobs += self.rounds(stop)
        else:
            jobs.append(self._pruning(stop))
        if consume:
            jobs.append(lambda: self.transport.consume(self.name, self.inbox.receive, stop.is_set))
            jobs += [partial(self.listen, stop.is_set)] if self.listen else []
        if relay:
            jobs.append(lambda: repeat(stop, self.relay.run_once, 0.05))
        threads = [threading.Thread(target=job, name=f"{self.name}-{n}", daemon=True) for n, job in enumerate(jobs)]
        for thread in threads:
            thread.start()
        stop.wait()
        for thread in threads:
            thread.join(10)

    def close(self) -> None:
        if self.post:
            self.post.close()
        self.transport.close()
        self.database.close()


def repeat(stop: threading.Event, job: Callable[[], int], pause: float) -> None:
    """Do it while there is something to do, then rest a little; after a failure try again, slower and slower."""
    resting = pause
    while not stop.is_set():
        try:
            if job():
                resting = pause
                continue
            resting = pause
        except Exception as error:  # a database or broker that is away: nothing is lost, we come back
            resting = min(resting * 2, 10.0)
            log.warning("will_try_again", error=f"{type(error).__name__}: {error}", seconds=resting)
        stop.wait(resting)


def make_transport(settings: Settings) -> Transport:
    """`direct:` or `amqp://…`."""
    if settings.broker.startswith("direct"):
        return Direct()
    from casework.messaging.amqp import Amqp

    return Amqp(settings.broker, settings.broker_prefix)
