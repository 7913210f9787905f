"""A walk over the wire: PostgreSQL, RabbitMQ, every role of every service a process of its own.

All that is made on the servers carries a prefix of this walk's own, and is removed in the end.
"""

from __future__ import annotations

import importlib
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import requests
from psycopg import sql

from casework.contracts import SERVICES
from casework.messaging.amqp import Amqp
from casework.migrations import upgrade
from casework.process import Actor
from casework.service.auth import new_key, public_key, sign
from casework.service.clock import FileClock
from casework.service.settings import Settings
from onebox.towns import SYSTEM, advance

POSTGRES = os.environ.get("SAGSGANG_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
RABBITMQ = os.environ.get("SAGSGANG_RABBITMQ", "amqp://guest:guest@127.0.0.1:5672//")
PATIENCE = 180.0  # seconds within which all processes must be ready, and something must move


class AmqpTown:
    """Nine services as they stand in production: api and work apart, tasks besides where a service has any."""

    def __init__(self, data: Path, begins: datetime, *, postgres: str = POSTGRES, rabbitmq: str = RABBITMQ) -> None:
        self.data, self.postgres, self.rabbitmq = data, postgres.replace("+psycopg", ""), rabbitmq
        data.mkdir(parents=True, exist_ok=True)
        self.prefix = f"walk_{secrets.token_hex(4)}"
        self.private_key = new_key()
        self.clock = FileClock(data / "clock")
        self.clock.set(begins)
        self.ports = dict(zip(SERVICES, free_ports(len(SERVICES)), strict=True))
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.with_tasks: list[str] = []
        self.session = requests.Session()
        self._breath = threading.Event()  # never set: waiting for it is giving the processor to those who work
        self._key = data / "key.pem"
        self._key.write_text(self.private_key, "utf-8")
        try:
            self._prepare()
            self._begin()
        except BaseException:
            self.close()
            raise

    # making and removing
    def _prepare(self) -> None:
        with psycopg.connect(self.postgres, autocommit=True) as admin:
            for name in SERVICES:
                admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self._database(name))))
        with closing(Amqp(self.rabbitmq, self.prefix)) as broker:
            broker.declare([*SERVICES, "archive"])
        for name in SERVICES:  # here, and not by nine processes of their own: what they cost is their start
            module: Any = importlib.import_module(f"{name}.app")
            service = module.create(Settings(database=self.database_url(name)))
            upgrade(service)
            self.with_tasks += [name] if service.jobs else []
            service.close()

    def _begin(self) -> None:
        for name in SERVICES:
            self.spawn(name, "api")
            self.spawn(name, "work")
        for name in self.with_tasks:
            self.spawn(name, "tasks")
        ends = time.monotonic() + PATIENCE
        for name in SERVICES:
            while not self._ready(name):
                if time.monotonic() > ends:
                    raise LookupError(f"{name} svarer ikke efter {PATIENCE:.0f} sekunder; se {self.data}")
                self._breath.wait(0.1)

    def _ready(self, name: str) -> bool:
        try:
            return self.session.get(f"{self._url(name)}/health/ready", timeout=2).ok
        except requests.RequestException:
            return False

    def _database(self, name: str) -> str:
        return f"{self.prefix}_{name}"

    def database_url(self, name: str) -> str:
        """Where a service keeps its tables."""
        return f"postgresql+psycopg{self.postgres.removeprefix('postgresql').rsplit('/', 1)[0]}/{self._database(name)}"

    def _url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    def _environment(self, name: str) -> dict[str, str]:
        mine = {
            "DATABASE": self.database_url(name),
            "BROKER": self.rabbitmq,
            "BROKER_PREFIX": self.prefix,
            "CLOCK": f"file:{self.clock.path}",
            "TOKEN_KEY": public_key(self.private_key),
            "LISTEN": f"127.0.0.1:{self.ports[name]}",
            "LOG_LEVEL": "WARNING",
        }
        if name == "portal":
            mine |= {f"{other.upper()}_URL": self._url(other) for other in SERVICES}
            mine |= {"PRIVATE_KEY": str(self._key)}
        return {**os.environ, **{f"{name.upper()}_{key}": value for key, value in mine.items()}}

    def _start(self, name: str, role: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", name, role]
        with (self.data / f"{name}-{role}.log").open("ab") as log:
            return subprocess.Popen(command, env=self._environment(name), stdout=log, stderr=log, cwd=self.data)

    def spawn(self, name: str, role: str) -> subprocess.Popen[bytes]:
        """Start (again) one role of one service."""
        process = self._start(name, role)
        self.processes[f"{name}-{role}"] = process
        return process

    def close(self) -> None:
        """End what was started, by pid, and remove what was made."""
        self.session.close()
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        with closing(Amqp(self.rabbitmq, self.prefix)) as broker:
            broker.remove([*SERVICES, "archive", *(f"{name}.tasks" for name in self.with_tasks)])
        with psycopg.connect(self.postgres, autocommit=True) as admin:
            for name in SERVICES:
                database = sql.Identifier(self._database(name))
                admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(database))

    # playing
    def call(self, actor: Actor, method: str, service: str, path: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {sign(actor, self.private_key)}", **options.pop("headers", {})}
        return self.session.request(method, f"{self._url(service)}{path}", headers=headers, timeout=30, **options)

    def settle(self) -> None:
        """Until no row is unsent and each message is in each consumer's inbox, seen so twice in a row.

        Raises LookupError for what is parked, or when nothing has moved for so long that nothing will.
        """
        before: Any = None
        moved = time.monotonic()
        while time.monotonic() < moved + PATIENCE:
            asked = time.monotonic()
            flows = self.flows()
            settled = _settled(flows)
            if settled and flows == before:
                return
            if any(flow["parked"] or flow["unknown"] for flow in flows.values()):
                raise LookupError("beskeder sidder fast:\n  " + "\n  ".join(self._parked()))
            if flows != before:
                before, moved = flows, time.monotonic()
            # what is asked for all the time is what keeps them from working
            self._breath.wait(0 if settled else max(0.05, time.monotonic() - asked))
        raise LookupError(f"der faldt ikke ro: {list(_unsettled(self.flows()))}")

    def _parked(self) -> Iterator[str]:
        for name in SERVICES:
            for row in self.call(SYSTEM, "GET", name, "/parked").json()["parked"]:
                yield f"{name} ← {row['type']}: {row['reason']}"

    def flows(self) -> dict[str, Any]:
        return {name: self.call(SYSTEM, "GET", name, "/flow").json() for name in SERVICES}

    def now(self) -> datetime:
        return self.clock()

    def advance(self, to: datetime) -> None:
        advance(self, to)


def _settled(flows: dict[str, Any]) -> bool:
    return not any(_unsettled(flows))


def _unsettled(flows: dict[str, Any]) -> Iterator[str]:
    for name, flow in flows.items():
        for what in ("unsent", "new", "unknown", "parked"):
            if flow[what]:
                yield f"{name}: {flow[what]} {what}"
        for other, given in flow["out"].items():
            taken = flows[other]["in"].get(name, 0)
            if given != taken:
                yield f"{name} → {other}: {given} sendt, {taken} taget imod"


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports
