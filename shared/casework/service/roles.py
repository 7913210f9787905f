"""The roles of a service: `api`, `work` (consumer and relay, or either alone), `tasks`, `migrate`."""

from __future__ import annotations

import argparse
import signal
import threading
from collections.abc import Callable, Sequence
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from casework.migrations import upgrade
from casework.service import logs, tasks
from casework.service.runtime import Service
from casework.service.settings import Settings

Create = Callable[[], Service]
CreateApp = Callable[[Any], Flask]


class _Gunicorn(BaseApplication):
    def __init__(self, make: Callable[[], Flask], listen: str, threads: int) -> None:
        self.make, self.listen, self.threads = make, listen, threads
        super().__init__()

    def load_config(self) -> None:
        for name, value in {
            "bind": self.listen, "threads": self.threads, "workers": 1, "worker_class": "gthread",
            "graceful_timeout": 20, "accesslog": None, "loglevel": "warning", "control_socket_disable": True,
        }.items():  # fmt: skip
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Flask:
        return self.make()


def main(name: str, create: Create, create_app: CreateApp, argv: Sequence[str] | None = None) -> int:
    """Run one role until it is told to stop (SIGTERM, Ctrl-C). `tasks` is refused where nothing is due or leaves."""
    parser = argparse.ArgumentParser(prog=f"sagsgang-{name}", description=f"sagsgang: {name}")
    role = parser.add_subparsers(dest="role", required=True, metavar="ROLE")
    api = role.add_parser("api", help="answer HTTP")
    api.add_argument("--threads", type=int, default=8)
    work = role.add_parser("work", help="take messages in and send them out")
    work.add_argument("--only", choices=("consumer", "relay"), help="one of the two alone")
    role.add_parser("tasks", help="carry out what is due and what leaves the house, where there is any (Celery)")
    role.add_parser("migrate", help="bring the database up to date, and the queues in place")
    asked = parser.parse_args(argv)
    if asked.role == "api":
        return _serve(name, create, create_app, asked.threads)
    service = create()
    logs.set_up(name, service.settings.log_level)
    if asked.role == "migrate":
        upgrade(service)
        service.transport.declare()
    elif asked.role == "tasks":
        if not service.jobs:
            parser.error(f"{name} has no tasks: nothing is due there, and nothing leaves the house")
        tasks.run(tasks.make_celery(name, service.settings, create, service.jobs), service.settings.log_level)
    else:
        _work(service, asked.only)
    service.close()
    return 0


def _serve(name: str, create: Create, create_app: CreateApp, threads: int) -> int:
    listen = Settings.from_env(name).listen

    def make() -> Flask:
        service = create()  # in the worker: a database connection is not shared across a fork
        logs.set_up(name, service.settings.log_level)
        return create_app(service)

    _Gunicorn(make, listen, threads).run()
    return 0


def _work(service: Service, only: str | None) -> None:
    stop = threading.Event()
    for told in (signal.SIGTERM, signal.SIGINT):
        signal.signal(told, lambda *_: stop.set())
    service.run(stop, consume=only != "relay", relay=only != "consumer")
