"""Celery: beat says when to look, workers look. The tables are the truth; what Celery forgets the next look finds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from celery import Celery

from casework.configuration import Misconfigured
from casework.service.settings import Settings

ALONE = ("--without-gossip", "--without-mingle", "--without-heartbeat")  # workers need not know of each other


def make_celery(
    name: str, settings: Settings, create: Callable[[], Any], jobs: Mapping[str, Callable[[Any], int]]
) -> Celery:
    """The Celery app of one service, which does each of its jobs every `tick_seconds`.

    Raises Misconfigured where the messages' broker is none that Celery can use.
    """
    broker = settings.tasks_broker or settings.broker
    if broker.startswith("direct"):
        raise Misconfigured("BROKER: i én proces gør `work` selv arbejdet; Celery kræver amqp://…")
    queue, every = f"{settings.broker_prefix}.{name}.tasks", settings.tick_seconds
    celery = Celery(name, broker=broker)
    celery.conf.update(
        task_default_queue=queue,
        task_default_exchange="",  # the broker's own, so that the queue is all there is to remove
        task_default_routing_key=queue,
        task_default_queue_type="classic",  # a look that is lost is made again; quorum queues would bring 30 more
        worker_detect_quorum_queues=False,
        worker_enable_remote_control=False,  # nobody steers it, and its exchanges bear no prefix
        broker_transport_options={"confirm_publish": True} if broker.startswith("amqp") else {},
        broker_connection_retry_on_startup=True,
        task_ignore_result=True,
        task_acks_late=True,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,  # ours redacts
        beat_scheduler="celery.beat:Scheduler",  # keeps nothing on disk: a look too many finds nothing to do
        timezone="Europe/Copenhagen",
        beat_schedule={
            job: {"task": f"{name}.{job}", "schedule": every, "options": {"expires": 2 * every}} for job in jobs
        },
    )
    service = cache(create)  # one per worker process, made after the fork: connections are not shared
    for job, act in jobs.items():
        celery.task(_doing(act, service), name=f"{name}.{job}", shared=False)
    return celery


def _doing(act: Callable[[Any], int], service: Callable[[], Any]) -> Callable[[], int]:
    def do() -> int:  # Celery reads a task's name, which a lambda does not have
        return act(service())

    return do


def run(celery: Celery, log_level: str) -> None:
    """The `tasks` role: beat and workers. Several may run: a look too many finds nothing to do."""
    celery.worker_main(["worker", "--beat", *ALONE, f"--loglevel={log_level}"])
