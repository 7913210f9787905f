"""The `amqp` transport: RabbitMQ, one quorum queue per service. What the broker has confirmed is on its disk.

Every consumer gets a copy of its own under the routing key `to.<consumer>.<type>`: with one copy for all, the broker
would confirm a message that reached only some of them. The copy for the archive (`archive.<type>`) is for whoever has
declared that queue, and may be for nobody.

What a consumer cannot take stays with it, unacknowledged, until it can: a requeue counts as a delivery, and too many
deliveries (the mark of a message that kills its consumer) end in the service's queue of the dead, which is emptied by
itself into the parking place.
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from kombu.connection import Connection
from kombu.transport.pyamqp import Transport as Driver

from casework.contracts import SERVICES
from casework.messaging.direct import ARCHIVE
from casework.messaging.relay import Parcel
from casework.storable import told

log = structlog.get_logger()

DELIVERY_LIMIT = 100
"""How often a message is handed out to a consumer that dies of it, before it is laid among the dead."""

LONGEST_KEY = 255
"""Bytes of a routing key."""

TOGETHER = 50
"""So many messages at most are received in one go."""

DEAD_TOGETHER = 10
"""The same of the dead, which may be large."""

PREFETCH = 100
CONNECTED_WITHIN = 5.0
CONFIRMED_WITHIN = 30.0
HEARTBEAT = 60
POLL = 0.25
"""How long to wait for a message, in seconds, before `stop` is asked again."""

PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
"""How long to rest, in seconds, after each failure on end."""

REFUSED: tuple[type[Exception], ...] = Driver.channel_errors
LOST: tuple[type[Exception], ...] = (*Driver.connection_errors, *REFUSED, AttributeError)
"""py-amqp has an AttributeError now and then where a connection is gone."""


@dataclass(frozen=True)
class Topology:
    """The exchange and queues of one installation, by their names. To declare them twice is to declare them once."""

    prefix: str

    @property
    def dead(self) -> str:
        return f"{self.prefix}.dead"

    def queue(self, service: str) -> str:
        return f"{self.prefix}.{service}"

    def dead_of(self, service: str) -> str:
        return f"{self.prefix}.{service}.dead"

    def declare(self, channel: Any, services: Iterable[str] = ()) -> None:
        for exchange in (self.prefix, self.dead):
            channel.exchange_declare(exchange, "topic", durable=True, auto_delete=False)
        for service in services:
            key = f"{ARCHIVE}.#" if service == ARCHIVE else f"to.{service}.#"
            self._declare(channel, self.dead_of(service), self.dead, key, {})
            self._declare(channel, self.queue(service), self.prefix, key, self._to_the_dead())

    def _to_the_dead(self) -> dict[str, Any]:
        return {
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-dead-letter-exchange": self.dead,
            "x-dead-letter-strategy": "at-least-once",  # the default drops what cannot be laid there at once
            "x-overflow": "reject-publish",  # without it the strategy is not heeded
        }

    def _declare(self, channel: Any, queue: str, exchange: str, key: str, arguments: dict[str, Any]) -> None:
        arguments = {"x-queue-type": "quorum", **arguments}
        channel.queue_declare(queue, durable=True, auto_delete=False, arguments=arguments)
        channel.queue_bind(queue, exchange, key)

    def delete(self, channel: Any, services: Iterable[str]) -> None:
        for service in services:
            channel.queue_delete(self.queue(service))
            channel.queue_delete(self.dead_of(service))
        for name in (self.prefix, self.dead):
            channel.exchange_delete(name)


class Link:
    """One connection and channel, for one thread at a time. A link that has failed is thrown away, never mended."""

    def __init__(self, hosts: Any) -> None:
        self.connection = hosts.transport.establish_connection()
        try:
            self.channel = self.connection.channel()
        except BaseException:
            self.drop()
            raise
        self.channel.auto_decode = False  # bytes as they came: what they are is for the inbox to say

    def attend(self, seconds: float) -> bool:
        """Let in what comes within this time, at most one event. False: nothing came."""
        try:
            self.connection.drain_events(timeout=seconds)
        except TimeoutError:
            return False
        return True

    def beat(self) -> None:
        self.connection.heartbeat_tick()

    def close(self) -> None:
        with suppress(*LOST):
            self.connection.close()

    def drop(self) -> None:
        """Close without a word: a broker that no longer answers would keep us waiting for its own."""
        with suppress(*LOST):
            self.connection.collect()


class Sender:
    """A link on which every message is confirmed, or else comes back as failed."""

    def __init__(self, link: Link, topology: Topology) -> None:
        self.link, self.topology = link, topology
        topology.declare(link.channel)
        link.channel.confirm_select()
        link.channel.events["basic_ack"].add(lambda tag, multiple: self._settled(tag, multiple, None))
        link.channel.events["basic_nack"].add(lambda tag, multiple: self._settled(tag, multiple, "afvist af brokeren"))
        link.channel.events["basic_return"].add(self._returned)
        self._tag = 0
        self.open: dict[int, UUID] = {}  # by delivery tag, in order: sent, not yet confirmed
        self.failed: dict[UUID, str] = {}

    def send(self, parcels: Sequence[Parcel]) -> dict[UUID, str]:
        """Send all, then await every confirmation. Raises if the link breaks; nothing is then certain of `open`."""
        self.open, self.failed = {}, {}
        for parcel in parcels:
            try:
                copies = list(_copies(parcel))
            except Exception as error:  # whatever it is, it is about this one, of which nothing has been sent
                self.failed[parcel.id] = told(error)
                continue
            for body, key, mandatory in copies:
                self._copy(parcel.id, body, key, mandatory=mandatory)
        until = time.monotonic() + CONFIRMED_WITHIN
        while self.open:
            if time.monotonic() > until:
                raise TimeoutError(f"{len(self.open)} er ikke bekræftet inden {CONFIRMED_WITHIN:.0f} s")
            self.link.attend(1.0)
        return self.failed

    def _copy(self, parcel: UUID, body: bytes, key: str, *, mandatory: bool) -> None:
        properties = {"delivery_mode": 2, "message_id": str(parcel)}
        message = self.link.channel.prepare_message(body, content_type="application/json", properties=properties)
        self._tag += 1
        self.open[self._tag] = parcel
        self.link.channel.basic_publish(
            message, self.topology.prefix, key, mandatory=mandatory, timeout=CONFIRMED_WITHIN
        )

    def _settled(self, tag: int, multiple: bool, failure: str | None) -> None:
        for settled in [t for t in self.open if t <= tag] if multiple else [tag]:
            parcel = self.open.pop(settled, None)
            if parcel and failure:
                self.failed[parcel] = failure

    def _returned(self, error: Exception, exchange: str, routing_key: str, message: Any) -> None:
        """Comes before the confirmation of the same message: the broker is done with it, and nobody has it."""
        self.failed[UUID(message.properties["message_id"])] = f"ingen kø for {routing_key} (unroutable)"


def _copies(parcel: Parcel) -> Iterator[tuple[bytes, str, bool]]:
    """Body, routing key, and whether somebody must get it. Raises where it cannot be written as a message."""
    body = json.dumps(parcel.envelope, ensure_ascii=False, separators=(",", ":")).encode()
    kind = parcel.envelope["type"]
    for whom in (*(f"to.{consumer}" for consumer in parcel.consumers), ARCHIVE):
        key = f"{whom}.{kind}"
        if len(key.encode()) > LONGEST_KEY:
            raise ValueError(f"{key[:100]}… er længere end {LONGEST_KEY} bytes")
        yield body, key, whom != ARCHIVE


class Taker:
    """A link that takes what comes in one queue, and gives it back by breaking off."""

    def __init__(self, link: Link, queue: str, prefetch: int = PREFETCH) -> None:
        self.link = link
        self.arrived: deque[Any] = deque()
        link.channel.basic_qos(0, prefetch, False)  # per consumer: quorum queues refuse a global one
        link.channel.basic_consume(queue, callback=self.arrived.append)

    def wait(self) -> list[Any]:
        """What has arrived, as much as may be received together; after a short wait perhaps nothing."""
        if not self.arrived:
            self.link.attend(POLL)
        while len(self.arrived) < TOGETHER and self.link.attend(0):
            pass
        self.link.beat()
        return [self.arrived[n] for n in range(min(TOGETHER, len(self.arrived)))]

    def rest(self, seconds: float, stop: Callable[[], bool]) -> None:
        """Let time pass, on a link that stays alive."""
        until = time.monotonic() + seconds
        while not stop() and (left := until - time.monotonic()) > 0:
            self.link.attend(min(left, POLL))
            self.link.beat()

    def acknowledge(self, messages: list[Any]) -> None:
        self.link.channel.basic_ack(messages[-1].delivery_tag, multiple=True)
        for _ in messages:
            self.arrived.popleft()


class Amqp:
    """Messages by way of RabbitMQ. At least once, in any order; safe to share between the threads of a service."""

    def __init__(self, url: str, prefix: str) -> None:
        self.url, self.topology = url, Topology(prefix)
        self._sending = threading.Lock()
        self._sender: Sender | None = None

    def publish(self, parcels: Sequence[Parcel]) -> dict[UUID, str]:
        """Returns what the broker refused or has no queue for. Raises where it is out of reach: then send all again."""
        with self._sending:
            try:
                return self._send(parcels)
            except REFUSED as refused:  # one of them is impossible, and the broker does not say which
                log.warning("batch_refused", messages=len(parcels), error=str(refused))
                return self._send_one_by_one(parcels)

    def consume(self, service: str, receive: Callable[[list[Any]], None], stop: Callable[[], bool]) -> None:
        def attend(link: Link) -> Taker:
            self.topology.declare(link.channel, [service])
            return Taker(link, self.topology.queue(service))

        def bodies(messages: list[Any]) -> None:
            receive([message.body for message in messages])

        consume(self.url, attend, bodies, stop, service)

    def take_dead(self, service: str, receive: Callable[[list[Any]], None]) -> int:
        with _link(self.url) as link:
            self.topology.declare(link.channel, [service])
            taken = [m for _ in range(DEAD_TOGETHER) if (m := link.channel.basic_get(self.topology.dead_of(service)))]
            if taken:
                receive([message.body for message in taken])
                link.channel.basic_ack(taken[-1].delivery_tag, multiple=True)
            return len(taken)

    def declare(self, services: Iterable[str] = (*SERVICES, ARCHIVE)) -> None:
        """Make exchange and queues, so that messages wait for a consumer that has never been there yet."""
        with _link(self.url) as link:
            self.topology.declare(link.channel, services)

    def behind(self, service: str) -> int:
        """How many messages wait for the service, which nobody has been handed."""
        with _link(self.url) as link:
            return int(link.channel.queue_declare(self.topology.queue(service), passive=True).message_count)

    def remove(self, services: Iterable[str] = (*SERVICES, ARCHIVE)) -> None:
        """Remove exchange and queues, with what is in them. For walks and tests."""
        with _link(self.url) as link:
            self.topology.delete(link.channel, services)

    def close(self) -> None:
        with self._sending:
            if self._sender:
                self._sender.link.close()
            self._sender = None

    def _send(self, parcels: Sequence[Parcel]) -> dict[UUID, str]:
        try:
            return self._listening().send(parcels)
        except BaseException:
            self._drop()
            raise

    def _send_one_by_one(self, parcels: Sequence[Parcel]) -> dict[UUID, str]:
        failed: dict[UUID, str] = {}
        for parcel in parcels:
            try:
                failed |= self._send([parcel])
            except REFUSED as refused:
                failed[parcel.id] = str(refused)
        return failed

    def _listening(self) -> Sender:
        """A sender that was alive a moment ago: an idle link says that it is gone only to those who listen.

        Without heartbeats, for nobody would send them between two batches; TCP's own keepalive stands in for them.
        """
        if self._sender:
            try:
                while self._sender.link.attend(0):
                    pass
            except LOST:
                self._drop()
        if self._sender is None:
            link = _dial(self.url, heartbeat=0)
            try:
                self._sender = Sender(link, self.topology)
            except BaseException:
                link.drop()
                raise
        return self._sender

    def _drop(self) -> None:
        sender, self._sender = self._sender, None
        if sender:
            sender.link.drop()


def consume(
    url: str, attend: Callable[[Link], Taker], receive: Callable[[list[Any]], None], stop: Callable[[], bool], name: str
) -> None:
    """Hand over what comes, until `stop`, and acknowledge it when `receive` returns.

    What it raises at is kept and tried again, ever slower; where the link is lost, another is made. `receive` gets no
    messages before each link: it raises where nothing could be stored.
    """
    pauses = Pauses()
    while not stop():
        try:
            receive([])  # where nothing can be stored, nothing is taken, and no delivery is counted
            with _link(url, HEARTBEAT) as link:
                taker = attend(link)
                pauses.over()
                _take(taker, name, receive, stop)
        except Exception as error:  # whatever it is: the broker hands out again, on a new link, what was open
            pause = pauses.next()
            log.warning("consumer_lost", service=name, error=f"{type(error).__name__}: {error}", seconds=pause)
            _sleep(pause, stop)


@contextmanager
def _link(url: str, heartbeat: int = 0) -> Iterator[Link]:
    link = _dial(url, heartbeat)
    try:
        yield link
    except BaseException:
        link.drop()
        raise
    link.close()


def _dial(url: str, heartbeat: int) -> Link:
    hosts: Any = Connection(url, heartbeat=heartbeat, connect_timeout=CONNECTED_WITHIN)  # type: ignore[no-untyped-call]
    for _ in hosts.alt[1:]:  # a URL may name the hosts of a cluster, with semicolons between
        with suppress(*LOST):
            return Link(hosts)
        hosts.maybe_switch_next()
    return Link(hosts)


def _take(taker: Taker, service: str, receive: Callable[[list[Any]], None], stop: Callable[[], bool]) -> None:
    """Receive, then acknowledge, until `stop`. What cannot be received now is kept, and tried again ever slower."""
    pauses = Pauses()
    while not stop():
        messages = taker.wait()
        if not messages:
            continue
        try:
            receive(messages)
        except Exception as error:  # the database is away, most likely; this is not about one message
            pause = pauses.next()
            kind = type(error).__name__  # and no more: its text may quote what is in the messages
            log.warning("not_received", service=service, error=kind, seconds=pause)
            taker.rest(pause, stop)
        else:
            taker.acknowledge(messages)
            pauses.over()


class Pauses:
    """Longer and longer, until it goes well again."""

    def __init__(self) -> None:
        self.failures = 0

    def next(self) -> float:
        self.failures += 1
        return PAUSES[min(self.failures, len(PAUSES)) - 1]

    def over(self) -> None:
        self.failures = 0


def _sleep(seconds: float, stop: Callable[[], bool]) -> None:
    until = time.monotonic() + seconds
    while not stop() and (left := until - time.monotonic()) > 0:
        time.sleep(min(left, POLL))
