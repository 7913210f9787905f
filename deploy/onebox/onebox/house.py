"""The whole system in one process: nine services, a database each, the `direct` transport between them."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask

from casework.contracts import SERVICES
from casework.messaging import Direct
from casework.messaging.tables import Incoming, Outgoing
from casework.migrations import upgrade
from casework.process import Actor
from casework.service.auth import new_key, public_key, sign
from casework.service.runtime import Service, repeat
from casework.service.settings import Settings
from onebox.wsgi import session

_UNSENT = Outgoing.sent_at.is_(None)
_UNHANDLED = Incoming.status.in_(("new", "unknown", "parked"))
_IS_STUCK = sa.select(sa.or_(sa.exists().where(_UNSENT), sa.exists().where(_UNHANDLED)))


class House:
    """All services at work on one data folder. Stopped and started again, or killed, it goes on where it was.

    `database` says where a service keeps its tables; a SQLite file in the folder where none is given.
    """

    def __init__(
        self,
        data: Path,
        *,
        clock: str = "system",
        demo: bool = False,
        names: Iterable[str] = SERVICES,
        database: Callable[[str], str] | None = None,
    ) -> None:
        data.mkdir(parents=True, exist_ok=True)
        self.data, self.demo = data, demo
        self.database = database or (lambda name: f"sqlite:///{data / name}.db")
        self.private_key = _kept(data / "key.pem", new_key)
        self.transport = Direct()
        self.services: dict[str, Service] = {}
        self.apps: dict[str, Flask] = {}
        self._stop = threading.Event()
        self._stirred = threading.Event()
        self._owing: set[str] = set()  # those that have put out something since they were last asked
        self._threads: list[threading.Thread] = []
        for name in names:
            self._add(name, clock)

    def _add(self, name: str, clock: str) -> None:
        module: Any = importlib.import_module(f"{name}.app")
        settings_of: type[Settings] = getattr(module, "SETTINGS", Settings)
        settings = settings_of(database=self.database(name), clock=clock, token_key=public_key(self.private_key))
        service: Service = module.create(settings, transport=self.transport)
        upgrade(service)
        service.database.told = partial(self._stir, name)
        self._owing.add(name)  # what it owed when it was stopped, or killed
        if name == "portal":
            service.enter(self.phases(), demo=self.demo)  # type: ignore[attr-defined]
        self.services[name] = service
        self.apps[name] = module.create_app(service)

    def phases(self) -> Any:
        """The other services' APIs, for the portal: called straight, without a network."""
        from portal.casefile import Phases

        return Phases({name: f"http://{name}" for name in SERVICES}, self.private_key, session(self.apps))

    def headers(self, who: Actor) -> dict[str, str]:
        """What a call on behalf of somebody carries."""
        return {"Authorization": f"Bearer {sign(who, self.private_key)}"}

    def pump(self) -> int:
        """Carry on everything that is under way, once round. How many messages moved."""
        moved = 0
        for name, service in self.services.items():
            if name in self._owing or service.relay.rests() <= timedelta(0):
                moved += self._send(name, service)
            if service.inbox.may_be_due:
                moved += service.inbox.work_due()
        return moved

    def _send(self, name: str, service: Service) -> int:
        self._owing.discard(name)  # first: what is put out meanwhile is sent the next time
        try:
            sent = service.relay.run_once()
        except Exception:
            self._owing.add(name)
            raise
        if sent:  # there may be more than one batch
            self._owing.add(name)
        return sent

    def _stir(self, name: str) -> None:
        self._owing.add(name)
        self._stirred.set()

    def settle(self) -> None:
        """Until nothing is under way."""
        while self.pump() + sum(service.send_parcels() for service in self.services.values()):
            pass

    def stuck(self) -> list[str]:
        """What cannot be delivered or handled, with the reason."""
        found = []
        for name, service in self.services.items():
            with service.database.reading() as db:
                if not db.scalar(_IS_STUCK):
                    continue
                unsent = db.scalars(sa.select(Outgoing).where(_UNSENT)).all()
                failed = db.scalars(sa.select(Incoming).where(_UNHANDLED)).all()
            found += [f"{name} → {row.type}: {row.failure}" for row in unsent]
            found += [f"{name} ← {row.type}: {row.reason}" for row in failed]
        return found

    def start(self) -> None:
        """Let it run by itself: one thread carries messages, woken by each commit; one does each job of a service."""

        def carry() -> int:
            self._stirred.clear()
            moved = self.pump()
            if not moved:
                self._stirred.wait(0.5)
            return moved

        jobs = [lambda: repeat(self._stop, carry, 0.01)]
        jobs += [job for service in self.services.values() for job in service.rounds(self._stop)]
        for job in jobs:
            thread = threading.Thread(target=job, daemon=True)
            thread.start()
            self._threads.append(thread)

    def close(self) -> None:
        self._stop.set()
        self._stirred.set()
        for thread in self._threads:
            thread.join(5)
        for service in self.services.values():
            service.close()


def clock_of(data: Path) -> str:
    """The clock of the data: a file that a walk or demo has left there, else the system's."""
    return f"file:{data / 'clock'}" if (data / "clock").exists() else "system"


def _kept(path: Path, make: Any) -> str:
    """What is made the first time and kept."""
    if not path.exists():
        path.write_text(make(), "utf-8")
        path.chmod(0o600)
    return path.read_text("utf-8")
