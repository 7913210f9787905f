"""Celery only carries out: it knows when to look, and forgets the rest."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from celery import Celery
from kombu import Connection

from casework.configuration import Misconfigured
from casework.service.tasks import make_celery
from scheduler.app import SchedulerService, create
from scheduler.settings import SchedulerSettings

from .conftest import OPENED, Silence, World, asked, at

JOBS = {"tick": SchedulerService.tick, "send_notifications": SchedulerService.send_notifications}


def celery_of(settings: SchedulerSettings) -> Celery:
    return make_celery("scheduler", settings, lambda: create(settings, transport=Silence()), JOBS)


def test_beat_looks_for_what_is_due_and_for_what_is_to_be_mailed(settings):
    celery = celery_of(replace(settings, broker="amqp://localhost", tick_seconds=5))

    entries = celery.conf.beat_schedule
    assert {entry["task"] for entry in entries.values()} == {"scheduler.tick", "scheduler.send_notifications"}
    assert {entry["task"] for entry in entries.values()} <= set(celery.tasks)
    assert celery.conf.task_default_queue_type == "classic"


def test_a_task_does_what_the_service_does(world: World, settings):
    world.hear(asked("complaint", "2026-03-16"), by="decision")
    celery = celery_of(replace(settings, tasks_broker="memory://"))
    world.service.clock.set(at("2026-03-16 08:00"))

    assert celery.tasks["scheduler.tick"].apply().get() == 1
    assert celery.tasks["scheduler.tick"].apply().get() == 0
    assert world.raised() == ["due"]


def test_one_process_needs_no_celery(settings):
    with pytest.raises(Misconfigured, match="Celery"):
        celery_of(settings)


def test_the_worker_of_one_process_lets_days_pass_itself(make):
    world = make(tick_seconds=0.01)
    stop = threading.Event()
    working = threading.Thread(target=world.service.run, args=(stop,), daemon=True)
    world.hear(OPENED, by="intake")
    world.hear(asked("complaint", "2026-01-05"), by="decision")
    working.start()
    until = time.monotonic() + 10
    while not world.raised() and time.monotonic() < until:
        time.sleep(0.01)
    stop.set()
    working.join(10)

    assert world.raised() == ["due"]


@pytest.mark.slow
def test_beat_and_workers_raise_what_is_due(world: World, settings, rabbitmq: str, tmp_path: Path):
    world.hear(asked("complaint", "2026-01-05"), by="decision")
    prefix = f"test-{uuid4().hex}"
    given = {
        "DATABASE": settings.database, "CLOCK": settings.clock, "BROKER": rabbitmq, "BROKER_PREFIX": prefix,
        "TICK_SECONDS": "0.2", "LOG_LEVEL": "INFO",
    }  # fmt: skip
    environment = os.environ | {f"SCHEDULER_{name}": value for name, value in given.items()}
    with (tmp_path / "output").open("wb") as output:
        command = [sys.executable, "-m", "scheduler", "tasks"]
        tasks = subprocess.Popen(command, env=environment, stdout=output, stderr=output, cwd=tmp_path)
    try:
        until = time.monotonic() + 60
        while not world.raised() and time.monotonic() < until and tasks.poll() is None:
            time.sleep(0.1)
        assert world.raised() == ["due"], (tmp_path / "output").read_text()
    finally:
        tasks.terminate()
        tasks.wait(30)
        with Connection(rabbitmq) as broker:
            broker.default_channel.queue_delete(f"{prefix}.scheduler.tasks")
            broker.default_channel.exchange_delete(f"{prefix}.scheduler.tasks")
