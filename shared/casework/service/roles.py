"""The roles of a service: `api`, `work` (consumer and relay, or either alone), `tasks`, `migrate`.

Each imports what it needs where it begins: a process that sends messages holds no web server, one that answers HTTP no
Celery, and the one that only watches over those that answer holds next to nothing.
"""

from __future__ import annotations

import argparse
import gc
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from casework.service.runtime import Service


def main(name: str, argv: Sequence[str] | None = None, *, module: str = "") -> int:
    """Run one role until it is told to stop (SIGTERM, Ctrl-C). `tasks` is refused where nothing is due or leaves.

    `module` has the service's `create` and `create_app`; `<name>.app` where it is not said.
    """
    parser = argparse.ArgumentParser(prog=f"sagsgang-{name}", description=f"sagsgang: {name}")
    role = parser.add_subparsers(dest="role", required=True, metavar="ROLE")
    api = role.add_parser("api", help="answer HTTP")
    api.add_argument("--threads", type=int, default=8, help="requests that a worker answers at a time")
    api.add_argument("--workers", type=int, default=1, help="processes that answer; one uses one core")
    work = role.add_parser("work", help="take messages in and send them out")
    work.add_argument("--only", choices=("consumer", "relay"), help="one of the two alone")
    role.add_parser("tasks", help="carry out what is due and what leaves the house, where there is any (Celery)")
    role.add_parser("migrate", help="bring the database up to date, and the queues in place")
    asked = parser.parse_args(argv)
    module = module or f"{name}.app"
    if asked.role == "api":
        from casework.service.server import serve

        serve(name, module, workers=asked.workers, threads=asked.threads)
        return 0
    from casework.service import logs

    with lasting():
        create = import_module(module).create
        service: Service = create()
    logs.set_up(name, service.settings.log_level)
    if asked.role == "migrate":
        from casework.migrations import upgrade

        upgrade(service)
        service.transport.declare()
    elif asked.role == "tasks":
        if not service.jobs:
            parser.error(f"{name} has no tasks: nothing is due there, and nothing leaves the house")
        from casework.service import tasks

        tasks.run(tasks.make_celery(name, service.settings, create, service.jobs), service.settings.log_level)
    else:
        _work(service, asked.only)
    service.close()
    return 0


@contextmanager
def lasting() -> Iterator[None]:
    """What is made within stays: it is not looked through for what could be thrown away.

    Neither now, which would take a twentieth of the start, nor ever after, when whoever is being answered would wait.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _work(service: Service, only: str | None) -> None:
    stop = threading.Event()
    for told in (signal.SIGTERM, signal.SIGINT):
        signal.signal(told, lambda *_: stop.set())
    service.run(stop, consume=only != "relay", relay=only != "consumer")
