"""The `direct` transport: one process, outbox rows go straight to the other services' inboxes. No server to install."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import structlog

from casework.messaging.relay import Parcel
from casework.storable import told

log = structlog.get_logger()

ARCHIVE = "archive"
"""Gets a copy of every message, whoever it is for."""


class Direct:
    """Still one commit per side, still safe to kill: the sender marks a message once the receiver has stored it."""

    def __init__(self) -> None:
        self.receivers: dict[str, Callable[[list[Any]], None]] = {}
        self._changed = threading.Condition()

    def connect(self, service: str, receive: Callable[[list[Any]], None]) -> None:
        """Pass what comes for `service` to `receive`."""
        with self._changed:
            self.receivers[service] = receive
            self._changed.notify_all()

    def publish(self, parcels: Sequence[Parcel]) -> dict[UUID, str]:
        failed: dict[UUID, str] = {}
        names = dict.fromkeys([name for parcel in parcels for name in parcel.consumers])
        for name in (*names, ARCHIVE):
            meant = [p for p in parcels if name in p.consumers or name == ARCHIVE]
            receive = self.receivers.get(name)
            if receive is None and name == ARCHIVE:
                continue
            try:
                if receive is None:
                    raise LookupError(f"{name} er ikke tilsluttet")
                receive([parcel.envelope for parcel in meant])
            except Exception as error:  # one receiver that fails must not hold the others; all of this is sent again
                log.warning("receiver_failed", receiver=name, error=told(error))
                failed |= {parcel.id: f"{name}: {told(error)}" for parcel in meant}
        return failed

    def consume(self, service: str, receive: Callable[[list[Any]], None], stop: Callable[[], bool]) -> None:
        self.connect(service, receive)
        with self._changed:
            while not stop():
                self._changed.wait(0.1)

    def take_dead(self, service: str, receive: Callable[[list[Any]], None]) -> int:
        """Nothing lies between sender and receiver."""
        return 0

    def declare(self) -> None:
        """Nothing to make: all is in this process."""

    def close(self) -> None:
        self.receivers.clear()
