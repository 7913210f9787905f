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

UNHEARD = 0.05
"""How often, in seconds, the outbox is looked at where no other process can say that something is owed."""

SWEEP = 2.0
"""The same where they can: for what a connection that broke, or a pooler that passes nothing on, did not say."""

DEAD_EVERY = 60.0
"""How often, in seconds, is looked among the dead."""


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
        self.post = self._make_post(channels, on_sent, on_given_up) if channels else None
        self.listen = listens(self)
        if isinstance(self.transport, Direct):
            self.transport.connect(name, self.inbox.receive)

    def changed(self, subject: str) -> None:
        """After an act or a recording: what waited for it is tried again."""
        self.inbox.work([subject])

    def _make_post(self, channels: MakeChannels, on_sent: Told | None, on_given_up: Told | None) -> Post:
        def told(tell: Told | None) -> Callable[[Session, ParcelRow], None] | None:
            return partial(tell, self) if tell else None

        return Post(
            self.database, channels(self), lambda: self.clock(), told(on_sent), on_given_up=told(on_given_up),
            resting=clocks.system, counted=lambda since, until: self.may_leave_for(since, until),
        )  # fmt: skip

    def send_parcels(self) -> int:
        """Hand over what may leave the house now; how many parcels were tried."""
        return self.post.send() if self.post else 0

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
            self.take_dead()  # before anything is tried: one of these may be what ended this process the last time
            jobs.append(lambda: repeat(stop, self.take_dead, DEAD_EVERY))
            jobs.append(lambda: self.transport.consume(self.name, self.inbox.receive, stop.is_set))
            jobs += [partial(self.listen, stop.is_set)] if self.listen else []
        owed = threading.Event()
        if relay:
            self.database.told = owed.set
            jobs.append(lambda: self._relay(stop, owed))
            if self.database.can_be_heard:
                jobs.append(lambda: repeat(stop, lambda: self.database.listen(owed.set, stop.is_set), 1.0))
        threads = [threading.Thread(target=job, name=f"{self.name}-{n}", daemon=True) for n, job in enumerate(jobs)]
        for thread in threads:
            thread.start()
        stop.wait()
        owed.set()
        for thread in threads:
            thread.join(10)

    def _relay(self, stop: threading.Event, owed: threading.Event) -> None:
        """Send what is owed as soon as it is known, and now and then what nobody has told of."""

        def rest(_: float) -> None:
            owed.wait(min(SWEEP if self.database.can_be_heard else UNHEARD, max(0, self.relay.rests().total_seconds())))
            owed.clear()

        repeat(stop, self.relay.run_once, UNHEARD, rest)

    def take_dead(self) -> int:
        """Park what ended this service's process again and again. How many messages; none where it cannot be known."""
        try:
            return self.transport.take_dead(self.name, self.inbox.bury)
        except Exception as error:  # the broker or the database is away: what is dead can wait
            log.warning("dead_not_taken", service=self.name, error=type(error).__name__)
            return 0

    def close(self) -> None:
        if self.post:
            self.post.close()
        self.transport.close()
        self.database.close()


def repeat(
    stop: threading.Event, job: Callable[[], Any], pause: float, rest: Callable[[float], Any] | None = None
) -> None:
    """Do it while there is something to do, then rest a little; after a failure try again, slower and slower."""
    resting = pause
    while not stop.is_set():
        try:
            moved = job()
        except Exception as error:  # a database or broker that is away: nothing is lost, we come back
            resting = min(resting * 2, 10.0)
            log.warning("will_try_again", error=f"{type(error).__name__}: {error}", seconds=resting)
            stop.wait(resting)
        else:
            resting = pause
            if not moved:
                (rest or stop.wait)(pause)


def make_transport(settings: Settings) -> Transport:
    """`direct:` or `amqp://…`."""
    if settings.broker.startswith("direct"):
        return Direct()
    from casework.messaging.amqp import Amqp

    return Amqp(settings.broker, settings.broker_prefix)
